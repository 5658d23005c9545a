/* Samples to frames: every 20 ms the level of 20 mel bands, one byte each: device/acoustic/spectrum.py in C.
 *
 *     safu_spectrum spectrum;
 *     uint8_t frame[SAFU_BANDS];
 *     safu_spectrum_begin(&spectrum);
 *     for (size_t at = 0; at < count;) {
 *         at += safu_spectrum_hear(&spectrum, samples + at, count - at, frame, &is_ready); // 8 kHz
 *         if (is_ready)
 *             ...
 *     }
 *
 * It takes half a kilobyte of stack. Left out: other rates (safu_decimator.h halves 16 kHz).
 */
#ifndef SAFU_SPECTRUM_H
#define SAFU_SPECTRUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "safu_acoustic.h"

typedef struct safu_spectrum {
    int16_t samples[1 + SAFU_WINDOW]; /* the one before the window comes first */
    uint16_t count;
} safu_spectrum;

void safu_spectrum_begin(safu_spectrum *spectrum);

/* Takes samples until a frame is ready, or none are left; returns how many it took. */
size_t safu_spectrum_hear(safu_spectrum *spectrum, const int16_t *samples, size_t count, uint8_t frame[SAFU_BANDS],
                          bool *is_ready);

#endif
