/* port.h through the first serial port of Arm's MPS2 boards (Cortex-M3, M4, M7), as FPGA or in QEMU.
 *
 * Polled: a chip has nothing else to do. Left out: interrupts, and an end; there is nobody to return to. */
#include "port.h"

enum { DATA, STATE, CONTROL, INTERRUPTS, DIVIDER };
enum { CANNOT_SEND = 1, HAS_RECEIVED = 2, SEND_AND_RECEIVE = 3, FASTEST = 16 };

static volatile uint32_t *const uart = (volatile uint32_t *)0x40004000;

static void switch_on(void)
{
    if (uart[CONTROL] != SEND_AND_RECEIVE) {
        uart[DIVIDER] = FASTEST;
        uart[CONTROL] = SEND_AND_RECEIVE;
    }
}

int port_read(void)
{
    switch_on();
    while (!(uart[STATE] & HAS_RECEIVED))
        continue;
    return (int)(uart[DATA] & 0xff);
}

void port_write(const void *bytes, size_t size)
{
    switch_on();
    for (const uint8_t *next = bytes; size > 0; size--) {
        while (uart[STATE] & CANNOT_SEND)
            continue;
        uart[DATA] = *next++;
    }
}

void port_exit(int code)
{
    (void)code;
    for (;;)
        continue;
}
