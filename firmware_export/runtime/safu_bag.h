/* Sums of rows of bytes, four bytes at a time in two words of 16-bit lanes: the input layer of a bag of features.
 *
 * The bytes have no sign, so that no lane borrows from its neighbour; 256 rows fill a lane at most. Portable C; where
 * there are DSP instructions one of them takes two bytes out of a word and adds them. Left out: what the bytes mean.
 */
#ifndef SAFU_BAG_H
#define SAFU_BAG_H

#include <stdint.h>

enum { SAFU_BAG_MOST = 256 };

/* lanes += one + other: `fours` words of each row, two words of lanes for each. */
void safu_bag_add(uint32_t *lanes, const uint32_t *one, const uint32_t *other, uint32_t fours);

/* sums += lanes, and lanes = 0: four sums for two words of lanes. */
void safu_bag_empty(uint32_t *sums, uint32_t *lanes, uint32_t fours);

#endif
