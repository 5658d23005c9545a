/* The flash of port.h as a file of the computer, `flash.bin`: it outlives the emulator, as flash outlives a power cut. */
#ifndef SAFU_FILE_FLASH_H
#define SAFU_FILE_FLASH_H

#include <stdint.h>

enum { FILE_FLASH_PAGE = 4096, FILE_FLASH_BYTES = 16 * FILE_FLASH_PAGE, FILE_FLASH_CUT = 4 };

/* The power fails when so many more bytes were erased or written: the firmware ends with FILE_FLASH_CUT. */
void file_flash_cut(uint32_t bytes);

#endif
