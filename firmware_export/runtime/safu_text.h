/* Text as bytes: words of a line, and the CRC-32 of each feature of a word. The same as `device/safu/text.py`.
 *
 * ASCII upper case is lowered; bytes up to 0x20, and 0x7f, separate words; pieces are cut before bytes that are no
 * UTF-8 continuation. No text is an error.
 */
#ifndef SAFU_TEXT_H
#define SAFU_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Part of a line, not ended by a zero. */
typedef struct safu_word {
    const uint8_t *bytes;
    size_t size;
} safu_word;

/* Takes the next word off the line; false if there is none. */
bool safu_next_word(safu_word *line, safu_word *word);

/* Called with the CRC of each feature; `to` is what the caller gave. */
typedef void safu_each_feature(void *to, uint32_t digest);

/* What a sentence begins with, as `before` of its first word. */
uint32_t safu_beginning(void);

/* Calls `each` with the features of one more word, in order; returns `before` for the word after it. */
uint32_t safu_features(uint32_t before, safu_word word, safu_each_feature *each, void *to);

/* The feature of a sentence that ends after the word that gave `before`. */
uint32_t safu_ending(uint32_t before);

/* CRC-32 (that of zlib) of `crc`'s bytes and these after them; `crc` is 0 where there are none before. */
uint32_t safu_crc32(uint32_t crc, const void *bytes, size_t size);

#endif
