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

/* One in SAFU_REFUSED may be refused, what is below SAFU_LEAST_MARGIN always, and above SAFU_MOST_MARGIN nothing. The
 * lowest of a few is no twentieth of many: half of it is enough. */
int32_t safu_threshold_margin(const safu_threshold *threshold)
{
    int16_t ranked[SAFU_REMEMBERED];
    for (uint32_t count = 0; count < threshold->known; count++) {
        uint32_t at = count;
        for (; at > 0 && ranked[at - 1] > threshold->margins[count]; at--)
            ranked[at] = ranked[at - 1];
        ranked[at] = threshold->margins[count];
    }
    if (threshold->known == 0)
        return SAFU_LEAST_MARGIN;
    const int32_t margin =
        threshold->known < SAFU_REFUSED ? ranked[0] >> 1 : ranked[threshold->known / SAFU_REFUSED];
    return safu_within(margin, SAFU_LEAST_MARGIN, SAFU_MOST_MARGIN);
}
