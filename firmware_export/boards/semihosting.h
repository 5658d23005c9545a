/* What an emulator, or a debugger, does for a core: files and the terminal of the computer. */
#ifndef SAFU_SEMIHOSTING_H
#define SAFU_SEMIHOSTING_H

#include <stdint.h>

enum {
    SEMIHOSTING_OPEN = 0x01,
    SEMIHOSTING_WRITE = 0x05,
    SEMIHOSTING_READ = 0x06,
    SEMIHOSTING_SEEK = 0x0a,
    SEMIHOSTING_EXIT = 0x20
};

int32_t semihosting(uint32_t what, const void *with);

#endif
