#include "safu_rejection.h"

#include "safu_arithmetic.h"

void safu_threshold_learn_one(safu_threshold *threshold, int32_t margin)
{
    if (threshold->known == SAFU_REMEMBERED) {
        threshold->known--;
        for (uint32_t at = 0; at < threshold->known; at++)
            threshold->margins[at] = threshold->margins[at + 1];
    }
    threshold->margins[threshold->known++] = (int16_t)safu_within(margin, INT16_MIN, INT16_MAX);
}

int32_t safu_threshold_margin(const safu_threshold *threshold)
{
    const int32_t known = threshold->known;
    int32_t sum = 0, apart = 0;
    if (known < SAFU_FEWEST)
        return 0;
    for (int32_t at = 0; at < known; at++)
        sum += threshold->margins[at];
    const int32_t mean = safu_floor_divide(sum, known);
    for (int32_t at = 0; at < known; at++)
        apart += threshold->margins[at] > mean ? threshold->margins[at] - mean : mean - threshold->margins[at];
    return mean - SAFU_DEVIATIONS * (apart / known);
}
