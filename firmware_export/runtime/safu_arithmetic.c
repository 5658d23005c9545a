#include "safu_arithmetic.h"

#include "safu_acoustic.h"

enum {
    FRACTION = 15,
    LOG_BITS = 8,
    LAST_SUM = sizeof safu_sums / sizeof *safu_sums - 1,
    LAST_REST = sizeof safu_rests / sizeof *safu_rests - 1
};

uint32_t safu_floor_log2(uint32_t value)
{
    uint32_t found = 0;
    for (uint32_t bits = 16; bits > 0; bits >>= 1)
        if (value >> bits) {
            value >>= bits;
            found += bits;
        }
    return found;
}

/* 2^15 to 2^16 - 1 */
static uint32_t mantissa_of(uint32_t value, uint32_t exponent)
{
    return exponent > FRACTION ? value >> (exponent - FRACTION) : value << (FRACTION - exponent);
}

int32_t safu_steps_of(uint32_t energy)
{
    const uint32_t value = energy > 0 ? energy : 1, exponent = safu_floor_log2(value);
    const uint32_t mantissa = mantissa_of(value, exponent);
    uint32_t steps = SAFU_STEPS * exponent;
    for (uint32_t border = 0; border < SAFU_STEPS && mantissa >= safu_borders[border]; border++)
        steps++;
    return (int32_t)steps;
}

int32_t safu_log2_of(uint32_t value)
{
    const uint32_t some = value > 0 ? value : 1, exponent = safu_floor_log2(some);
    return (int32_t)((exponent << LOG_BITS) + safu_logs[(mantissa_of(some, exponent) >> (FRACTION - LOG_BITS)) - 256]);
}

int32_t safu_sum_of(int32_t level, int32_t other)
{
    const int32_t apart = level > other ? level - other : other - level;
    return (level > other ? level : other) + safu_sums[apart < LAST_SUM ? apart : LAST_SUM];
}

int32_t safu_rest_of(int32_t level, int32_t other)
{
    const int32_t rest = level - safu_rests[safu_within(level - other, 0, LAST_REST)];
    return rest > 0 ? rest : 0;
}
