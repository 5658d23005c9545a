/* What was learned, safe in flash: two slots that take turns; a power cut at any byte leaves the old or the new.
 *
 *     safu_flash flash = {0, 0, 0, port_flash_erase, port_flash_write};
 *     safu_slots slots;
 *     uint32_t note[SAFU_NOTES] = {0};
 *
 *     flash.bytes = port_flash(&flash.size, &flash.page);
 *     safu_slots_open(&slots, &flash, 0, 2 * flash.page);                 // two slots of one page
 *     if (safu_slots_load(&slots, memory, sizeof memory, note) != SAFU_OK)
 *         safu_learn_begin(...);                                          // nothing learned so far
 *     else
 *         safu_learn_resume(...);
 *     safu_slots_save(&slots, memory, bytes, note);                       // after every lesson
 *     safu_slots_forget(&slots);                                          // that was a mistake: load what was before
 *
 * A slot begins with its head, which is written last: size, a number that tells which slot is newer, some words of the
 * caller's and a CRC over all of it. Left out: images of models (safu_models.h), the wear of flash: a page that may be
 * erased 10,000 times lasts for 20,000 lessons, or half as many that are all forgotten.
 */
#ifndef SAFU_SLOTS_H
#define SAFU_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "safu_status.h"

enum { SAFU_NOTES = 4 };

/* Flash as port.h gives it. `page` is a multiple of 8, at least 256; false: it did not work. */
typedef struct safu_flash {
    const uint8_t *bytes;
    size_t size, page;
    bool (*erase)(size_t at);
    bool (*write)(size_t at, const void *bytes, size_t size);
} safu_flash;

typedef struct safu_slots {
    const safu_flash *flash;
    size_t at, slot; /* where they begin, and bytes of each */
    uint32_t newest, sequence; /* the slot that was saved last */
    bool has_saved;
} safu_slots;

/* Whether two slots of whole pages are at `at`. */
bool safu_is_region(const safu_flash *flash, size_t at, size_t size);

/* Erases pages; SAFU_FLASH_FAILED if that did not work. */
safu_status safu_erase(const safu_flash *flash, size_t at, size_t size);

/* Writes erased bytes, and looks whether they are there. Of a last word that is not whole the rest stays erased. */
safu_status safu_write_flash(const safu_flash *flash, size_t at, const void *bytes, size_t size);

/* Two slots of equal size at `at`; both numbers are multiples of a page. SAFU_OUT_OF_RANGE. */
safu_status safu_slots_open(safu_slots *slots, const safu_flash *flash, size_t at, size_t size);

/* Bytes that may be saved. */
size_t safu_slots_room(const safu_slots *slots);

/* What was saved last, and the caller's words. SAFU_NOTHING_SAVED, SAFU_TOO_LITTLE_MEMORY. */
safu_status safu_slots_load(const safu_slots *slots, void *memory, size_t size, uint32_t note[SAFU_NOTES]);

/* Safe when this returns SAFU_OK; otherwise what was saved before still is. SAFU_TOO_LARGE, SAFU_FLASH_FAILED. */
safu_status safu_slots_save(safu_slots *slots, const void *memory, size_t size, const uint32_t note[SAFU_NOTES]);

/* Erases what was saved last: what was saved before it is loaded from now on. A power cut at any byte leaves the one or
 * the other. SAFU_NOTHING_TO_UNDO if nothing was, or it is gone: two slots hold one step back, and a save that was cut
 * off had to make room in one of them. SAFU_FLASH_FAILED: load what is left. */
safu_status safu_slots_forget(safu_slots *slots);

#endif
