/* Any bytes as lines, power cuts at any write and restarts between them: no undefined behaviour, every line one answer
 * that ends, no byte of flash written that was not erased. */
#include <stdlib.h>
#include <string.h>

#include "safu.h"
#include "safu_model.h"

enum { PAGE = 256, PAGES = 24, SAVED_PAGES = 10, RESTART = 0xff };

static uint8_t cells[PAGE * PAGES];
static size_t power;
static uint8_t last;

static size_t spent(size_t size)
{
    const size_t done = size < power ? size : power;
    power -= done;
    return done;
}

static bool erase_page(size_t at)
{
    if (at % PAGE != 0 || at >= sizeof cells)
        abort();
    const size_t done = spent(PAGE);
    memset(cells + at, 0xff, done);
    return done == PAGE;
}

static bool write_words(size_t at, const void *bytes, size_t size)
{
    if (at % 4 != 0 || size % 4 != 0 || at > sizeof cells || size > sizeof cells - at)
        abort();
    const size_t done = spent(size);
    for (size_t byte = at; byte < at + done; byte++)
        if (cells[byte] != 0xff)
            abort();
    memcpy(cells + at, bytes, done);
    return done == size;
}

static const safu_flash flash = {cells, sizeof cells, PAGE, erase_page, write_words};

static void take(void *to, const void *bytes, size_t size)
{
    (void)to;
    if (size > 0)
        last = ((const uint8_t *)bytes)[size - 1];
}

static void start(safu_chip *chip, safu_lines *lines)
{
    static uint32_t memory[2048], line[80];
    static const safu_chip_room room = {32, 3, 3};
    if (safu_chip_begin(chip, &flash, SAVED_PAGES * PAGE, safu_model, SAFU_MODEL_SIZE, memory, sizeof memory, room) != SAFU_OK)
        abort();
    if (safu_lines_begin(lines, chip, line, sizeof line, take, NULL) != SAFU_OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 0xff and a byte: power is cut after so many times 8 bytes, and comes again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    safu_chip chip;
    safu_lines lines;
    memset(cells, 0xff, sizeof cells);
    power = SIZE_MAX;
    start(&chip, &lines);
    for (size_t at = 0; at < size; at++) {
        if (data[at] == RESTART && at + 1 < size) {
            power = (size_t)data[++at] * 8;
        } else {
            safu_lines_read(&lines, data + at, 1);
        }
        if (last != '\n')
            abort();
        if (power == 0) {
            power = SIZE_MAX;
            start(&chip, &lines);
        }
    }
    return 0;
}
