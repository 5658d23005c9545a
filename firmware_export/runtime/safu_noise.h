/* A sound as it is, or as it would be in a noisier room, mixed level by level: device/acoustic/noise.py in C.
 *
 * A copy is never held: its frames are mixed when they are asked for. The noise is a table.
 */
#ifndef SAFU_NOISE_H
#define SAFU_NOISE_H

#include <stdbool.h>
#include <stdint.h>

#include "safu_end_pointer.h"

typedef struct safu_mix {
    const safu_sound *sound;
    int32_t level; /* of the noise */
    uint32_t begin; /* where in its table */
    bool is_noisy;
} safu_mix;

/* The sound as it is. */
safu_mix safu_unmixed(const safu_sound *sound);

/* Copy `number` of the sound whose word is loudest in frame `loudest`; another lesson, another `turn`. */
safu_mix safu_noisier(const safu_sound *sound, uint32_t loudest, uint32_t turn, uint32_t number);

/* A frame, and the room; both lie in the sound, or in `buffer` if they had to be mixed. */
const uint8_t *safu_mix_frame(const safu_mix *mix, uint32_t at, uint8_t buffer[SAFU_BANDS]);
const uint8_t *safu_mix_room(const safu_mix *mix, uint8_t buffer[SAFU_BANDS]);

#endif
