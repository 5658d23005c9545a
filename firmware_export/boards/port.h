/* All that a board supplies: bytes in, bytes out, and an end.
 *
 * `semihosting.c` is the port of an emulator or debugger; on a board these are a serial port. Left out: interrupts,
 * clocks, sleep: the runtime needs none.
 */
#ifndef SAFU_PORT_H
#define SAFU_PORT_H

#include <stddef.h>
#include <stdint.h>

/* Wait for one byte; negative where there will be no more. */
int port_read(void);

void port_write(const void *bytes, size_t size);

/* Stop for good; on a board: wait for the watchdog. */
__attribute__((noreturn)) void port_exit(int code);

#endif
