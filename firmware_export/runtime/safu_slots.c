#include "safu_slots.h"

#include "safu_text.h"

enum { SHORTEST_PAGE = 256 };
#define MAGIC UINT32_C(0x55464153) /* "SAFU" */

typedef struct head {
    uint32_t magic, sequence, size;
    uint32_t note[SAFU_NOTES];
    uint32_t crc; /* of all before it but the magic, then of the data */
} head;

static uint32_t crc_of(const head *slot, const void *data)
{
    const uint32_t crc = safu_crc32(0, &slot->sequence, sizeof *slot - 2 * sizeof slot->magic);
    return safu_crc32(crc, data, slot->size);
}

static void copy(void *to, const void *from, size_t size)
{
    for (size_t at = 0; at < size; at++)
        ((uint8_t *)to)[at] = ((const uint8_t *)from)[at];
}

bool safu_is_region(const safu_flash *flash, size_t at, size_t size)
{
    const size_t page = flash->page;
    return page >= SHORTEST_PAGE && page % 8 == 0 && at % page == 0 && size > 0 && size % (2 * page) == 0 &&
           at <= flash->size && size <= flash->size - at;
}

safu_status safu_erase(const safu_flash *flash, size_t at, size_t size)
{
    for (size_t page = at; page < at + size; page += flash->page)
        if (!flash->erase(page))
            return SAFU_FLASH_FAILED;
    for (size_t byte = at; byte < at + size; byte++)
        if (flash->bytes[byte] != 0xff)
            return SAFU_FLASH_FAILED;
    return SAFU_OK;
}

safu_status safu_write_flash(const safu_flash *flash, size_t at, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    const size_t whole = size & ~(size_t)3;
    if (whole > 0 && !flash->write(at, from, whole))
        return SAFU_FLASH_FAILED;
    if (whole < size) {
        uint8_t rest[4] = {0xff, 0xff, 0xff, 0xff};
        copy(rest, from + whole, size - whole);
        if (!flash->write(at + whole, rest, sizeof rest))
            return SAFU_FLASH_FAILED;
    }
    for (size_t byte = 0; byte < size; byte++)
        if (flash->bytes[at + byte] != from[byte])
            return SAFU_FLASH_FAILED;
    return SAFU_OK;
}

size_t safu_slots_room(const safu_slots *slots)
{
    return slots->slot - sizeof(head);
}

static size_t slot_at(const safu_slots *slots, uint32_t slot)
{
    return slots->at + slot * slots->slot;
}

static size_t data_of(const safu_slots *slots, uint32_t slot)
{
    return slot_at(slots, slot) + sizeof(head);
}

/* The head of a slot, if the slot is whole. */
static bool is_whole(const safu_slots *slots, uint32_t slot, head *found)
{
    const size_t data = data_of(slots, slot);
    copy(found, slots->flash->bytes + slot_at(slots, slot), sizeof *found);
    return found->magic == MAGIC && found->size <= safu_slots_room(slots) &&
           found->crc == crc_of(found, slots->flash->bytes + data);
}

safu_status safu_slots_open(safu_slots *slots, const safu_flash *flash, size_t at, size_t size)
{
    head first, second;
    if (!safu_is_region(flash, at, size))
        return SAFU_OUT_OF_RANGE;
    slots->flash = flash;
    slots->at = at;
    slots->slot = size / 2;
    const bool has_first = is_whole(slots, 0, &first), has_second = is_whole(slots, 1, &second);
    slots->has_saved = has_first || has_second;
    slots->newest = has_second && (!has_first || second.sequence - first.sequence < UINT32_C(1) << 31);
    slots->sequence = slots->newest == 1 ? second.sequence : first.sequence;
    return SAFU_OK;
}

safu_status safu_slots_load(const safu_slots *slots, void *memory, size_t size, uint32_t note[SAFU_NOTES])
{
    head found;
    if (!slots->has_saved || !is_whole(slots, slots->newest, &found))
        return SAFU_NOTHING_SAVED;
    if (found.size > size)
        return SAFU_TOO_LITTLE_MEMORY;
    copy(memory, slots->flash->bytes + data_of(slots, slots->newest), found.size);
    copy(note, found.note, sizeof found.note);
    return SAFU_OK;
}

safu_status safu_slots_save(safu_slots *slots, const void *memory, size_t size, const uint32_t note[SAFU_NOTES])
{
    const uint32_t slot = slots->has_saved ? 1 - slots->newest : 0;
    const size_t data = data_of(slots, slot);
    head next = {MAGIC, slots->has_saved ? slots->sequence + 1 : 0, (uint32_t)size, {0}, 0};
    if (size > safu_slots_room(slots))
        return SAFU_TOO_LARGE;
    copy(next.note, note, sizeof next.note);
    next.crc = crc_of(&next, memory);
    safu_status status = safu_erase(slots->flash, slot_at(slots, slot), slots->slot);
    if (status == SAFU_OK)
        status = safu_write_flash(slots->flash, data, memory, size);
    if (status == SAFU_OK)
        status = safu_write_flash(slots->flash, slot_at(slots, slot), &next, sizeof next);
    if (status == SAFU_OK) {
        slots->newest = slot;
        slots->sequence = next.sequence;
        slots->has_saved = true;
    }
    return status;
}

safu_status safu_slots_forget(safu_slots *slots)
{
    head before;
    if (!slots->has_saved || !is_whole(slots, 1 - slots->newest, &before) || before.sequence + 1 != slots->sequence)
        return SAFU_NOTHING_TO_UNDO;
    const safu_status status = safu_erase(slots->flash, slot_at(slots, slots->newest), slots->slot);
    (void)safu_slots_open(slots, slots->flash, slots->at, 2 * slots->slot);
    return status;
}
