/* Vectors to tokens: the household's own frames as code, and soft assignment to the nearest of them:
 * device/acoustic/codebook.py in C.
 *
 * A codeword is 13 bytes and, in the three behind them, its square: what a distance needs, and so that it begins at a
 * word. Left out: what tokens mean (safu_counts.h).
 */
#ifndef SAFU_CODEBOOK_H
#define SAFU_CODEBOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "safu_counts.h"
#include "safu_streams.h"

/* How far vectors were from the code on average, of the newest 65,536 at most; part of the state. */
typedef struct safu_code_errors {
    uint32_t low[SAFU_STREAMS], high[SAFU_STREAMS], vectors;
} safu_code_errors;

typedef struct safu_codebook {
    safu_vector *words; /* streams x size */
    safu_code_errors *errors;
    uint8_t *used;
    uint32_t size;
} safu_codebook;

/* Memory that a lesson takes codewords with. */
typedef struct safu_donation {
    safu_vector vectors[SAFU_SOUND_FRAMES];
    uint32_t least[SAFU_SOUND_FRAMES];
} safu_donation;

/* Takes codewords from a word; new ones inherit what was counted at those near them. */
void safu_donate(safu_codebook *codebook, safu_counts *counts, safu_spoken *spoken, safu_donation *donation);

/* How often each codeword was heard in each part of a word. */
void safu_tokens_of(const safu_codebook *codebook, safu_spoken *spoken, safu_sound_tokens *tokens);

/* Whether this can be the code of a state. */
bool safu_is_codebook(const safu_codebook *codebook);

#endif
