/* Frames of a word to vectors: three streams of 13 small integers, and how much each frame weighs:
 * device/acoustic/streams.py in C. One frame after the other, so that no word is ever held as vectors.
 */
#ifndef SAFU_STREAMS_H
#define SAFU_STREAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "safu_windows.h"

enum { SAFU_ROW = 16, SAFU_RING = 2 * SAFU_REACH + 1 };

/* A vector; what is beyond SAFU_CEPSTRA is 0, so that four numbers make a word. */
typedef union safu_vector {
    int8_t of[SAFU_ROW];
    uint32_t words[SAFU_ROW / 4];
} safu_vector;

typedef struct safu_spoken {
    safu_mix mix;
    uint32_t first, count, weight; /* the sum of the weights */
    uint32_t movement;             /* what frames asked for had in their static stream, by weight */
    int32_t floor;                 /* below it there is noise */
    uint8_t room[SAFU_BANDS];
    uint16_t means[SAFU_BANDS];
    uint8_t weights[SAFU_SOUND_FRAMES];
    int16_t cepstra[SAFU_RING][SAFU_CEPSTRA]; /* of the frames around the one asked for; one bit more than vectors have */
} safu_spoken;

/* What is in a window and a few frames around it. */
void safu_spoken_begin(safu_spoken *spoken, const safu_mix *mix, safu_window window);

/* The vectors of frame `at`; to be asked for in order, from 0 on. */
void safu_spoken_vectors(safu_spoken *spoken, uint32_t at, safu_vector vectors[SAFU_STREAMS]);

/* Whether it changes as words do: a hum, a tone, a fan is none. Once all vectors were asked for. */
bool safu_spoken_moves(const safu_spoken *spoken);

#endif
