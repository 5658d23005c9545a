/* All that a board supplies: bytes in, bytes out, flash that can be written, and an end.
 *
 * The runtime calls none of it by itself: a main reads bytes and hands them over. `boards/semihosting.c` is the port of
 * an emulator or debugger; on a board these are a serial port and a few pages of flash. Left out: interrupts, clocks,
 * sleep: the runtime needs none.
 */
#ifndef SAFU_PORT_H
#define SAFU_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Wait for one byte; negative where there will be no more. */
int port_read(void);

void port_write(const void *bytes, size_t size);

/* Where the flash that may be written can be read, and how many bytes there are: a whole number of pages. */
const uint8_t *port_flash(size_t *size, size_t *page);

/* Make every byte of the page at `at` 0xff. */
bool port_flash_erase(size_t at);

/* Write erased bytes; `at` and `size` are multiples of 4. */
bool port_flash_write(size_t at, const void *bytes, size_t size);

/* Stop for good; on a board: wait for the watchdog. */
__attribute__((noreturn)) void port_exit(int code);

#endif
