/* The flash of port.h where there is none that a firmware could write: memory plays it, until the end.
 *
 * For emulators. Left out: outliving a power cut. */
#include "port.h"

static uint32_t flash[SAFU_WRITABLE_BYTES / 4];
static bool is_erased;

static uint8_t *bytes_of(size_t at)
{
    return (uint8_t *)flash + at;
}

const uint8_t *port_flash(size_t *size, size_t *page)
{
    *size = sizeof flash;
    *page = SAFU_PAGE_BYTES;
    for (size_t at = 0; !is_erased && at < sizeof flash; at += SAFU_PAGE_BYTES)
        (void)port_flash_erase(at);
    is_erased = true;
    return bytes_of(0);
}

bool port_flash_erase(size_t at)
{
    for (size_t byte = 0; byte < SAFU_PAGE_BYTES; byte++)
        bytes_of(at)[byte] = 0xff;
    return true;
}

bool port_flash_write(size_t at, const void *bytes, size_t size)
{
    for (size_t byte = 0; byte < size; byte++)
        bytes_of(at)[byte] &= ((const uint8_t *)bytes)[byte];
    return true;
}
