/* Any samples, frames and lessons, from a blank state or from any bytes as a state: no undefined behaviour, every answer
 * lies in its sound, and what is known stays a state. */
#include <stdlib.h>

#include "input.h"
#include "safu.h"

enum { MOST = 3, ROOM = 8192, PIECE = 64 };

/* A few bytes make many frames: a level for each band, and by how much it moves. */
static void play(safu_sound *sound, input *from, uint32_t count)
{
    uint8_t level[SAFU_BANDS], step[SAFU_BANDS];
    for (uint32_t band = 0; band < SAFU_BANDS; band++) {
        level[band] = next(from);
        step[band] = next(from);
    }
    for (uint32_t at = sound->count; at < sound->count + count && at < SAFU_SOUND_FRAMES; at++)
        for (uint32_t band = 0; band < SAFU_BANDS; band++)
            sound->frames[at][band] = level[band] = (uint8_t)(level[band] + step[band]);
    sound->count = (uint16_t)(sound->count + count < SAFU_SOUND_FRAMES ? sound->count + count : SAFU_SOUND_FRAMES);
}

static void compose(safu_sound *sound, input *from)
{
    sound->count = 0;
    sound->began = 0;
    for (uint32_t band = 0; band < SAFU_BANDS; band++)
        sound->room[band] = next(from) >> 2;
    for (uint32_t parts = 1 + next(from) % 4u; parts > 0; parts--)
        play(sound, from, next(from) % 64u);
}

static void live(safu_switch *learner, const safu_sound *sound, uint8_t what)
{
    safu_meaning meanings[MOST];
    const uint32_t count = safu_switch_predict(learner, sound, meanings, MOST);
    if (count > MOST)
        abort();
    for (uint32_t at = 0; at < count; at++)
        if (meanings[at].window.begin >= meanings[at].window.end || meanings[at].window.end > sound->count ||
            meanings[at].action >= learner->head->actions)
            abort();
    if (what % 4 == 0)
        (void)safu_switch_correct(learner, sound);
    else if (what % 4 == 1)
        (void)safu_switch_learn_background(learner, sound);
    else
        (void)safu_switch_learn_one(learner, sound, (what >> 2) % (learner->head->actions + 1u));
}

static void listen(safu_switch *learner, safu_end_pointer *pointer, safu_spectrum *spectrum, input *from, bool is_fast)
{
    static safu_decimator decimator;
    int16_t samples[PIECE];
    uint8_t frame[SAFU_BANDS];
    bool is_ready;
    size_t count = PIECE;
    for (uint32_t at = 0; at < PIECE; at++) {
        const uint8_t low = next(from);
        samples[at] = (int16_t)(uint16_t)(low | next(from) << 8);
    }
    if (is_fast) {
        safu_decimator_begin(&decimator);
        count = safu_decimator_hear(&decimator, samples, PIECE, samples);
    }
    for (uint32_t again = 0; again < 4; again++)
        for (size_t at = 0; at < count;) {
            at += safu_spectrum_hear(spectrum, samples + at, count - at, frame, &is_ready);
            const safu_sound *sound = is_ready ? safu_end_pointer_hear(pointer, frame) : NULL;
            if (sound != NULL)
                live(learner, sound, next(from));
        }
}

/* The same sound frame by frame: it may end early, or never. */
static void hear(safu_switch *learner, safu_end_pointer *pointer, const safu_sound *sound, uint8_t what)
{
    for (uint32_t at = 0; at < sound->count; at++) {
        const safu_sound *heard = safu_end_pointer_hear(pointer, sound->frames[at]);
        if (heard != NULL)
            live(learner, heard, what);
    }
}

static void square(safu_vector *word)
{
    uint32_t sum = 0;
    for (uint32_t order = 0; order < SAFU_CEPSTRA; order++)
        sum += (uint32_t)(word->of[order] * word->of[order]);
    for (uint32_t byte = 0; byte < 3; byte++)
        word->of[SAFU_CEPSTRA + byte] = (int8_t)(uint8_t)(sum >> 8 * byte);
}

/* Any bytes as what is known, of this version and with squares that are right, or nothing behind them would be read. */
static void fill(safu_switch *learner, input *from, size_t bytes)
{
    const safu_switch_head shape = *learner->head;
    uint8_t *state = (uint8_t *)learner->head;
    for (size_t at = 4; at < bytes; at++)
        state[at] = next(from);
    learner->head->used = (uint8_t)(next(from) % (shape.codewords + 1u));
    learner->head->threshold.known %= SAFU_REMEMBERED + 1;
    learner->head->hearing = SAFU_HEARING;
    for (uint32_t column = 0; column < learner->counts.columns; column++)
        learner->counts.halvings[column] %= 14;
    for (uint32_t word = 0; word < SAFU_STREAMS * learner->codebook.size; word++)
        square(learner->codebook.words + word);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint32_t state[ROOM / 4], work[2 * ROOM / 4];
    input from = {data, size};
    safu_switch learner;
    safu_end_pointer pointer;
    safu_spectrum spectrum;
    const bool is_state = next(&from) & 1;
    const uint32_t actions = 1 + next(&from) % 4u, background = next(&from) % 10u, codewords = 1 + next(&from) % 8u;
    const size_t bytes = safu_switch_bytes(actions, background, codewords);
    if (safu_switch_begin(&learner, state, sizeof state, work, sizeof work, actions, background, codewords) != SAFU_OK)
        abort();
    if (is_state) {
        fill(&learner, &from, bytes);
        if (safu_switch_resume(&learner, state, bytes, work, sizeof work) != SAFU_OK)
            abort();
    }
    safu_spectrum_begin(&spectrum);
    safu_end_pointer_begin(&pointer);
    safu_sound *sound = malloc(sizeof *sound);
    sound->count = 0;
    for (uint32_t steps = 0; from.left > 0 && steps < 6; steps++) {
        const uint8_t what = next(&from);
        if (what % 4 == 0)
            compose(sound, &from);
        else if (what % 4 == 1)
            listen(&learner, &pointer, &spectrum, &from, what & 4);
        else if (what % 4 == 2)
            hear(&learner, &pointer, sound, what >> 2);
        else
            live(&learner, sound, what >> 2);
    }
    free(sound);
    if (safu_switch_resume(&learner, state, bytes, work, sizeof work) != SAFU_OK)
        abort();
    return 0;
}
