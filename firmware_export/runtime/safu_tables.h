/* tanh, exp, 1 / sqrt and log2 from tables, with straight lines between: device/safu/integer_reference.py in C.
 *
 * Fractional bits: sums before tanh 11, of tanh 15, logits 10, shares and roots 15, logarithms of two 12. Whoever links none of these pays for
 * none of the tables. Left out: floats.
 */
#ifndef SAFU_TABLES_H
#define SAFU_TABLES_H

#include <stdint.h>

enum { SAFU_MAX_WORDS = 64, SAFU_ONE = 1 << 15 };

/* tanh of a sum from -32768 to 32767. */
int32_t safu_tanh(int32_t sum);

/* exp of minus `behind`, the distance of a logit from the greatest: 0 to 32767. */
int32_t safu_exp(uint32_t behind);

/* 1 / sqrt(words); of no words that of one, of more than SAFU_MAX_WORDS that of so many. */
int32_t safu_root(uint32_t words);

/* log2 of 1 to 2^31 - 1. */
int32_t safu_log2(uint32_t value);

/* value / 2^bits, 1 <= bits <= 62, rounded to nearest, halves up. */
int64_t safu_shift(int64_t value, uint32_t bits);

/* value times a real factor: a multiplier of 15 bits and, 16 bits to the left of it, a shift. */
int64_t safu_times(int64_t value, uint32_t factor);

/* Whether a factor can be used: shifts are from 1 to 46. */
int safu_is_factor(uint32_t factor);

#endif
