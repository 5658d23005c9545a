#include "safu_text.h"

enum { SHORTEST_PIECE = 3, LONGEST_PIECE = 5 };

/* Of half a byte: 64 bytes of flash instead of 1024. */
static const uint32_t half_bytes[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

/* The register of a CRC, its complement, after one more byte. */
static uint32_t after(uint32_t reg, uint32_t byte)
{
    reg ^= byte;
    reg = (reg >> 4) ^ half_bytes[reg & 15];
    return (reg >> 4) ^ half_bytes[reg & 15];
}

uint32_t safu_crc32(uint32_t crc, const void *bytes, size_t size)
{
    uint32_t reg = ~crc;
    for (const uint8_t *at = bytes; size > 0; size--)
        reg = after(reg, *at++);
    return ~reg;
}

static bool separates(uint8_t byte)
{
    return byte <= 0x20 || byte == 0x7f;
}

static uint8_t lowered(uint8_t byte)
{
    return (uint8_t)(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
}

bool safu_next_word(safu_word *line, safu_word *word)
{
    for (; line->size > 0 && separates(*line->bytes); line->size--)
        line->bytes++;
    word->bytes = line->bytes;
    for (; line->size > 0 && !separates(*line->bytes); line->size--)
        line->bytes++;
    word->size = (size_t)(line->bytes - word->bytes);
    return word->size > 0;
}

uint32_t safu_beginning(void)
{
    return safu_crc32(0, "<s> ", 4);
}

uint32_t safu_ending(uint32_t before)
{
    return safu_crc32(before, "</s>", 4);
}

/* Byte `at` of "<word>". */
static uint8_t marked(safu_word word, size_t at)
{
    return at == 0 ? '<' : at > word.size ? '>' : lowered(word.bytes[at - 1]);
}

/* Whether a letter begins at byte `at` of "<word>", or nothing more comes. */
static bool is_edge(safu_word word, size_t at)
{
    return at == 0 || at > word.size || (word.bytes[at - 1] & 0xc0) != 0x80;
}

/* The pieces that begin with byte `at` of "<word>": three, four and five letters, as far as there are so many. */
static void pieces(safu_word word, size_t at, safu_each_feature *each, void *to)
{
    uint32_t reg = after(~UINT32_C(0), '#');
    for (int letters = 1; letters <= LONGEST_PIECE && at < word.size + 2; letters++) {
        do
            reg = after(reg, marked(word, at++));
        while (!is_edge(word, at));
        if (letters >= SHORTEST_PIECE)
            each(to, ~reg);
    }
}

uint32_t safu_features(uint32_t before, safu_word word, safu_each_feature *each, void *to)
{
    uint32_t alone = ~UINT32_C(0), pair = ~before;
    for (size_t at = 0; at < word.size; at++) {
        const uint8_t byte = lowered(word.bytes[at]);
        alone = after(alone, byte);
        pair = after(pair, byte);
    }
    each(to, ~alone);
    each(to, ~pair);
    for (size_t at = 0; at < word.size + 2; at++)
        if (is_edge(word, at))
            pieces(word, at, each, to);
    return ~after(alone, ' ');
}
