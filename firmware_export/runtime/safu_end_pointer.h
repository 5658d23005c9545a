/* Frames to sounds: when something is louder than the room, and when it is over: device/acoustic/end_pointer.py in C.
 *
 * It sees only the past. What lasts longer than three seconds is no sound but the new room. Left out: which part of a
 * sound is the word (safu_windows.h).
 */
#ifndef SAFU_END_POINTER_H
#define SAFU_END_POINTER_H

#include <stdbool.h>
#include <stdint.h>

#include "safu_acoustic.h"

enum { SAFU_SOUND_FRAMES = SAFU_LOOK_BACK + SAFU_LONGEST + 2 };

/* Something that was heard, with a little of what was before and after. */
typedef struct safu_sound {
    uint32_t began; /* number of its first frame since the beginning */
    uint16_t count;
    uint8_t room[SAFU_BANDS];
    uint8_t frames[SAFU_SOUND_FRAMES][SAFU_BANDS];
} safu_sound;

typedef struct safu_end_pointer {
    safu_sound sound;          /* while nothing sounds its frames are the newest */
    uint16_t room[SAFU_BANDS]; /* 8 fractional bits */
    uint32_t heard, too_long;  /* frames, and sounds that were dropped because they did not end */
    uint16_t began, last_loud, peak, before;
    uint8_t settling;
    bool is_sounding;
} safu_end_pointer;

void safu_end_pointer_begin(safu_end_pointer *pointer);

/* Takes one frame; returns the sound that has just ended, valid until the next frame, or NULL. */
const safu_sound *safu_end_pointer_hear(safu_end_pointer *pointer, const uint8_t frame[SAFU_BANDS]);

/* Keeps a sound: somebody may flip a switch later. */
void safu_sound_copy(safu_sound *to, const safu_sound *from);

/* The sum of the loudest bands: the peaks of a voice, whatever the noise. */
uint32_t safu_loudness(const uint8_t frame[SAFU_BANDS]);

/* How far the bands are above the room, summed. */
uint32_t safu_above(const uint8_t frame[SAFU_BANDS], const uint8_t room[SAFU_BANDS]);

#endif
