/* What every board does before main: memory as C expects it, and a stack whose use can be seen.
 *
 * The stack is painted; safu_stack_bytes() looks how far the paint is gone.
 */
#ifndef SAFU_START_H
#define SAFU_START_H

#include <stdint.h>

/* The firmware: returns the exit code that an emulator passes on. */
int main(void);

/* The most of the stack that was ever used, in bytes. */
uint32_t safu_stack_bytes(void);

#endif
