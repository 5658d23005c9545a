#include "safu_bag.h"

/* Four words of lanes at once where an instruction takes two bytes out of a word and adds them to two lanes. */
#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && !defined(SAFU_PORTABLE)
static uint32_t add_eight_bytes(uint32_t **lanes, const uint32_t **one, const uint32_t **other, uint32_t fours)
{
    for (; fours >= 2; fours -= 2)
        __asm__ volatile("ldm %1!, {r4, r5}\n"
                "ldm %2!, {r6, r8}\n"
                "ldm %0, {r9, r10, r12, lr}\n"
                "uxtab16 r9, r9, r4\n"
                "uxtab16 r10, r10, r4, ror #8\n"
                "uxtab16 r12, r12, r5\n"
                "uxtab16 lr, lr, r5, ror #8\n"
                "uxtab16 r9, r9, r6\n"
                "uxtab16 r10, r10, r6, ror #8\n"
                "uxtab16 r12, r12, r8\n"
                "uxtab16 lr, lr, r8, ror #8\n"
                "stm %0!, {r9, r10, r12, lr}\n"
                : "+r"(*lanes), "+r"(*one), "+r"(*other)
                :
                : "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "memory");
    return fours;
}
#else
static uint32_t add_eight_bytes(uint32_t **lanes, const uint32_t **one, const uint32_t **other, uint32_t fours)
{
    (void)lanes, (void)one, (void)other;
    return fours;
}
#endif

void safu_bag_add(uint32_t *lanes, const uint32_t *one, const uint32_t *other, uint32_t fours)
{
    const uint32_t even = 0x00ff00ff;
    fours = add_eight_bytes(&lanes, &one, &other, fours);
    for (; fours > 0; fours--, lanes += 2) {
        const uint32_t a = *one++, b = *other++;
        lanes[0] += (a & even) + (b & even);
        lanes[1] += (a >> 8 & even) + (b >> 8 & even);
    }
}

void safu_bag_empty(uint32_t *sums, uint32_t *lanes, uint32_t fours)
{
    for (; fours > 0; fours--, sums += 4, lanes += 2) {
        sums[0] += lanes[0] & 0xffff;
        sums[1] += lanes[1] & 0xffff;
        sums[2] += lanes[0] >> 16;
        sums[3] += lanes[1] >> 16;
        lanes[0] = lanes[1] = 0;
    }
}
