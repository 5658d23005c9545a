/* How much better than the background is enough, learned from lessons: device/acoustic/rejection.py in C. */
#ifndef SAFU_REJECTION_H
#define SAFU_REJECTION_H

#include <stdint.h>

#include "safu_acoustic.h"

/* The margins of the newest lessons, each as it was before the lesson was counted; part of the state. */
typedef struct safu_threshold {
    int16_t margins[SAFU_REMEMBERED]; /* oldest first */
    uint8_t known, zero;
} safu_threshold;

void safu_threshold_learn_one(safu_threshold *threshold, int32_t margin);

/* Less than this is not enough. */
int32_t safu_threshold_margin(const safu_threshold *threshold);

#endif
