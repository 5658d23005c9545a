/* port.h through semihosting: an emulator, or a debugger, does what the board would.
 *
 * Input is read in pieces, because every call stops the core. */
#include "semihosting.h"

#include "port.h"

enum { APPLICATION_EXIT = 0x20026, READING = 0, WRITING = 4 };

int32_t semihosting(uint32_t what, const void *with)
{
#if defined(__riscv)
    register uint32_t a0 __asm__("a0") = what;
    register const void *a1 __asm__("a1") = with;
    __asm__ volatile(".option push\n.option norvc\n.balign 16\n"
                     "slli zero, zero, 0x1f\nebreak\nsrai zero, zero, 7\n"
                     ".option pop\n"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return (int32_t)a0;
#else
    register uint32_t r0 __asm__("r0") = what;
    register const void *r1 __asm__("r1") = with;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return (int32_t)r0;
#endif
}

static int32_t terminal(uint32_t mode)
{
    const struct {
        const char *name;
        uint32_t mode, length;
    } asked = {":tt", mode, 3};
    return semihosting(SEMIHOSTING_OPEN, &asked);
}

int port_read(void)
{
    static int32_t in;
    static uint8_t piece[16];
    static uint8_t at, end;
    if (at == end) {
        if (in == 0)
            in = terminal(READING);
        const struct {
            int32_t file;
            void *to;
            uint32_t size;
        } asked = {in, piece, sizeof piece};
        const uint32_t left = (uint32_t)semihosting(SEMIHOSTING_READ, &asked);
        if (left >= sizeof piece)
            return -1;
        at = 0;
        end = (uint8_t)(sizeof piece - left);
    }
    return piece[at++];
}

void port_write(const void *bytes, size_t size)
{
    static int32_t out;
    if (out == 0)
        out = terminal(WRITING);
    const struct {
        int32_t file;
        const void *from;
        uint32_t size;
    } asked = {out, bytes, (uint32_t)size};
    semihosting(SEMIHOSTING_WRITE, &asked);
}

void port_exit(int code)
{
    const uint32_t asked[2] = {APPLICATION_EXIT, (uint32_t)code};
    for (;;)
        semihosting(SEMIHOSTING_EXIT, asked);
}
