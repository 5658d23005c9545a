#include "safu_bag.h"

#if defined(__ARM_FEATURE_SIMD32) && !defined(SAFU_PORTABLE)
#include <arm_acle.h>
#define EVEN_BYTES(lanes, word) __uxtab16(lanes, word)
#else
#define EVEN_BYTES(lanes, word) ((lanes) + ((word) & 0x00ff00ff))
#endif

void safu_bag_add(uint32_t *lanes, const uint32_t *one, const uint32_t *other, uint32_t fours)
{
    for (; fours > 0; fours--, lanes += 2) {
        const uint32_t a = *one++, b = *other++;
        lanes[0] = EVEN_BYTES(EVEN_BYTES(lanes[0], a), b);
        lanes[1] = EVEN_BYTES(EVEN_BYTES(lanes[1], a >> 8), b >> 8);
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
