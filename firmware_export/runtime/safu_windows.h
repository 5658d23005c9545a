/* Where in a sound the word may be: islands above a falling water line: device/acoustic/windows.py in C. */
#ifndef SAFU_WINDOWS_H
#define SAFU_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "safu_noise.h"

enum {
    SAFU_ISLANDS = (SAFU_SOUND_FRAMES + SAFU_GAP + 1) / (SAFU_LEAST + SAFU_GAP + 1), /* above one line, at most */
    SAFU_NARROW_ISLANDS = (SAFU_SOUND_FRAMES + SAFU_SHORT_GAP + 1) / (SAFU_LEAST + SAFU_SHORT_GAP + 1),
    SAFU_WINDOWS = SAFU_ISLANDS * SAFU_LINES + SAFU_NARROW_ISLANDS /* below the room all lines find the same */
};

/* First frame, and last frame plus one. */
typedef struct safu_window {
    uint8_t begin, end;
} safu_window;

/* How loud every frame is: what islands rise above the water by. */
typedef struct safu_heights {
    uint16_t count, loudest;       /* the loudest frame, the first of equals */
    uint16_t least;                /* what is above the room is louder than this */
    uint16_t of[SAFU_SOUND_FRAMES]; /* twice the loudness; odd where enough bands are above the room */
} safu_heights;

void safu_heights_of(safu_heights *heights, const safu_mix *mix);

/* Every island of every water line once, in order; returns how many there are. */
uint32_t safu_windows_of(const safu_heights *heights, safu_window windows[SAFU_WINDOWS]);

/* The island that frame `at` is on, measured from its height. */
bool safu_island_at(const safu_heights *heights, uint32_t at, safu_window *window);

/* The island with the peak in it: where the word is if nothing is known of it. False: there is none. */
bool safu_word_of(const safu_heights *heights, safu_window *window);

/* The loudest frame of a window, the first of equals. */
uint32_t safu_loudest(const safu_heights *heights, safu_window window);

/* How many frames beside a window are nearly as loud as it, without a pause between: talk goes on there. */
uint32_t safu_left_out(const safu_heights *heights, safu_window window);

/* The window and a few frames on either side: the soft beginning and end. */
safu_window safu_around(const safu_sound *sound, safu_window window);

#endif
