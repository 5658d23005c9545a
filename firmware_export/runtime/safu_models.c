#include "safu_models.h"

#include "safu_text.h"

#define MAGIC UINT32_C(0x4d464153) /* "SAFM" */
enum { NONE = 2, TRIAL = 0, KEPT = 1 };

/* What the first page of a slot begins with. */
typedef struct head {
    uint32_t magic, size, crc, version;
    uint32_t check; /* CRC of all before it */
    uint32_t zero;
} head;

/* After it: when the model began to act, counted over both slots, and how; twice, the second time inverted. */
typedef struct event {
    uint32_t turn, inverted;
} event;

static void copy(void *to, const void *from, size_t size)
{
    for (size_t at = 0; at < size; at++)
        ((uint8_t *)to)[at] = ((const uint8_t *)from)[at];
}

static size_t slot_at(const safu_models *models, uint32_t slot)
{
    return models->at + slot * models->slot;
}

static size_t image_at(const safu_models *models, uint32_t slot)
{
    return slot_at(models, slot) + models->flash->page;
}

static bool is_used(const safu_models *models, uint32_t slot, head *found)
{
    copy(found, models->flash->bytes + slot_at(models, slot), sizeof *found);
    return found->magic == MAGIC && found->check == safu_crc32(0, found, 4 * sizeof(uint32_t)) &&
           found->size <= safu_models_room(models);
}

/* The event at a place; false if the page ends there, or nothing was written so far. */
static bool next_event(const safu_models *models, uint32_t slot, size_t place, event *found)
{
    if (place + sizeof *found > image_at(models, slot))
        return false;
    copy(found, models->flash->bytes + place, sizeof *found);
    return (found->turn & found->inverted) != UINT32_MAX;
}

/* The newest turn of a slot, 0 if it has none; what was cut off while it was written does not count. */
static uint32_t turn_of(const safu_models *models, uint32_t slot)
{
    head found;
    event next;
    uint32_t newest = 0;
    if (!is_used(models, slot, &found))
        return 0;
    size_t place = slot_at(models, slot) + sizeof found;
    for (; next_event(models, slot, place, &next); place += sizeof next)
        if (next.turn == ~next.inverted && next.turn > newest)
            newest = next.turn;
    return newest;
}

/* The slot that acts; NONE if none does. */
static uint32_t acting(const safu_models *models)
{
    const uint32_t first = turn_of(models, 0), second = turn_of(models, 1);
    return first == 0 && second == 0 ? (uint32_t)NONE : second > first;
}

/* The slot for what is sent. */
static uint32_t other(const safu_models *models)
{
    return acting(models) == 0;
}

/* Whether something is being sent. */
static bool is_open(const safu_models *models, head *found)
{
    return is_used(models, other(models), found) && turn_of(models, other(models)) == 0;
}

/* One more turn: of a slot that begins to act now, or, kept, of the one that acts. */
static safu_status add_turn(safu_models *models, uint32_t slot, uint32_t how)
{
    const uint32_t first = turn_of(models, 0), second = turn_of(models, 1);
    const uint32_t last = first > second ? first : second;
    const event next = {((last >> 1) + 1) << 1 | how, ~(((last >> 1) + 1) << 1 | how)};
    size_t place = slot_at(models, slot) + sizeof(head);
    event old;
    while (next_event(models, slot, place, &old))
        place += sizeof old;
    if (place + sizeof next > image_at(models, slot))
        return SAFU_FLASH_FAILED;
    return safu_write_flash(models->flash, place, &next, sizeof next);
}

/* Bytes that are here for sure: all before the page with the last byte that is not erased. */
static size_t here(const safu_models *models, uint32_t slot, size_t size)
{
    const uint8_t *image = models->flash->bytes + image_at(models, slot);
    while (size > 0 && image[size - 1] == 0xff)
        size--;
    return size == 0 ? 0 : (size - 1) / models->flash->page * models->flash->page;
}

safu_status safu_models_open(safu_models *models, const safu_flash *flash, size_t at, size_t size)
{
    head sent;
    if (!safu_is_region(flash, at, size) || size < 4 * flash->page)
        return SAFU_OUT_OF_RANGE;
    models->flash = flash;
    models->at = at;
    models->slot = size / 2;
    models->has_begun = false;
    models->taken = is_open(models, &sent) ? here(models, other(models), sent.size) : 0;
    return SAFU_OK;
}

size_t safu_models_room(const safu_models *models)
{
    return models->slot - models->flash->page;
}

static safu_stored model_in(const safu_models *models, uint32_t slot)
{
    head found;
    safu_stored model = {NULL, 0, 0, 0};
    if (slot != NONE && is_used(models, slot, &found) && turn_of(models, slot) > 0) {
        model.bytes = models->flash->bytes + image_at(models, slot);
        model.size = found.size;
        model.crc = found.crc;
        model.version = found.version;
    }
    return model;
}

safu_stored safu_models_acting(const safu_models *models, bool *is_on_trial)
{
    const uint32_t slot = acting(models);
    *is_on_trial = slot != NONE && (turn_of(models, slot) & 1) == TRIAL;
    return model_in(models, slot);
}

safu_stored safu_models_before(const safu_models *models)
{
    return model_in(models, acting(models) == NONE ? (uint32_t)NONE : other(models));
}

bool safu_models_incoming(const safu_models *models, safu_stored *incoming, size_t *at)
{
    head sent;
    if (!is_open(models, &sent))
        return false;
    incoming->bytes = NULL;
    incoming->size = sent.size;
    incoming->crc = sent.crc;
    incoming->version = sent.version;
    *at = models->taken;
    return true;
}

safu_status safu_models_begin(safu_models *models, uint32_t size, uint32_t crc, uint32_t version, size_t *at)
{
    const uint32_t slot = other(models);
    head sent, next = {MAGIC, size, crc, version, 0, 0};
    safu_status status;
    if (size == 0 || size > safu_models_room(models))
        return SAFU_TOO_LARGE;
    next.check = safu_crc32(0, &next, 4 * sizeof(uint32_t));
    if (is_open(models, &sent) && sent.check == next.check) {
        models->taken = here(models, slot, size);
        const size_t rest = image_at(models, slot) + models->taken;
        status = safu_erase(models->flash, rest, slot_at(models, slot) + models->slot - rest);
    } else {
        models->taken = 0;
        status = safu_erase(models->flash, slot_at(models, slot), models->slot);
        if (status == SAFU_OK)
            status = safu_write_flash(models->flash, slot_at(models, slot), &next, sizeof next);
    }
    *at = models->taken;
    models->has_begun = status == SAFU_OK;
    return status;
}

safu_status safu_models_data(safu_models *models, size_t at, const void *bytes, size_t size)
{
    head sent;
    if (!models->has_begun || !is_open(models, &sent))
        return SAFU_NOTHING_SENT;
    if (at != models->taken || size > sent.size - at || (size % 4 != 0 && size != sent.size - at))
        return SAFU_OUT_OF_STEP;
    const safu_status status =
        safu_write_flash(models->flash, image_at(models, other(models)) + at, bytes, size);
    models->taken += status == SAFU_OK ? size : 0;
    models->has_begun = status == SAFU_OK;
    return status;
}

safu_status safu_models_check(safu_models *models, const uint8_t **bytes, size_t *size)
{
    head sent;
    if (!is_open(models, &sent))
        return SAFU_NOTHING_SENT;
    if (models->taken != sent.size)
        return SAFU_OUT_OF_STEP;
    *bytes = models->flash->bytes + image_at(models, other(models));
    *size = sent.size;
    if (safu_crc32(0, *bytes, sent.size) == sent.crc)
        return SAFU_OK;
    models->taken = 0;
    (void)safu_erase(models->flash, slot_at(models, other(models)), models->flash->page);
    return SAFU_DAMAGED;
}

safu_status safu_models_try(safu_models *models)
{
    const uint8_t *bytes;
    size_t size;
    const safu_status status = safu_models_check(models, &bytes, &size);
    return status == SAFU_OK ? add_turn(models, other(models), TRIAL) : status;
}

safu_status safu_models_keep(safu_models *models)
{
    const uint32_t slot = acting(models);
    if (slot == NONE)
        return SAFU_NOTHING_SAVED;
    return (turn_of(models, slot) & 1) == KEPT ? SAFU_OK : add_turn(models, slot, KEPT);
}

safu_status safu_models_return(safu_models *models)
{
    if (safu_models_before(models).bytes == NULL)
        return SAFU_NO_MODEL_BEFORE;
    return add_turn(models, other(models), KEPT);
}
