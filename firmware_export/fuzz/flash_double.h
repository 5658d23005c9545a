/* Flash of 0xff as in a chip: pages that are erased, words that are written once, and power that may go after any byte.
 * Whoever misuses it is stopped. */
#ifndef SAFU_FLASH_DOUBLE_H
#define SAFU_FLASH_DOUBLE_H

#include <stdlib.h>
#include <string.h>

#include "safu_slots.h"

enum { PAGE = 256, PAGES = 32 };

static uint8_t cells[PAGE * PAGES];
static size_t power; /* bytes until it goes */

static size_t spent(size_t size)
{
    const size_t done = size < power ? size : power;
    power -= done;
    return done;
}

static bool erase_page(size_t place)
{
    if (place % PAGE != 0 || place >= sizeof cells)
        abort();
    const size_t done = spent(PAGE);
    memset(cells + place, 0xff, done);
    return done == PAGE;
}

static bool write_words(size_t place, const void *bytes, size_t size)
{
    if (place % 4 != 0 || size % 4 != 0 || place > sizeof cells || size > sizeof cells - place)
        abort();
    const size_t done = spent(size);
    for (size_t byte = place; byte < place + done; byte++)
        if (cells[byte] != 0xff)
            abort();
    memcpy(cells + place, bytes, done);
    return done == size;
}

static const safu_flash flash = {cells, sizeof cells, PAGE, erase_page, write_words};

static void erase_all(void)
{
    memset(cells, 0xff, sizeof cells);
    power = SIZE_MAX;
}

#endif
