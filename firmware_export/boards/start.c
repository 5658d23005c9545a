/* What every board does before main: see start.h. Cortex-M begins in a table of vectors, RISC-V at the first byte. */
#include "start.h"

#include "port.h"

#define PAINT 0x5afe5afeu

extern uint32_t safu_data[], safu_data_end[], safu_data_load[], safu_bss[], safu_bss_end[];
extern uint32_t safu_stack[], safu_stack_end[];
void safu_reset(void);

uint32_t safu_stack_bytes(void)
{
    const volatile uint32_t *at = safu_stack;
    while (at < safu_stack_end && *at == PAINT)
        at++;
    return (uint32_t)((uintptr_t)safu_stack_end - (uintptr_t)at);
}

__attribute__((noreturn, used)) static void start(void)
{
    for (volatile uint32_t *to = safu_data, *from = safu_data_load; to < safu_data_end;)
        *to++ = *from++;
    for (volatile uint32_t *to = safu_bss; to < safu_bss_end;)
        *to++ = 0;
    const uintptr_t here = (uintptr_t)__builtin_frame_address(0) - 64;
    for (volatile uint32_t *to = safu_stack; (uintptr_t)to < here;)
        *to++ = PAINT;
    port_exit(main());
}

#if defined(__riscv)

__attribute__((naked, section(".vectors"))) void safu_reset(void)
{
    __asm__ volatile("la sp, safu_stack_end\n"
                     "la t0, safu_fault\n"
                     "csrw mtvec, t0\n"
                     "j start\n");
}

__attribute__((used, aligned(4), noreturn)) static void safu_fault(void)
{
    port_exit(3);
}

#else

void safu_reset(void)
{
#if defined(__ARM_FP)
    *(volatile uint32_t *)0xe000ed88 |= 0xfu << 20; /* switch on the unit that computes with floats */
#endif
    start();
}

static void fault(void)
{
    port_exit(3);
}

/* The first words of flash: where the stack ends, where to begin, and what to do about faults. */
__attribute__((used, section(".vectors"))) static const void *const vectors[16] = {
    safu_stack_end, (const void *)safu_reset, (const void *)fault, (const void *)fault,
    (const void *)fault, (const void *)fault, (const void *)fault,
};

#endif
