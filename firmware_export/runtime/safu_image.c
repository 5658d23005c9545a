#include "safu_image.h"

#include <stdbool.h>

#include "safu_text.h"

/* Words of the head: magic, version, size, CRC of what follows it, kind, number of sections. */
enum { MAGIC, VERSION, SIZE, CRC, KIND, SECTIONS, HEAD };

static const uint32_t magic = 0x55464153; /* "SAFU" */

static bool is_inside(const uint32_t *words)
{
    const uint32_t size = words[SIZE], sections = words[SECTIONS];
    if (sections > (size / 4 - HEAD) / 2)
        return false;
    for (uint32_t at = HEAD; at < HEAD + 2 * sections; at += 2)
        if (words[at] % 4 != 0 || words[at] > size || words[at + 1] > size - words[at])
            return false;
    return true;
}

safu_status safu_open(safu_image *image, const void *bytes, size_t size)
{
    const uint32_t *words = bytes;
    if ((uintptr_t)bytes % 4 != 0)
        return SAFU_MISALIGNED;
    if (size < 4 * HEAD || words[MAGIC] != magic)
        return SAFU_NOT_AN_IMAGE;
    if (words[VERSION] != SAFU_IMAGE_VERSION)
        return SAFU_OTHER_VERSION;
    if (words[SIZE] > size)
        return SAFU_TRUNCATED;
    if (words[SIZE] < 4 * HEAD || safu_crc32(0, words + KIND, words[SIZE] - 4 * KIND) != words[CRC] || !is_inside(words))
        return SAFU_DAMAGED;
    *image = (safu_image){words, words[SIZE], words[KIND], words[SECTIONS]};
    return SAFU_OK;
}

uint32_t safu_section_size(const safu_image *image, uint32_t number)
{
    return number < image->sections ? image->words[HEAD + 2 * number + 1] : 0;
}

const void *safu_section(const safu_image *image, uint32_t number, uint64_t size)
{
    if (number >= image->sections || safu_section_size(image, number) != size)
        return NULL;
    return image->words + image->words[HEAD + 2 * number] / 4;
}
