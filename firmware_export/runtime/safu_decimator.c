#include "safu_decimator.h"

#include "safu_arithmetic.h"

enum { MIDDLE = SAFU_TAPS / 2, TAP_BITS = 15, ROOM = 2 * SAFU_TAPS };

void safu_decimator_begin(safu_decimator *decimator)
{
    for (uint32_t at = 0; at < SAFU_TAPS - 1; at++)
        decimator->held[at] = 0;
    decimator->count = SAFU_TAPS - 1;
}

/* The filter is symmetric, and of its middle half every second number is 0. */
static int16_t filtered(const int16_t *first)
{
    int32_t sum = (int32_t)safu_taps[MIDDLE] * first[MIDDLE];
    for (uint32_t at = 0; at < MIDDLE; at += 2)
        sum += safu_taps[at] * (first[at] + first[SAFU_TAPS - 1 - at]);
    return (int16_t)safu_within(safu_shift_right(sum, TAP_BITS), INT16_MIN, INT16_MAX);
}

static void keep_newest(safu_decimator *decimator)
{
    decimator->count = SAFU_TAPS - 2;
    for (uint32_t at = 0; at < SAFU_TAPS - 2; at++)
        decimator->held[at] = decimator->held[ROOM - SAFU_TAPS + 1 + at];
}

size_t safu_decimator_hear(safu_decimator *decimator, const int16_t *samples, size_t count, int16_t *made)
{
    size_t ready = 0;
    for (size_t at = 0; at < count; at++) {
        decimator->held[decimator->count++] = samples[at];
        if (decimator->count < SAFU_TAPS || (decimator->count - SAFU_TAPS) % 2 != 0)
            continue;
        made[ready++] = filtered(decimator->held + decimator->count - SAFU_TAPS);
        if (decimator->count == ROOM - 1)
            keep_newest(decimator);
    }
    return ready;
}
