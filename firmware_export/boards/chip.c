/* A firmware that is a whole chip: lines of text in, answers out (runtime/LINES.md), lessons and models in flash.
 *
 * The model that was linked in, if any, is its own; SAFU_MEMORY_BYTES are for the model that acts and what is learned. */
#include "port.h"
#include "safu_lines.h"

extern const uint8_t safu_model[], safu_model_end[];

static uint32_t memory[SAFU_MEMORY_BYTES / 4], line[SAFU_LINE_BYTES / 4];
static safu_chip chip;
static safu_lines lines;

static void answer(void *to, const void *bytes, size_t size)
{
    (void)to;
    port_write(bytes, size);
}

int main(void)
{
    const safu_chip_room room = {SAFU_ROWS, SAFU_PHRASES, SAFU_NAMES};
    const size_t own = (size_t)(safu_model_end - safu_model);
    safu_flash flash = {.erase = port_flash_erase, .write = port_flash_write};
    flash.bytes = port_flash(&flash.size, &flash.page);
    safu_status status =
        safu_chip_begin(&chip, &flash, SAFU_SAVED_BYTES, own > 0 ? safu_model : NULL, own, memory, sizeof memory, room);
    if (status == SAFU_OK)
        status = safu_lines_begin(&lines, &chip, line, sizeof line, answer, NULL);
    for (int byte = port_read(); status == SAFU_OK && byte >= 0; byte = port_read()) {
        const uint8_t next = (uint8_t)byte;
        safu_lines_read(&lines, &next, 1);
    }
    return (int)status;
}
