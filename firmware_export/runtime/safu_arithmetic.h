/* Rounded shifts, levels and logarithms by small tables: device/acoustic/arithmetic.py in C.
 *
 * A level is 8 log2 of an energy: one step is 0.376 dB. Left out: floats.
 */
#ifndef SAFU_ARITHMETIC_H
#define SAFU_ARITHMETIC_H

#include <stdint.h>

/* Number of the highest bit that is set; of 0 it is 0. */
uint32_t safu_floor_log2(uint32_t value);

/* 8 log2 of an energy, rounded to nearest; of 0 it is that of 1. */
int32_t safu_steps_of(uint32_t energy);

/* log2 with 8 fractional bits; of 0 it is that of 1. */
int32_t safu_log2_of(uint32_t value);

/* The level of two sounds together, from the level of each. */
int32_t safu_sum_of(int32_t level, int32_t other);

/* The level of a sound without another that is in it; 0 where there is no more than the other. */
int32_t safu_rest_of(int32_t level, int32_t other);

/* value / 2^bits to nearest, halves up; bits may be 0. */
static inline int32_t safu_shift_right(int32_t value, uint32_t bits)
{
    return (value + (int32_t)((UINT32_C(1) << bits) >> 1)) >> bits;
}

/* Rounded down, of negative values as well; the divisor is positive. */
static inline int32_t safu_floor_divide(int32_t value, int32_t by)
{
    return value >= 0 ? value / by : -(int32_t)(((uint32_t)-value + (uint32_t)by - 1) / (uint32_t)by);
}

static inline int32_t safu_within(int32_t value, int32_t least, int32_t most)
{
    return value < least ? least : value > most ? most : value;
}

#endif
