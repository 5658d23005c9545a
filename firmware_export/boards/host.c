/* port.h on a computer: standard input and output, and a file that plays the flash; its name is in SAFU_FLASH_FILE.
 *
 * The file outlives the process, so that killing it is a power cut. Left out: what flash does when power fails in the
 * middle of a byte. */
#define _DEFAULT_SOURCE
#include "port.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint8_t *flash;

int port_read(void)
{
    uint8_t byte;
    return read(0, &byte, 1) == 1 ? byte : -1;
}

void port_write(const void *bytes, size_t size)
{
    for (ssize_t done; size > 0; size -= (size_t)done, bytes = (const char *)bytes + done)
        if ((done = write(1, bytes, size)) <= 0)
            port_exit(1);
}

const uint8_t *port_flash(size_t *size, size_t *page)
{
    const char *name = getenv("SAFU_FLASH_FILE");
    const int file = name ? open(name, O_RDWR | O_CREAT, 0600) : -1;
    const off_t before = file < 0 ? -1 : lseek(file, 0, SEEK_END);
    if (before < 0 || ftruncate(file, SAFU_WRITABLE_BYTES) != 0)
        port_exit(2);
    flash = mmap(NULL, SAFU_WRITABLE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (flash == MAP_FAILED)
        port_exit(2);
    if (before == 0)
        memset(flash, 0xff, SAFU_WRITABLE_BYTES);
    *size = SAFU_WRITABLE_BYTES;
    *page = SAFU_PAGE_BYTES;
    return flash;
}

bool port_flash_erase(size_t at)
{
    memset(flash + at, 0xff, SAFU_PAGE_BYTES);
    return true;
}

bool port_flash_write(size_t at, const void *bytes, size_t size)
{
    for (size_t byte = 0; byte < size; byte++)
        flash[at + byte] &= ((const uint8_t *)bytes)[byte];
    return true;
}

void port_exit(int code)
{
    _exit(code);
}
