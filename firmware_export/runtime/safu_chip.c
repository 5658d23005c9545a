#include "safu_chip.h"

#include "safu_tables.h"

/* Shares of 2^15 at which a chip acts by itself: 0.65 on a whole sentence, 0.97 before its end. */
enum { SURE = 21299, EARLY = 31785 };
enum { MODEL_OF_NOTES, LESSONS, MARK, NAMED };

static bool is_nothing(const char *name)
{
    return name[0] == '\t' && name[1] == '\0';
}

/* The action of doing nothing; if the model has none, the first that is named. */
static uint32_t nothing_of(const safu_intents *model)
{
    const char *name;
    for (uint32_t action = 0; safu_action(model, action, &name) == SAFU_OK; action++)
        if (is_nothing(name))
            return action;
    return model->actions;
}

/* -- memory ------------------------------------------------------------------------------------------------------- */

static size_t bytes_of_sums(const safu_intents *model)
{
    return model->actions > 0 ? safu_sentence_bytes(model) : 0;
}

/* Words of memory that it takes to answer with this model and to learn; 0 for more than a chip can hold. */
static size_t words_for(const safu_chip *chip, const safu_intents *model)
{
    const uint32_t actions = model->actions + chip->room.names;
    const size_t learn = safu_learn_bytes(chip->room.rows, actions, chip->room.phrases);
    if (learn == 0 || nothing_of(model) >= actions)
        return 0;
    return actions + (bytes_of_sums(model) + learn) / 4 + chip->room.names * (SAFU_NAME / 4);
}

static bool fits(const safu_chip *chip, const safu_intents *model)
{
    const size_t words = words_for(chip, model);
    return words > 0 && words <= chip->size / 4;
}

void safu_chip_blank(safu_chip *chip)
{
    char *name = chip->names;
    (void)safu_learn_begin(&chip->learn, chip->state, chip->learn_size, chip->room.rows,
                           chip->model.actions + chip->room.names, chip->room.phrases, chip->nothing);
    for (size_t at = chip->learn_size; at < chip->state_size; at++)
        *name++ = '\0';
    chip->named = chip->nothing == chip->model.actions;
    if (chip->named > 0)
        chip->names[0] = '\t';
    chip->taught = (safu_taught){0, 0};
    chip->has_learned = false;
}

static void load(safu_chip *chip)
{
    uint32_t note[SAFU_NOTES];
    const uint32_t actions = chip->model.actions + chip->room.names;
    if (safu_slots_load(&chip->slots, chip->state, chip->state_size, note) == SAFU_OK && note[MODEL_OF_NOTES] == chip->crc &&
        note[NAMED] <= chip->room.names && safu_learn_resume(&chip->learn, chip->state, chip->learn_size) == SAFU_OK) {
        const safu_learn_head *head = chip->learn.head;
        if (head->rows == chip->room.rows && head->actions == actions && head->capacity == chip->room.phrases &&
            head->nothing == chip->nothing) {
            chip->taught = (safu_taught){note[LESSONS], note[MARK]};
            chip->named = note[NAMED];
            return;
        }
    }
    safu_chip_blank(chip);
}

/* Divides the memory for the model that acts, and takes up its lessons. */
static void take_up(safu_chip *chip)
{
    const uint32_t actions = chip->model.actions + chip->room.names;
    chip->nothing = nothing_of(&chip->model);
    chip->logits = (int32_t *)(void *)chip->memory;
    chip->sums = chip->memory + actions;
    chip->state = chip->sums + bytes_of_sums(&chip->model) / 4;
    chip->learn_size = safu_learn_bytes(chip->room.rows, actions, chip->room.phrases);
    chip->state_size = chip->learn_size + chip->room.names * SAFU_NAME;
    chip->names = (char *)chip->state + chip->learn_size;
    chip->has_heard = chip->has_learned = false;
    load(chip);
}

/* -- models ------------------------------------------------------------------------------------------------------- */

static bool open(const safu_chip *chip, safu_intents *model, const void *bytes, size_t size)
{
    return bytes != NULL && safu_intents_open(model, bytes, size) == SAFU_OK && fits(chip, model);
}

/* The model that was sent, else that of the firmware, else none. */
static safu_status start(safu_chip *chip)
{
    bool is_on_trial;
    const safu_stored sent = safu_models_acting(&chip->models, &is_on_trial);
    if (open(chip, &chip->model, sent.bytes, sent.size)) {
        chip->version = sent.version;
        chip->crc = sent.crc;
    } else if (open(chip, &chip->model, chip->own, chip->own_size)) {
        chip->version = chip->model.version;
        chip->crc = chip->own_crc;
    } else {
        chip->model = (safu_intents){.actions = 0};
        chip->version = chip->crc = 0;
        if (!fits(chip, &chip->model))
            return SAFU_TOO_LITTLE_MEMORY;
    }
    take_up(chip);
    return SAFU_OK;
}

safu_status safu_chip_begin(safu_chip *chip, const safu_flash *flash, size_t saved, const void *own, size_t own_size,
                            void *memory, size_t size, safu_chip_room room)
{
    if ((uintptr_t)memory % 4 != 0)
        return SAFU_MISALIGNED;
    *chip = (safu_chip){.flash = flash, .own = own, .own_size = own_size, .memory = memory, .size = size, .room = room};
    chip->own_crc = own != NULL ? safu_crc32(0, own, own_size) : 0;
    if (saved > flash->size)
        return SAFU_OUT_OF_RANGE;
    safu_status status = safu_slots_open(&chip->slots, flash, 0, saved);
    if (status == SAFU_OK)
        status = safu_models_open(&chip->models, flash, saved, flash->size - saved);
    return status == SAFU_OK ? start(chip) : status;
}

safu_status safu_chip_try(safu_chip *chip)
{
    const uint8_t *bytes;
    size_t size;
    safu_intents model;
    safu_status status = safu_models_check(&chip->models, &bytes, &size);
    if (status == SAFU_OK)
        status = safu_intents_open(&model, bytes, size);
    if (status == SAFU_OK && !fits(chip, &model))
        status = SAFU_TOO_LITTLE_MEMORY;
    if (status == SAFU_OK)
        status = safu_models_try(&chip->models);
    return status == SAFU_OK ? start(chip) : status;
}

safu_status safu_chip_return(safu_chip *chip)
{
    const safu_status status = safu_models_return(&chip->models);
    return status == SAFU_OK ? start(chip) : status;
}

safu_status safu_chip_drop(safu_chip *chip)
{
    const size_t at = chip->models.at;
    safu_status status = safu_erase(chip->flash, at, chip->flash->size - at);
    if (status == SAFU_OK)
        status = safu_models_open(&chip->models, chip->flash, at, chip->flash->size - at);
    return status == SAFU_OK ? start(chip) : status;
}

/* -- actions ------------------------------------------------------------------------------------------------------ */

uint32_t safu_chip_actions(const safu_chip *chip)
{
    return chip->model.actions + chip->named;
}

const char *safu_chip_action(const safu_chip *chip, uint32_t action)
{
    const char *name;
    if (safu_action(&chip->model, action, &name) == SAFU_OK)
        return name;
    return chip->names + (action - chip->model.actions) * SAFU_NAME;
}

static bool is_called(const char *known, safu_word name)
{
    size_t at = 0;
    while (at < name.size && known[at] == (char)name.bytes[at] && known[at] != '\0')
        at++;
    return at == name.size && known[at] == '\0';
}

safu_status safu_chip_name(safu_chip *chip, safu_word name)
{
    bool has_tab = false, is_plain = name.size < SAFU_NAME;
    for (size_t at = 0; at < name.size; at++) {
        has_tab = has_tab || name.bytes[at] == '\t';
        is_plain = is_plain && (name.bytes[at] >= ' ' || name.bytes[at] == '\t') && name.bytes[at] != 0x7f;
    }
    for (uint32_t action = 0; action < safu_chip_actions(chip); action++)
        if (is_called(safu_chip_action(chip, action), name))
            return SAFU_OK;
    if (!has_tab || !is_plain)
        return SAFU_BAD_ARGUMENT;
    if (chip->named == chip->room.names)
        return SAFU_NO_ROOM;
    char *to = chip->names + chip->named * SAFU_NAME;
    for (size_t at = 0; at < name.size; at++)
        to[at] = (char)name.bytes[at];
    chip->named++;
    return SAFU_OK;
}

/* -- hearing and learning ----------------------------------------------------------------------------------------- */

/* The likeliest action other than nothing, the first of those; nothing where there is no other. */
static uint32_t likeliest(const safu_chip *chip)
{
    const uint32_t count = safu_chip_actions(chip);
    uint32_t best = chip->nothing;
    for (uint32_t action = 0; action < count; action++)
        if (action != chip->nothing && (best == chip->nothing || chip->logits[action] > chip->logits[best]))
            best = action;
    return best;
}

/* The softmax share of an action, of 2^15. */
static uint32_t share_of(const safu_chip *chip, uint32_t action)
{
    const int32_t *logits = chip->logits;
    const uint32_t count = chip->model.actions + chip->room.names, best = safu_best(logits, count).action;
    uint32_t sum = 0;
    for (uint32_t other = 0; other < count; other++)
        sum += (uint32_t)safu_exp((uint32_t)logits[best] - (uint32_t)logits[other]);
    return ((uint32_t)safu_exp((uint32_t)logits[best] - (uint32_t)logits[action]) << 15) / sum;
}

static void take_in(safu_chip *chip, safu_word line, bool ended)
{
    const bool has_model = chip->model.actions > 0;
    safu_sentence sentence;
    safu_word word;
    safu_said_begin(&chip->said);
    if (has_model)
        (void)safu_sentence_begin(&sentence, &chip->model, chip->sums, bytes_of_sums(&chip->model));
    while (safu_next_word(&line, &word)) {
        safu_said_word(&chip->said, word);
        if (has_model)
            safu_hear(&sentence, word);
    }
    if (ended)
        safu_said_end(&chip->said);
    if (has_model)
        safu_answer(&sentence, ended, chip->logits);
    (void)safu_learn_answer(&chip->learn, &chip->said, has_model ? chip->logits : NULL, chip->model.actions, chip->logits);
}

safu_meant safu_chip_hear(safu_chip *chip, safu_word sentence, bool ended)
{
    chip->words = safu_crc32(0, sentence.bytes, sentence.size);
    chip->has_heard = true;
    chip->has_learned = false;
    take_in(chip, sentence, ended);
    const uint32_t action = likeliest(chip), share = share_of(chip, action);
    const bool is_sure = share >= (ended ? (uint32_t)SURE : (uint32_t)EARLY);
    return (safu_meant){action, share, is_sure && action != chip->nothing};
}

/* The mark of what was learned and one lesson more. */
static uint32_t mark_with(const safu_chip *chip, uint32_t action)
{
    char digits[9];
    const char *name = safu_chip_action(chip, action);
    size_t size = 0;
    for (uint32_t at = 0; at < 8; at++)
        digits[at] = "0123456789abcdef"[chip->words >> (28 - 4 * at) & 15];
    digits[8] = ' ';
    if (is_nothing(name))
        name = "nothing";
    while (name[size] != '\0')
        size++;
    const uint32_t mark = safu_crc32(safu_crc32(chip->taught.mark, digits, sizeof digits), name, size);
    return safu_crc32(mark, "\n", 1);
}

safu_status safu_chip_learn(safu_chip *chip, uint32_t action)
{
    if (!chip->has_heard)
        return SAFU_NOTHING_HEARD;
    if (action >= safu_chip_actions(chip))
        return SAFU_OUT_OF_RANGE;
    safu_said_end(&chip->said);
    const safu_status status = safu_learn_one(&chip->learn, &chip->said, action);
    if (status != SAFU_OK)
        return status;
    chip->before = chip->taught;
    chip->taught = (safu_taught){chip->taught.lessons + 1, mark_with(chip, action)};
    chip->meant = action;
    chip->has_learned = true;
    return SAFU_OK;
}

safu_status safu_chip_undo(safu_chip *chip)
{
    if (!chip->has_learned)
        return SAFU_NOTHING_TO_UNDO;
    const safu_status status = safu_unlearn_one(&chip->learn, &chip->said, chip->meant);
    if (status != SAFU_OK)
        return status;
    chip->taught = chip->before;
    chip->has_learned = false;
    return SAFU_OK;
}

safu_status safu_chip_save(safu_chip *chip)
{
    const uint32_t note[SAFU_NOTES] = {chip->crc, chip->taught.lessons, chip->taught.mark, chip->named};
    return safu_slots_save(&chip->slots, chip->state, chip->state_size, note);
}
