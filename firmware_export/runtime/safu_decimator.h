/* 16 kHz to 8 kHz, in pieces of any size: device/acoustic/decimator.py in C.
 *
 * Left out: every other rate; a microphone that can be asked for 8 kHz needs none of this.
 */
#ifndef SAFU_DECIMATOR_H
#define SAFU_DECIMATOR_H

#include <stddef.h>
#include <stdint.h>

#include "safu_acoustic.h"

typedef struct safu_decimator {
    int16_t held[2 * SAFU_TAPS]; /* the newest samples */
    uint16_t count;
} safu_decimator;

void safu_decimator_begin(safu_decimator *decimator);

/* Takes samples at 16 kHz; returns how many at 8 kHz it made: at most half of them, rounded up. `made` may be `samples`. */
size_t safu_decimator_hear(safu_decimator *decimator, const int16_t *samples, size_t count, int16_t *made);

#endif
