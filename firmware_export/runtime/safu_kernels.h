/* Products of int8 weights and int16 activations: all the time that a model takes.
 *
 * Weights are as device/safu/interleaved.py lays them out: four rows together, two rows and two columns in a word.
 * Portable C; on cores with DSP instructions (Cortex-M4, M7, M33) and on ARMv6-M (Cortex-M0) assembly beside it, with
 * the same answers. SAFU_PORTABLE, defined, leaves the assembly out. Left out: what rows are there for.
 */
#ifndef SAFU_KERNELS_H
#define SAFU_KERNELS_H

#include <stdint.h>

/* Rows whose sums are on the stack at once. */
enum { SAFU_AT_ONCE = 16 };

/* Rows that end in ((weights x) multiplier + half >> shift) + bias: device/safu/integer_stream.py. */
typedef struct safu_layer {
    const uint8_t *weights; /* interleaved */
    const uint8_t *multipliers;
    const int16_t *bias;
    uint16_t rows, columns; /* the columns padded to a multiple of 4 */
    uint8_t shift;
} safu_layer;

/* 128 times the sum of x: what is too much in every sum of interleaved weights. */
int32_t safu_excess(const int16_t *x, uint32_t columns);

/* Rows of weights times x, a multiple of 4 of them. `columns` is a multiple of 4 and not 0; weights and x are aligned to
 * 4 bytes, and the excess is that of x. Sums are exact modulo 2^32: that they fit is proven when a model is made. */
void safu_rows(const uint8_t *weights, const int16_t *x, uint32_t columns, int32_t excess, int32_t *sums,
               uint32_t rows);

/* The row of a layer that ends highest, the first of equals. There is one at least. */
uint32_t safu_greatest(const safu_layer *layer, const int16_t *x, int32_t excess);

/* The inner product of two vectors that are not interleaved; aligned and padded alike. */
int32_t safu_dot(const int8_t *a, const int8_t *b, uint32_t columns);

#endif
