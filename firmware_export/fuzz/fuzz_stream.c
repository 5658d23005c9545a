/* Any bytes as a model of tokens, and any tokens for it: no undefined behaviour, whatever they are.
 *
 * Magic, version and checksum are put right first, or nothing behind them would ever be read. Tokens come last. */
#include <stdlib.h>
#include <string.h>

#include "safu.h"

enum { TOKENS = 24, MOST_MEMORY = 1 << 20 };

static void listen(safu_stream *stream, const uint8_t *tokens)
{
    const size_t bytes = safu_stream_bytes(stream);
    if (bytes > MOST_MEMORY)
        return;
    uint32_t *memory = malloc(bytes);
    int32_t logits[4];
    if (safu_stream_begin(stream, memory, bytes) != SAFU_OK)
        abort();
    for (int token = 0; token < TOKENS; token++) {
        const safu_status status = safu_stream_step(stream, tokens[token]);
        if (status != (tokens[token] < stream->vocabulary ? SAFU_OK : SAFU_OUT_OF_RANGE))
            abort();
        if (safu_stream_best(stream) >= stream->output.rows)
            abort();
        safu_stream_four_logits(stream, 0, logits);
    }
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    safu_stream stream;
    if (size < 24 + TOKENS)
        return 0;
    size -= TOKENS;
    uint32_t *image = malloc(size);
    memcpy(image, data, size);
    memcpy(image, "SAFU\1\0\0\0", 8);
    image[2] = image[2] > size ? (uint32_t)size : image[2];
    image[3] = image[2] < 16 ? 0 : safu_crc32(0, image + 4, image[2] - 16);
    if (safu_stream_open(&stream, image, size) == SAFU_OK)
        listen(&stream, data + size);
    free(image);
    return 0;
}
