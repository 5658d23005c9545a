/* A switch that learns sounds: no recogniser, no language: device/acoustic/switch.py in C, to the bit.
 *
 *     static uint32_t state[SAFU_SWITCH_BYTES(10, 12, 96) / 4], work[SAFU_SWITCH_WORK_BYTES(10, 12, 96) / 4];
 *     static safu_spectrum spectrum;
 *     static safu_end_pointer pointer;
 *     static safu_sound kept;
 *     safu_switch learner;
 *     safu_meaning meanings[1];
 *
 *     safu_switch_begin(&learner, state, sizeof state, work, sizeof work, 10, 12, 96); // actions, background, codewords
 *     at += safu_spectrum_hear(&spectrum, samples + at, count - at, frame, &is_ready);  // 8 kHz
 *     const safu_sound *sound = safu_end_pointer_hear(&pointer, frame);
 *     if (sound != NULL && safu_switch_predict(&learner, sound, meanings, 1) > 0 && meanings[0].is_accepted)
 *         ...;                                               // do meanings[0].action
 *     safu_sound_copy(&kept, sound);                         // for the hand that comes later
 *     safu_switch_learn_one(&learner, &kept, 3);             // somebody flipped switch 3: that is what it meant
 *     safu_switch_learn_background(&learner, &kept);         // nobody did anything: it meant nothing
 *     safu_switch_correct(&learner, &kept);                  // somebody undid what was done: it meant nothing
 *
 * `state` is the state, byte for byte: safu_slots.h keeps it, safu_switch_resume takes it up again; `work` is what it
 * needs beside it. Left out: what the actions are, when somebody is taken to mean a sound.
 */
#ifndef SAFU_SWITCH_H
#define SAFU_SWITCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "safu_codebook.h"
#include "safu_counts.h"
#include "safu_rejection.h"
#include "safu_status.h"

typedef struct safu_switch_head {
    uint8_t actions, background, codewords, used;
    safu_code_errors errors;
    safu_threshold threshold;
    uint16_t hearing; /* SAFU_HEARING */
} safu_switch_head;

/* A window that evidence was found for. */
typedef struct safu_candidate {
    int32_t evidence, margin;
    safu_window window;
    uint8_t action;
    bool is_taken;
} safu_candidate;

/* Memory that is needed while a function runs. */
typedef struct safu_switch_work {
    safu_spoken spoken;
    safu_heights heights;
    union {
        struct {
            safu_window windows[SAFU_WINDOWS];
            safu_candidate candidates[SAFU_WINDOWS];
        } answer;
        safu_donation lesson;
    } of;
} safu_switch_work;

/* The parts of both memories. */
typedef struct safu_switch {
    safu_switch_head *head;
    uint32_t *lessons; /* of each column */
    safu_codebook codebook;
    safu_counts counts;
    safu_sound_tokens tokens;
    safu_switch_work *work;
    uint16_t *total;   /* of the cells, in a lesson */
    int32_t *against;  /* evidence for each action against the background */
} safu_switch;

/* What a window of a sound may mean. */
typedef struct safu_meaning {
    int32_t margin; /* bits per frame, in 1/256, by which the action knows it better than the background */
    safu_window window;
    uint8_t action;
    bool is_accepted;
} safu_meaning;

/* Bytes of the state, and of memory beside it. */
#define SAFU_WHOLE_WORDS(bytes) (((bytes) + 3) & ~3u)
#define SAFU_SWITCH_BYTES(actions, background, codewords)                                                       \
    (sizeof(safu_switch_head) + 4 * ((actions) + (background)) + SAFU_WHOLE_WORDS((actions) + (background)) + \
     SAFU_STREAMS * SAFU_ROW * (codewords) +                                                                    \
     SAFU_WHOLE_WORDS(SAFU_GROUPS * (codewords) * ((actions) + (background))))
#define SAFU_SWITCH_WORK_BYTES(actions, background, codewords)                                \
    (sizeof(safu_switch_work) + 4 * SAFU_GROUPS * (codewords) + 4 * (actions) +               \
     SAFU_WHOLE_WORDS(2 * SAFU_GROUPS * ((codewords) + (actions) + (background))))

/* The same; 0 for what a chip cannot hold: 1 to 255 codewords, 1 to 255 actions and columns of the background. */
size_t safu_switch_bytes(uint32_t actions, uint32_t background, uint32_t codewords);
size_t safu_switch_work_bytes(uint32_t actions, uint32_t background, uint32_t codewords);

/* Knows nothing. SAFU_MISALIGNED, SAFU_TOO_LITTLE_MEMORY, SAFU_OUT_OF_RANGE. */
safu_status safu_switch_begin(safu_switch *learner, void *state, size_t state_size, void *work, size_t work_size,
                              uint32_t actions, uint32_t background, uint32_t codewords);

/* Takes up what lies in `state`. SAFU_MISALIGNED, SAFU_TOO_LITTLE_MEMORY, or SAFU_BAD_SHAPE for what can be no state. */
safu_status safu_switch_resume(safu_switch *learner, void *state, size_t state_size, void *work, size_t work_size);

/* What a sound means: the best window first, then those that lie beside it. Returns how many there are, at most `most`;
 * 0 if there is no word in it, or nothing was taught yet. */
uint32_t safu_switch_predict(safu_switch *learner, const safu_sound *sound, safu_meaning *meanings, uint32_t most);

/* This sound meant that action; nobody meant it; it was taken for an action and was none. SAFU_NOTHING_HEARD if there is
 * no word in it, or none that it could be taken for: of what nobody meant, that is nearly all; SAFU_OUT_OF_RANGE if there is no such column. */
safu_status safu_switch_learn_one(safu_switch *learner, const safu_sound *sound, uint32_t action);
safu_status safu_switch_learn_background(safu_switch *learner, const safu_sound *sound);
safu_status safu_switch_correct(safu_switch *learner, const safu_sound *sound);

#endif
