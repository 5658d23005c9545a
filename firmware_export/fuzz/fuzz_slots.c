/* Any calls in any order, power cuts and restarts between and within them: what was saved is there, what acts is whole,
 * no byte of flash is written that was not erased. Sometimes flash that was full of anything to begin with. */
#include <stdlib.h>
#include <string.h>

#include "flash_double.h"
#include "input.h"
#include "safu.h"

enum { STATE_PAGES = 4, MODEL_PAGES = 10, MOST_SAVED = 2 * PAGE, MOST_CALLS = 24 };

static input from;

typedef struct chip {
    safu_slots slots;
    safu_models models;
    uint8_t saved[MOST_SAVED], saving[MOST_SAVED], before[MOST_SAVED];
    bool was_cut; /* while something was saved or forgotten */
    enum { NONE, SAVED, PERHAPS } is_before; /* whether there is something to return to */
} chip;

static void restart(chip *mine)
{
    power = SIZE_MAX;
    if (safu_slots_open(&mine->slots, &flash, 0, STATE_PAGES * PAGE) != SAFU_OK ||
        safu_models_open(&mine->models, &flash, STATE_PAGES * PAGE, MODEL_PAGES * PAGE) != SAFU_OK)
        abort();
}

/* What was saved last is there, whole; after a cut that, or what was being saved. */
static void load(chip *mine)
{
    uint8_t found[MOST_SAVED] = {0};
    uint32_t note[SAFU_NOTES];
    const safu_status status = safu_slots_load(&mine->slots, found, sizeof found, note);
    if (status != SAFU_OK && status != SAFU_NOTHING_SAVED)
        abort();
    if (mine->was_cut && memcmp(found, mine->saving, sizeof found) == 0)
        memcpy(mine->saved, mine->saving, sizeof found);
    if (memcmp(found, mine->saved, sizeof found) != 0)
        abort();
    mine->was_cut = false;
}

static void save(chip *mine)
{
    const uint32_t note[SAFU_NOTES] = {next(&from)};
    const size_t size = (size_t)next(&from) * 2;
    memset(mine->saving, 0, sizeof mine->saving);
    memset(mine->saving, next(&from), size);
    const safu_status status = safu_slots_save(&mine->slots, mine->saving, size, note);
    if (status == SAFU_OK) {
        memcpy(mine->before, mine->saved, sizeof mine->saved);
        memcpy(mine->saved, mine->saving, sizeof mine->saved);
        mine->is_before = mine->slots.sequence > 0 ? SAVED : NONE;
    }
    mine->was_cut = status == SAFU_FLASH_FAILED;
    mine->is_before = mine->was_cut ? PERHAPS : mine->is_before;
}

/* Back to what was saved before, once; where a cut may have taken that, whatever is there is right as long as it is. */
static void forget(chip *mine)
{
    uint32_t note[SAFU_NOTES];
    const safu_status status = safu_slots_forget(&mine->slots);
    if (mine->is_before == (status == SAFU_NOTHING_TO_UNDO ? SAVED : NONE))
        abort();
    if (status == SAFU_NOTHING_TO_UNDO)
        return;
    if (mine->is_before == PERHAPS) {
        restart(mine);
        memset(mine->saved, 0, sizeof mine->saved);
        if (safu_slots_load(&mine->slots, mine->saved, sizeof mine->saved, note) != SAFU_OK)
            abort();
        mine->was_cut = false;
        return;
    }
    memcpy(status == SAFU_OK ? mine->saved : mine->saving, mine->before, sizeof mine->before);
    mine->was_cut = status != SAFU_OK;
    mine->is_before = mine->was_cut ? PERHAPS : NONE;
    load(mine);
}

/* Of a few images, so that one may be begun again. */
static void image_of(uint32_t which, uint8_t image[PAGE * 3], uint32_t *size)
{
    *size = 1 + which * 97 % (PAGE * 3);
    for (uint32_t byte = 0; byte < *size; byte++)
        image[byte] = (uint8_t)(which % 3 == 0 ? 0xff : byte * which);
}

static void send(chip *mine, uint8_t step)
{
    uint8_t image[PAGE * 3];
    uint32_t size;
    size_t here;
    image_of(step / 16, image, &size);
    const uint32_t crc = safu_crc32(0, image, size) ^ (step % 2);
    if (safu_models_begin(&mine->models, size, crc, step, &here) != SAFU_OK)
        return;
    while (here < size) {
        const size_t chunk = 4 + next(&from) % 32u * 4;
        const size_t count = chunk < size - here ? chunk : size - here;
        if (safu_models_data(&mine->models, here + (next(&from) == 7), image + here, count) != SAFU_OK)
            return;
        here += count;
    }
}

/* What acts is what was sent. */
static void look(const chip *mine)
{
    bool is_on_trial;
    size_t here;
    safu_stored incoming;
    const safu_stored acting = safu_models_acting(&mine->models, &is_on_trial);
    const safu_stored before = safu_models_before(&mine->models);
    if (acting.bytes != NULL && safu_crc32(0, acting.bytes, acting.size) != acting.crc)
        abort();
    if (before.bytes != NULL && safu_crc32(0, before.bytes, before.size) != before.crc)
        abort();
    if (safu_models_incoming(&mine->models, &incoming, &here) && here > incoming.size)
        abort();
}

static void call(chip *mine, uint8_t step)
{
    const uint8_t *bytes;
    size_t size;
    switch (step % 9) {
    case 0: power = (size_t)next(&from) * 16 + next(&from) % 16u; break;
    case 1: restart(mine); load(mine); break;
    case 2: save(mine); break;
    case 3: send(mine, step); break;
    case 4: safu_models_check(&mine->models, &bytes, &size); break;
    case 5: safu_models_try(&mine->models); break;
    case 6: safu_models_keep(&mine->models); break;
    case 7: forget(mine); break;
    default: safu_models_return(&mine->models);
    }
}

/* Flash full of anything: nothing to expect but no undefined behaviour. */
static void read_anything(chip *mine)
{
    uint8_t found[MOST_SAVED];
    uint32_t note[SAFU_NOTES];
    bool is_on_trial;
    for (size_t place = 0; place < sizeof cells && from.left > 0; place += next(&from) % 8u)
        cells[place++ % sizeof cells] = next(&from);
    restart(mine);
    safu_slots_load(&mine->slots, found, sizeof found, note);
    safu_models_acting(&mine->models, &is_on_trial);
    safu_models_before(&mine->models);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const chip none;
    chip mine = none;
    from = (input){data, size};
    erase_all();
    if (next(&from) == 1) {
        read_anything(&mine);
        return 0;
    }
    restart(&mine);
    for (int calls = 0; calls < MOST_CALLS && from.left > 0; calls++) {
        call(&mine, next(&from));
        look(&mine);
    }
    restart(&mine);
    load(&mine);
    look(&mine);
    return 0;
}
