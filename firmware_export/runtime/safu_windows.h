/* Where in a sound the word may be: islands above a falling water line: device/acoustic/windows.py in C. */
#ifndef SAFU_WINDOWS_H
#define SAFU_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "safu_noise.h"

enum {
    SAFU_ISLANDS = (SAFU_SOUND_FRAMES + SAFU_GAP + 1) / (SAFU_LEAST + SAFU_GAP + 1), /* above one line, at most */
    SAFU_WINDOWS = SAFU_ISLANDS * SAFU_LINES
};

/* First frame, and last frame plus one. */
typedef struct safu_window {
    uint8_t begin, end;
} safu_window;

/* Every island of every water line once, in order; returns how many there are. */
uint32_t safu_windows_of(const safu_sound *sound, safu_window windows[SAFU_WINDOWS]);

/* The island with the peak in it: where the word is if nothing is known of it. False: there is none. */
bool safu_word_of(const safu_sound *sound, safu_window *window);

/* The island that frame `at` is on, measured from its height. */
bool safu_island_at(const safu_mix *mix, uint32_t at, safu_window *window);

/* The loudest frame of a window, the first of equals. */
uint32_t safu_loudest(const safu_sound *sound, safu_window window);

/* The window and a few frames on either side: the soft beginning and end. */
safu_window safu_around(const safu_sound *sound, safu_window window);

#endif
