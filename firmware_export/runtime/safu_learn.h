/* Learning on the chip: counts that generalise, and the last phrases. The answers of device/safu/integer_counts.py.
 *
 *     static uint32_t memory[1536];
 *     static int32_t logits[4];
 *     safu_learn learn;
 *     safu_said said;
 *
 *     safu_learn_begin(&learn, memory, sizeof memory, 512, 4, 32, 0);  // once: 512 rows, 4 actions, 32 phrases
 *     safu_said_begin(&said);
 *     safu_said_word(&said, word);                          // for each word as it comes
 *     safu_said_end(&said);                                 // no more are to come; if one does, it had not ended
 *     safu_learn_answer(&learn, &said, NULL, 0, logits);
 *     safu_choice best = safu_best(logits, 4);              // action 0 is "nothing", with whom it begins
 *     safu_learn_one(&learn, &said, 2);                     // somebody flipped switch 2
 *     safu_unlearn_one(&learn, &said, 2);                   // and took that back
 *
 * The memory is the state, byte for byte: safu_slots.h keeps it, safu_learn_resume takes it up again. A chip does not
 * keep its lessons: one that does not fit is refused.
 */
#ifndef SAFU_LEARN_H
#define SAFU_LEARN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "safu_status.h"
#include "safu_text.h"

enum {
    SAFU_PHRASE = 33,     /* features of a phrase, at most: sixteen words, their pairs and the end */
    SAFU_SPARE = 4,       /* phrases kept though no longer asked, so that so many lessons can be taken back */
    SAFU_MOST_SAID = 129, /* features of 64 words */
    SAFU_NEVER = -(1 << 24) /* logit of an action that nobody taught and no model knows */
};

/* What was taught. */
typedef struct safu_phrase {
    uint8_t action, count;
    uint16_t features[SAFU_PHRASE];
} safu_phrase;

typedef struct safu_learn_head {
    uint16_t rows;
    uint8_t actions, capacity, phrases, nothing;
    uint16_t zero;
} safu_learn_head;

/* The parts of the memory. */
typedef struct safu_learn {
    safu_learn_head *head;
    uint32_t *totals;  /* of each action: the sum of its counts */
    uint32_t *lessons; /* of each action */
    safu_phrase *phrases; /* oldest first */
    uint8_t *counts;   /* rows x actions */
} safu_learn;

/* A sentence that is being heard: its features, rising. */
typedef struct safu_said {
    uint32_t before;
    uint16_t words, count, end;
    bool has_ended, end_is_new;
    uint16_t features[SAFU_MOST_SAID];
} safu_said;

void safu_said_begin(safu_said *said);
void safu_said_word(safu_said *said, safu_word word);
void safu_said_end(safu_said *said);

/* Bytes of memory that learning takes; 0 for what a chip cannot hold: 1 to 4096 rows, 1 to 255 actions, up to 255
 * phrases. */
size_t safu_learn_bytes(uint32_t rows, uint32_t actions, uint32_t phrases);

/* Knows nothing; `memory` is its own from now on. SAFU_MISALIGNED, SAFU_TOO_LITTLE_MEMORY, or SAFU_OUT_OF_RANGE. */
safu_status safu_learn_begin(safu_learn *learn, void *memory, size_t size, uint32_t rows, uint32_t actions,
                             uint32_t phrases, uint32_t nothing);

/* Takes up what lies in `memory`. SAFU_MISALIGNED, SAFU_TOO_LITTLE_MEMORY; SAFU_BAD_SHAPE for what can be no state. */
safu_status safu_learn_resume(safu_learn *learn, void *memory, size_t size);

/* From now on this sentence means `action`, an inverse of each other. SAFU_OUT_OF_RANGE, SAFU_NOTHING_HEARD,
 * SAFU_TOO_LONG, SAFU_FULL; SAFU_NEVER_LEARNED. */
safu_status safu_learn_one(safu_learn *learn, const safu_said *said, uint32_t action);
safu_status safu_unlearn_one(safu_learn *learn, const safu_said *said, uint32_t action);

/* Logits of every action, 10 fractional bits. `slow`: the `known` ones of a frozen model, of the first actions; NULL
 * and 0: there is none; it may be `logits`. SAFU_OUT_OF_RANGE if the model has more actions than there are. */
safu_status safu_learn_answer(const safu_learn *learn, const safu_said *said, const int32_t *slow, uint32_t known,
                              int32_t *logits);

#endif
