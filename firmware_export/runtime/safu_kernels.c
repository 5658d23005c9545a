/* Products of int8 weights and int16 activations: see safu_kernels.h. Compile at -O2.
 *
 * A half word of weights is 256 b + a, of two rows a (stored 128 too high) and b. `raw` sums half words times x and
 * `high` their upper bytes times x, modulo 2^32; row b is `high`, row a is `raw - 256 high - excess`. */
#include "safu_kernels.h"

#include <stddef.h>

#if !defined(SAFU_PORTABLE) && defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
#define SAFU_DSP
#elif !defined(SAFU_PORTABLE) && defined(__ARM_ARCH_6M__)
#define SAFU_ARMV6M
#endif
#if defined(SAFU_DSP) || defined(SAFU_ARMV6M)
#pragma GCC diagnostic ignored "-Wunused-parameter" /* assembly takes them from r0 to r3 and the stack */
#endif

int32_t safu_excess(const int16_t *x, uint32_t columns)
{
    int32_t sum = 0;
    for (uint32_t column = 0; column < columns; column++)
        sum += x[column];
    return (int32_t)((uint32_t)sum << 7);
}

#if defined(SAFU_DSP)

/* Four columns: x in r8 and r9, weights in r10, r11, r12, r14. SMLAD multiplies both halves of two words and adds. */
#define SAFU_FOUR_COLUMNS          \
    "ldm r1!, {r8, r9}\n"          \
    "ldm r0!, {r10, r11, r12, lr}\n" \
    "smlad r4, r10, r8, r4\n"      \
    "smlad r6, r11, r8, r6\n"      \
    "smlad r4, r12, r9, r4\n"      \
    "smlad r6, lr, r9, r6\n"       \
    "sxtb16 r10, r10, ror #8\n"    \
    "sxtb16 r11, r11, ror #8\n"    \
    "sxtb16 r12, r12, ror #8\n"    \
    "sxtb16 lr, lr, ror #8\n"      \
    "smlad r5, r10, r8, r5\n"      \
    "smlad r7, r11, r8, r7\n"      \
    "smlad r5, r12, r9, r5\n"      \
    "smlad r7, lr, r9, r7\n"

/* Four rows over all columns from r1 to r2: r4 to r7, which begin with the excess in r4, end as four sums. */
#define SAFU_ALL_COLUMNS \
    "1: sub r3, r2, #32\n" \
    "mov r6, r4\n" \
    "movs r5, #0\n" \
    "movs r7, #0\n" \
    "cmp r1, r3\n" \
    "bhi 3f\n" \
    "2:\n" SAFU_FOUR_COLUMNS SAFU_FOUR_COLUMNS SAFU_FOUR_COLUMNS SAFU_FOUR_COLUMNS \
    "cmp r1, r3\n" \
    "bls 2b\n" \
    "3: cmp r1, r2\n" \
    "beq 5f\n" \
    "4:\n" SAFU_FOUR_COLUMNS \
    "cmp r1, r2\n" \
    "bne 4b\n" \
    "5: sub r4, r4, r5, lsl #8\n" \
    "sub r6, r6, r7, lsl #8\n"

/* r4, r6: raw; r5, r7: high; r2: the end of x; r3: 16 columns before it. On the stack where x begins, the excess
 * below 0, where sums go, and where they end. */
__attribute__((naked)) void safu_rows(const uint8_t *weights, const int16_t *x, uint32_t columns, int32_t excess,
                                      int32_t *sums, uint32_t rows)
{
    __asm__ volatile("push {r4-r11, lr}\n"
                     "rsb r4, r3, #0\n"
                     "ldrd r5, r6, [sp, #36]\n"
                     "add r6, r5, r6, lsl #2\n"
                     "mov r3, r1\n"
                     "push {r3-r6}\n"
                     "add r2, r1, r2, lsl #1\n"
                     SAFU_ALL_COLUMNS
                     "ldr r3, [sp, #8]\n"
                     "stm r3!, {r4-r7}\n"
                     "ldm sp, {r1, r4}\n"
                     "strd r4, r3, [sp, #4]\n"
                     "ldr r5, [sp, #12]\n"
                     "cmp r3, r5\n"
                     "bne 1b\n"
                     "add sp, #16\n"
                     "pop {r4-r11, pc}\n");
}

/* What a row comes to, and whether that is higher than all before: in r11. r8: multipliers, r9: biases, r3: half, r10:
 * shift, r12: the first of four rows. */
#define SAFU_ROW(sum, one)      \
    "ldrb lr, [r8], #1\n"       \
    "mla " sum ", " sum ", lr, r3\n" \
    "asr " sum ", " sum ", r10\n" \
    "ldrsh lr, [r9], #2\n"      \
    "add " sum ", lr\n"         \
    "cmp " sum ", r11\n"        \
    "bgt 1" one "f\n"           \
    "2" one ":\n"

/* It is; unless it is padding. */
#define SAFU_HIGHER(sum, one)   \
    "1" one ": add lr, r12, #" one "\n" \
    "ldr r2, [sp, #36]\n"       \
    "cmp lr, r2\n"              \
    "itt lo\n"                  \
    "movlo r11, " sum "\n"      \
    "strlo lr, [sp, #28]\n"     \
    "ldr r2, [sp, #40]\n"       \
    "b 2" one "b\n"

typedef char safu_layer_is_as_assembly_has_it
    [offsetof(safu_layer, bias) == 8 && offsetof(safu_layer, columns) == 14 && offsetof(safu_layer, shift) == 16 ? 1 : -1];

/* As safu_rows, but what sums come to never leaves registers. On the stack what they end with, r1 to r12, and from 28 on
 * the best row, the excess below 0, the number of rows, and the end of x. */
__attribute__((naked)) uint32_t safu_greatest(const safu_layer *layer, const int16_t *x, int32_t excess)
{
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #44\n"
                     "rsb r4, r2, #0\n"
                     "ldrd r8, r9, [r0, #4]\n"
                     "ldrh r5, [r0, #12]\n"
                     "ldrh r6, [r0, #14]\n"
                     "ldrb r10, [r0, #16]\n"
                     "ldr r0, [r0]\n"
                     "movs r3, #1\n"
                     "lsl r3, r3, r10\n"
                     "lsr r3, r3, #1\n"
                     "mov r11, #0x80000000\n"
                     "mov r12, #0\n"
                     "add r2, r1, r6, lsl #1\n"
                     "stm sp, {r1, r3, r8-r12}\n"
                     "str r12, [sp, #28]\n"
                     "strd r4, r5, [sp, #32]\n"
                     "str r2, [sp, #40]\n"
                     SAFU_ALL_COLUMNS
                     "ldm sp, {r1, r3, r8-r12}\n"
                     SAFU_ROW("r4", "0") SAFU_ROW("r5", "1") SAFU_ROW("r6", "2") SAFU_ROW("r7", "3")
                     "add r12, #4\n"
                     "strd r8, r9, [sp, #8]\n"
                     "strd r11, r12, [sp, #20]\n"
                     "ldrd r4, r5, [sp, #32]\n"
                     "cmp r12, r5\n"
                     "blo 1b\n"
                     "ldr r0, [sp, #28]\n"
                     "add sp, #44\n"
                     "pop {r4-r11, pc}\n"
                     SAFU_HIGHER("r4", "0") SAFU_HIGHER("r5", "1") SAFU_HIGHER("r6", "2") SAFU_HIGHER("r7", "3"));
}

/* SXTB16 spreads two of four bytes to half words, of both vectors the same two. */
__attribute__((naked)) int32_t safu_dot(const int8_t *a, const int8_t *b, uint32_t columns)
{
    __asm__ volatile("push {r4-r7, lr}\n"
                     "add r2, r0, r2\n"
                     "movs r3, #0\n"
                     "1: ldr r4, [r0], #4\n"
                     "ldr r5, [r1], #4\n"
                     "sxtb16 r6, r4\n"
                     "sxtb16 r7, r5\n"
                     "smlad r3, r6, r7, r3\n"
                     "sxtb16 r6, r4, ror #8\n"
                     "sxtb16 r7, r5, ror #8\n"
                     "smlad r3, r6, r7, r3\n"
                     "cmp r0, r2\n"
                     "bne 1b\n"
                     "mov r0, r3\n"
                     "pop {r4-r7, pc}\n");
}

#elif defined(SAFU_ARMV6M)

/* Two columns of two rows: weights in r2 or r3, x in r5 and r4; `raw` and `high` in high registers. */
#define SAFU_WORD(word, raw, high) \
    "asrs r6, " word ", #16\n"     \
    "muls r6, r4\n"                \
    "add " raw ", r6\n"            \
    "asrs r7, " word ", #24\n"     \
    "muls r7, r4\n"                \
    "add " high ", r7\n"           \
    "sxth " word ", " word "\n"    \
    "asrs r6, " word ", #8\n"      \
    "muls " word ", r5\n"          \
    "add " raw ", " word "\n"      \
    "muls r6, r5\n"                \
    "add " high ", r6\n"
#define SAFU_TWO_COLUMNS     \
    "ldm r1!, {r4}\n"        \
    "ldm r0!, {r2, r3}\n"    \
    "sxth r5, r4\n"          \
    "asrs r4, r4, #16\n"     \
    SAFU_WORD("r2", "r8", "r9") SAFU_WORD("r3", "r10", "r11")

/* r8, r10: raw; r9, r11: high; r12: the end of x. On the stack where x begins, the excess below 0, where sums go, and
 * where they end. */
__attribute__((naked)) void safu_rows(const uint8_t *weights, const int16_t *x, uint32_t columns, int32_t excess,
                                      int32_t *sums, uint32_t rows)
{
    __asm__ volatile(".syntax unified\n"
                     "push {r4-r7, lr}\n"
                     "mov r4, r8\n"
                     "mov r5, r9\n"
                     "mov r6, r10\n"
                     "mov r7, r11\n"
                     "push {r4-r7}\n"
                     "rsbs r4, r3, #0\n"
                     "mov r3, r1\n"
                     "ldr r5, [sp, #36]\n"
                     "ldr r6, [sp, #40]\n"
                     "lsls r6, r6, #2\n"
                     "adds r6, r5\n"
                     "push {r3-r6}\n"
                     "lsls r2, r2, #1\n"
                     "adds r2, r1\n"
                     "mov r12, r2\n"
                     "1: mov r8, r4\n"
                     "mov r10, r4\n"
                     "movs r3, #0\n"
                     "mov r9, r3\n"
                     "mov r11, r3\n"
                     "2:\n" SAFU_TWO_COLUMNS SAFU_TWO_COLUMNS
                     "cmp r1, r12\n"
                     "bne 2b\n"
                     "mov r4, r8\n"
                     "mov r5, r9\n"
                     "lsls r3, r5, #8\n"
                     "subs r4, r3\n"
                     "mov r6, r10\n"
                     "mov r7, r11\n"
                     "lsls r3, r7, #8\n"
                     "subs r6, r3\n"
                     "ldr r3, [sp, #8]\n"
                     "stm r3!, {r4-r7}\n"
                     "str r3, [sp, #8]\n"
                     "ldr r1, [sp]\n"
                     "ldr r4, [sp, #4]\n"
                     "ldr r5, [sp, #12]\n"
                     "cmp r3, r5\n"
                     "bne 1b\n"
                     "add sp, #16\n"
                     "pop {r4-r7}\n"
                     "mov r8, r4\n"
                     "mov r9, r5\n"
                     "mov r10, r6\n"
                     "mov r11, r7\n"
                     "pop {r4-r7, pc}\n");
}

#else

/* One product after the other keeps the sums in registers, and lets a compiler multiply and add at once. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-reassoc", "no-schedule-insns")
#endif
#define SAFU_COLUMN(at)                                             \
    do {                                                            \
        const uint32_t here = (uint32_t)(int32_t)*x++;              \
        a += weights[at] * here;                                    \
        b += (uint32_t)(int32_t)(int8_t)weights[(at) + 1] * here;   \
        c += weights[(at) + 4] * here;                              \
        d += (uint32_t)(int32_t)(int8_t)weights[(at) + 5] * here;   \
    } while (0)
#define SAFU_FOUR_COLUMNS \
    do {                  \
        SAFU_COLUMN(0);   \
        SAFU_COLUMN(2);   \
        SAFU_COLUMN(8);   \
        SAFU_COLUMN(10);  \
        weights += 16;    \
    } while (0)

static void four_rows(const uint8_t *weights, const int16_t *x, uint32_t columns, int32_t excess, int32_t *sums)
{
    uint32_t a = 0, b = 0, c = 0, d = 0;
    if (columns % 8 != 0) {
        SAFU_FOUR_COLUMNS;
        columns -= 4;
    }
    for (const int16_t *end = x + columns; x != end;) {
        SAFU_FOUR_COLUMNS;
        SAFU_FOUR_COLUMNS;
    }
    sums[0] = (int32_t)(a - (uint32_t)excess);
    sums[1] = (int32_t)b;
    sums[2] = (int32_t)(c - (uint32_t)excess);
    sums[3] = (int32_t)d;
}

void safu_rows(const uint8_t *weights, const int16_t *x, uint32_t columns, int32_t excess, int32_t *sums,
               uint32_t rows)
{
    for (uint32_t row = 0; row < rows; row += 4)
        four_rows(weights + row * columns, x, columns, excess, sums + row);
}

#endif

#if !defined(SAFU_DSP)

/* The comparison is what most rows come to; where a row is higher, one more looks whether it is padding. */
#define SAFU_CONSIDER(one)                                                      \
    do {                                                                        \
        const uint32_t scaled = (uint32_t)sums[at + one] * multipliers[one] + half; \
        const int32_t end = ((int32_t)scaled >> shift) + bias[one];             \
        if (end > highest && row + at + one < rows) {                           \
            highest = end;                                                      \
            best = row + at + one;                                              \
        }                                                                       \
    } while (0)

uint32_t safu_greatest(const safu_layer *layer, const int16_t *x, int32_t excess)
{
    const uint8_t *multipliers = layer->multipliers;
    const int16_t *bias = layer->bias;
    const uint32_t rows = layer->rows, shift = layer->shift, half = 1u << shift >> 1;
    uint32_t best = 0;
    int32_t highest = INT32_MIN;
    for (uint32_t row = 0; row < rows; row += SAFU_AT_ONCE) {
        int32_t sums[SAFU_AT_ONCE];
        const uint32_t left = (rows - row + 3) & ~3u, count = left < SAFU_AT_ONCE ? left : SAFU_AT_ONCE;
        safu_rows(layer->weights + row * layer->columns, x, layer->columns, excess, sums, count);
        for (uint32_t at = 0; at < count; at += 4, multipliers += 4, bias += 4) {
            SAFU_CONSIDER(0);
            SAFU_CONSIDER(1);
            SAFU_CONSIDER(2);
            SAFU_CONSIDER(3);
        }
    }
    return best;
}

int32_t safu_dot(const int8_t *a, const int8_t *b, uint32_t columns)
{
    int32_t sum = 0;
    for (uint32_t column = 0; column < columns; column += 4, a += 4, b += 4)
        sum += a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
    return sum;
}

#endif
