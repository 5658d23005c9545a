/* Made by `python -m firmware_export.sound_tables` from device/acoustic. */
#ifndef SAFU_ACOUSTIC_H
#define SAFU_ACOUSTIC_H

#include <stdint.h>

enum {
    SAFU_STEPS = 8,
    SAFU_HOP = 160,
    SAFU_WINDOW = 200,
    SAFU_BANDS = 20,
    SAFU_EMPHASIS = 31785,
    SAFU_LARGEST = 13572,
    SAFU_QUIETEST = 120,
    SAFU_TAPS = 47,
    SAFU_LOOK_BACK = 10,
    SAFU_LONGEST = 150,
    SAFU_FIRST = 10,
    SAFU_HANG = 8,
    SAFU_START = 208,
    SAFU_KEEP = 92,
    SAFU_MARGIN = 8,
    SAFU_LOUD_BANDS = 6,
    SAFU_ABOVE_ROOM = 78,
    SAFU_BELOW_PEAK = 318,
    SAFU_QUIETEST_ROOM = 50,
    SAFU_ROOM_BITS = 8,
    SAFU_FAST = 3,
    SAFU_SLOW = 5,
    SAFU_SETTLED = 60,
    SAFU_LAG = 4,
    SAFU_LINES = 4,
    SAFU_WORD_LINE = 318,
    SAFU_GAP = 7,
    SAFU_SHORT_GAP = 3,
    SAFU_LEAST = 5,
    SAFU_AROUND = 4,
    SAFU_AS_LOUD = 240,
    SAFU_NOISE_FRAMES = 256,
    SAFU_COPIES = 6,
    SAFU_PEAK_OVER_MEAN = 22,
    SAFU_STRIDE = 43,
    SAFU_STREAMS = 3,
    SAFU_CEPSTRA = 13,
    SAFU_FULL_WEIGHT = 16,
    SAFU_CLIP = 66,
    SAFU_FULL_EXCESS = 185,
    SAFU_REACH = 2,
    SAFU_LEAST_MOVEMENT = 27,
    SAFU_MEAN_BITS = 4,
    SAFU_STATIC_BITS = 12,
    SAFU_PARTS = 3,
    SAFU_NEAREST = 8,
    SAFU_GIVEN = 12,
    SAFU_LEAST_GIVEN = 3,
    SAFU_SHARE_BITS = 8,
    SAFU_STRANGE_BITS = 8,
    SAFU_TOKEN_SHIFT = 12,
    SAFU_SHARES = 24,
    SAFU_INHERITED_BITS = 1,
    SAFU_EIGHTHS = 3,
    SAFU_REMEMBERED = 48,
    SAFU_REFUSED = 20,
    SAFU_LEAST_MARGIN = 192,
    SAFU_MOST_MARGIN = 256,
    SAFU_HEARING = 1,
    SAFU_CORRECTIONS = 6,
    SAFU_TEMPTING = -256,
    SAFU_USUAL = 256,
    SAFU_STRANGER = 3,
    SAFU_STRANGEST = 2048,
    SAFU_FEWEST_LESSONS = 2,
};

extern const uint32_t safu_borders[8];
extern const uint16_t safu_logs[256];
extern const uint8_t safu_sums[37];
extern const uint8_t safu_rests[38];
extern const int16_t safu_taps[47];
extern const int16_t safu_hamming[200];
extern const uint32_t safu_twiddles[129];
extern const uint8_t safu_reversed[128];
extern const uint8_t safu_band_first[20];
extern const uint8_t safu_band_end[20];
extern const uint8_t safu_band_weights[223];
extern const uint16_t safu_water_lines[4];
extern const int8_t safu_noise[5120];
extern const int8_t safu_quiet_noise[20];
extern const uint8_t safu_noise_below[6];
extern const int8_t safu_cosines[260];
extern const uint16_t safu_shares[24];
extern const uint16_t safu_cell_logs[766];

#endif
