/* See file_flash.h. Memory holds what the file does, for the core to read. */
#include "file_flash.h"

#include "port.h"
#include "semihosting.h"

enum { EXISTING = 3, NEW = 7 }; /* to read and write */

static uint32_t cells[FILE_FLASH_BYTES / 4];
static int32_t file;
static uint32_t left = UINT32_MAX;

static uint8_t *bytes_of(size_t at)
{
    return (uint8_t *)cells + at;
}

static int32_t opened(uint32_t mode)
{
    const struct {
        const char *name;
        uint32_t mode, length;
    } asked = {"flash.bin", mode, 9};
    return semihosting(SEMIHOSTING_OPEN, &asked);
}

static void move(uint32_t what, size_t at, size_t size)
{
    const uint32_t where[2] = {(uint32_t)file, (uint32_t)at};
    const struct {
        int32_t file;
        uint8_t *bytes;
        uint32_t size;
    } asked = {file, bytes_of(at), (uint32_t)size};
    semihosting(SEMIHOSTING_SEEK, where);
    semihosting(what, &asked);
}

const uint8_t *port_flash(size_t *size, size_t *page)
{
    *size = FILE_FLASH_BYTES;
    *page = FILE_FLASH_PAGE;
    file = opened(EXISTING);
    if (file >= 0) {
        move(SEMIHOSTING_READ, 0, FILE_FLASH_BYTES);
        return bytes_of(0);
    }
    file = opened(NEW);
    for (size_t at = 0; at < FILE_FLASH_BYTES; at += FILE_FLASH_PAGE)
        (void)port_flash_erase(at);
    return bytes_of(0);
}

void file_flash_cut(uint32_t bytes)
{
    left = bytes;
}

/* How many of these bytes still become what they are to be. */
static size_t lasting(size_t size)
{
    const size_t done = size < left ? size : left;
    if (left < UINT32_MAX)
        left -= (uint32_t)done;
    return done;
}

static void keep(size_t at, size_t done, size_t size)
{
    move(SEMIHOSTING_WRITE, at, done);
    if (done < size)
        port_exit(FILE_FLASH_CUT);
}

bool port_flash_erase(size_t at)
{
    const size_t done = lasting(FILE_FLASH_PAGE);
    for (size_t byte = 0; byte < done; byte++)
        bytes_of(at)[byte] = 0xff;
    keep(at, done, FILE_FLASH_PAGE);
    return true;
}

bool port_flash_write(size_t at, const void *bytes, size_t size)
{
    const size_t done = lasting(size);
    for (size_t byte = 0; byte < done; byte++)
        bytes_of(at)[byte] &= ((const uint8_t *)bytes)[byte];
    keep(at, done, size);
    return true;
}
