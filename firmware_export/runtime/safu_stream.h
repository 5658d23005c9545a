/* A model that hears tokens one after the other and says what comes next (kind 2: device/safu/integer_stream.py).
 *
 *     #include <stdio.h>
 *     #include <string.h>
 *
 *     #include "safu.h"
 *     #include "safu_model.h" // made by: safu-export c BUNDLE
 *
 *     static uint32_t token_of(const char *word)
 *     {
 *         uint32_t token = 0;
 *         while (token < SAFU_MODEL_TOKENS && strcmp(safu_tokens[token], word) != 0)
 *             token++;
 *         return token < SAFU_MODEL_TOKENS ? token : SAFU_MODEL_UNKNOWN;
 *     }
 *
 *     int main(void)
 *     {
 *         static uint32_t memory[SAFU_MODEL_MEMORY / 4];
 *         char word[64];
 *         safu_stream stream;
 *
 *         if (safu_stream_open(&stream, safu_model, SAFU_MODEL_SIZE) != SAFU_OK ||
 *             safu_stream_begin(&stream, memory, sizeof memory) != SAFU_OK)
 *             return 1; // both tell what is wrong
 *         while (scanf("%63s", word) == 1)
 *             if (safu_stream_step(&stream, token_of(word)) == SAFU_OK) // else the word is left out
 *                 puts(safu_outputs[safu_stream_best(&stream)]);
 *         return 0;
 *     }
 *
 * The weights stay where the image is; what changes is in `stream` and `memory`.
 * Left out: the texts of tokens, which are in safu_model.c for programs that want them; learning.
 */
#ifndef SAFU_STREAM_H
#define SAFU_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "safu_image.h"
#include "safu_kernels.h"
#include "safu_status.h"

typedef struct safu_stream {
    const int8_t *vectors;
    safu_layer attention, hidden, output;
    uint16_t vocabulary;
    uint8_t activation, compared_shift, attended_shift, kept_shift;
    uint16_t heard;    /* tokens in the window */
    uint16_t *window;  /* newest first */
    int16_t *attended; /* the sum of the window's vectors */
    int16_t *units;    /* of the hidden layer; on the way there, comparisons and attention */
    int32_t excess;    /* of the units */
} safu_stream;

/* Checks the image at `bytes` and finds its parts. SAFU_OTHER_KIND, SAFU_BAD_SHAPE, or what safu_open says. */
safu_status safu_stream_open(safu_stream *stream, const void *bytes, size_t size);

/* Bytes of memory that a stream takes. */
size_t safu_stream_bytes(const safu_stream *stream);

/* Begins a dialogue: nothing was heard yet; `memory` is the stream's from now on. SAFU_MISALIGNED or
 * SAFU_TOO_LITTLE_MEMORY. */
safu_status safu_stream_begin(safu_stream *stream, void *memory, size_t size);

/* Hears one token. SAFU_OUT_OF_RANGE for one that does not exist. */
safu_status safu_stream_step(safu_stream *stream, uint32_t token);

/* The likeliest output after the newest token, the first of equals; 0 before there is one. */
uint32_t safu_stream_best(const safu_stream *stream);

/* Logits of the outputs from `row` on, a multiple of 4, with 10 fractional bits; those of padding are 0. */
void safu_stream_four_logits(const safu_stream *stream, uint32_t row, int32_t logits[4]);

#endif
