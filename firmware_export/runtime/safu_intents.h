/* What some words want: features of words to actions, word by word. The answers of device/safu/integer_reference.py.
 *
 *     safu_intents model;
 *     safu_sentence sentence;
 *     static uint32_t memory[256];
 *     static int32_t logits[64];
 *
 *     safu_intents_open(&model, image, sizeof image);       // once; each of these tells what is wrong
 *     safu_sentence_begin(&sentence, &model, memory, sizeof memory);
 *     safu_hear(&sentence, word);                           // for each word as it comes
 *     safu_answer(&sentence, false, logits);                // so far; true: and no more words are to come
 *     safu_choice best = safu_best(logits, model.actions);  // its name: safu_action(&model, best.action, &name)
 *
 * Of a sentence the first 64 words count, of these the first 8192 features; what comes later is left out.
 */
#ifndef SAFU_INTENTS_H
#define SAFU_INTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "safu_image.h"
#include "safu_text.h"

/* A model where it lies; device/safu/intents_image.py tells what its parts are. */
typedef struct safu_intents {
    uint32_t activation, rows, exact, hidden, actions, version;
    const uint32_t *digests;
    const uint32_t *inputs;
    const uint8_t *outputs;
    const uint32_t *input_factors;
    const uint32_t *output_factors;
    const int32_t *hidden_bias;
    const int32_t *bias;
    const char *names;
} safu_intents;

/* A sentence that is being heard. */
typedef struct safu_sentence {
    const safu_intents *model;
    uint32_t *sums;
    uint32_t *lanes;
    uint32_t before;
    uint16_t words, features, in_lanes;
} safu_sentence;

typedef struct safu_choice {
    uint32_t action;
    uint32_t share; /* of 2^15: how likely it is */
} safu_choice;

/* Checks the image at `bytes` and finds its parts. SAFU_OTHER_KIND, SAFU_BAD_SHAPE, or what safu_open says. */
safu_status safu_intents_open(safu_intents *model, const void *bytes, size_t size);

/* Bytes of memory that a sentence takes. */
size_t safu_sentence_bytes(const safu_intents *model);

/* Forgets what was heard; `memory` is the sentence's from now on. SAFU_MISALIGNED or SAFU_TOO_LITTLE_MEMORY. */
safu_status safu_sentence_begin(safu_sentence *sentence, const safu_intents *model, void *memory, size_t size);

void safu_hear(safu_sentence *sentence, safu_word word);

/* Logits of every action, 10 fractional bits, of what was heard so far; more may be heard afterwards. */
void safu_answer(safu_sentence *sentence, bool ended, int32_t *logits);

/* The first of the greatest, and its softmax share. `count` is not 0. */
safu_choice safu_best(const int32_t *logits, uint32_t count);

/* What an action is called, ended by a zero. SAFU_OUT_OF_RANGE. */
safu_status safu_action(const safu_intents *model, uint32_t action, const char **name);

#endif
