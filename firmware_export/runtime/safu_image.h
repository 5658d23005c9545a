/* A model as one block of bytes, used where it lies: device/safu/image.py tells the format.
 *
 * safu_open checks everything once, so that nothing after it needs to. Chips are little-endian. Left out: what the
 * sections hold, which is the business of each kind (safu_intents.h, safu_stream.h), and signatures.
 */
#ifndef SAFU_IMAGE_H
#define SAFU_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "safu_status.h"

enum { SAFU_IMAGE_VERSION = 1, SAFU_INTENTS = 1, SAFU_STREAM = 2 };

typedef struct safu_image {
    const uint32_t *words;
    uint32_t size; /* bytes */
    uint32_t kind;
    uint32_t sections;
} safu_image;

/* The image at the beginning of `size` bytes. SAFU_MISALIGNED, SAFU_NOT_AN_IMAGE, SAFU_OTHER_VERSION, SAFU_TRUNCATED or
 * SAFU_DAMAGED if there is none. */
safu_status safu_open(safu_image *image, const void *bytes, size_t size);

/* A section, aligned to four bytes; NULL if there is none of that number or it has not just so many bytes. */
const void *safu_section(const safu_image *image, uint32_t number, uint64_t size);

/* Bytes of a section; 0 if there is none of that number. */
uint32_t safu_section_size(const safu_image *image, uint32_t number);

#endif
