#include "safu_tables.h"

#include "safu_tables.inc"

/* Right shifts of negative numbers keep the sign, as with every compiler that we know; with another this is refused. */
typedef char safu_shifts_keep_the_sign[(-3 >> 1) == -2 ? 1 : -1];

enum { TANH_STEP = 5, TANH_STEPS = 256, POWER_STEP = 10, EXP_REACH = 16 << 10, HALVINGS = 94548, LOG_STEP = 9, LOG_BITS = 12 };

static int32_t between(const int16_t *table, uint32_t size, uint32_t step)
{
    const int16_t *at = table + (size >> step);
    const int32_t rest = (int32_t)(size & ((1u << step) - 1));
    return at[0] + (((at[1] - at[0]) * rest + (1 << (step - 1))) >> step);
}

int32_t safu_tanh(int32_t sum)
{
    const uint32_t size = sum < 0 ? 0u - (uint32_t)sum : (uint32_t)sum;
    int32_t bent = size < TANH_STEPS << TANH_STEP ? between(tanh_table, size, TANH_STEP) : SAFU_ONE - 2 * safu_exp(size);
    bent -= bent == SAFU_ONE;
    return sum < 0 ? -bent : bent;
}

int32_t safu_exp(uint32_t behind)
{
    const uint32_t halvings = (behind < EXP_REACH ? behind : EXP_REACH - 1) * HALVINGS, whole = halvings >> 26;
    return (between(power_table, halvings >> 10 & 0xffff, POWER_STEP) + (1 << whole >> 1)) >> whole;
}

int32_t safu_root(uint32_t words)
{
    return root_table[words < SAFU_MAX_WORDS ? words : SAFU_MAX_WORDS];
}

int32_t safu_log2(uint32_t value)
{
    int32_t whole = 15;
    for (; value >= 1u << 16; value >>= 1)
        whole++;
    for (; value < 1u << 15; value <<= 1)
        whole--;
    return (whole << LOG_BITS) + between(log_table, value & 0x7fff, LOG_STEP);
}

int64_t safu_shift(int64_t value, uint32_t bits)
{
    return (value + ((int64_t)1 << (bits - 1))) >> bits;
}

int64_t safu_times(int64_t value, uint32_t factor)
{
    return safu_shift(value * (int64_t)(factor & 0xffff), factor >> 16);
}

int safu_is_factor(uint32_t factor)
{
    return (factor & 0x8000) == 0 && factor >> 16 >= 1 && factor >> 16 <= 46;
}
