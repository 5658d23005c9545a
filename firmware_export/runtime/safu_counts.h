/* Tokens to actions: a column of bytes an action, and the explicit head of a softmax layer: device/acoustic/counts.py
 * in C.
 *
 * A column that is full halves itself. Left out: rejection (safu_rejection.h).
 */
#ifndef SAFU_COUNTS_H
#define SAFU_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "safu_acoustic.h"

enum { SAFU_GROUPS = SAFU_STREAMS * SAFU_PARTS };

/* How often a codeword was heard in each part of a word, in sixteenths of a frame. */
typedef struct safu_token {
    uint16_t code; /* numbered through all streams */
    uint16_t parts[SAFU_PARTS];
} safu_token;

/* What was heard in a word. First weighed sums of every cell; then, in their place, the codewords that were heard. */
typedef struct safu_sound_tokens {
    union {
        uint32_t *cells; /* streams x codewords x parts */
        safu_token *of;
    } heard;
    uint32_t count;
    uint32_t sums[SAFU_GROUPS]; /* of each stream and part */
    int32_t strange;            /* how far its frames are from the code, in 1/256 of a mean error */
} safu_sound_tokens;

/* The nearest codewords of a vector and their shares in it, 8 fractional bits. */
typedef struct safu_share {
    uint32_t count;
    uint8_t codes[SAFU_NEAREST];
    uint16_t shares[SAFU_NEAREST];
} safu_share;

typedef struct safu_counts {
    uint8_t *cells;    /* columns x streams x size x parts */
    uint8_t *halvings; /* of each column */
    uint16_t (*totals)[SAFU_GROUPS]; /* of each column; not part of the state */
    uint32_t columns, size;
} safu_counts;

/* Sums up what the cells of all columns hold. */
void safu_counts_total(safu_counts *counts);

/* A new codeword begins with a share of what it would have been counted as so far; totals are wrong until the next one. */
void safu_inherit(safu_counts *counts, uint32_t stream, uint32_t code, const safu_share *share);

void safu_tokens_begin(safu_sound_tokens *tokens, uint32_t size);

/* From sums to tokens. */
void safu_tokens_end(safu_sound_tokens *tokens, uint32_t size);

/* Adds what was heard to `total`, so many times. */
void safu_tokens_add(const safu_sound_tokens *tokens, uint16_t *total, uint32_t times);

/* Counts the mean of `ways` ways to hear one word, whose tokens were added up in `total`. */
void safu_count(safu_counts *counts, const uint16_t *total, uint32_t ways, uint32_t column);

/* For a column, in 1/4096 bits. */
int32_t safu_evidence(const safu_counts *counts, const safu_sound_tokens *tokens, uint32_t column);

/* The same of the first columns, added up: what any of them would say. */
int32_t safu_pooled(const safu_counts *counts, const safu_sound_tokens *tokens, uint32_t columns);

#endif
