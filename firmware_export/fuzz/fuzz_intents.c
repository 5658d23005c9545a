/* Any bytes as lines for a right model, and as models for a right line: no undefined behaviour, whatever they are.
 *
 * The first byte chooses. A model's magic, version and checksum are put right first, or nothing behind them would ever
 * be read. */
#include <stdlib.h>
#include <string.h>

#include "safu.h"
#include "safu_model.h"

static void converse(const safu_intents *model, const uint8_t *line, size_t size)
{
    const size_t bytes = safu_sentence_bytes(model);
    uint32_t *memory = malloc(bytes);
    int32_t *logits = malloc(sizeof(int32_t) * model->actions);
    safu_word left = {line, size}, word;
    safu_sentence sentence;
    const char *name;
    if (safu_sentence_begin(&sentence, model, memory, bytes) != SAFU_OK)
        abort();
    while (safu_next_word(&left, &word)) {
        safu_hear(&sentence, word);
        if (sentence.words % 8 == 1)
            safu_answer(&sentence, false, logits);
    }
    safu_answer(&sentence, true, logits);
    const safu_choice best = safu_best(logits, model->actions);
    if (best.share > SAFU_ONE || safu_action(model, best.action, &name) != SAFU_OK || strlen(name) > SAFU_MODEL_SIZE)
        abort();
    free(logits);
    free(memory);
}

static void read_image(const uint8_t *data, size_t size)
{
    static const uint8_t line[] = "turn on the lamp";
    uint32_t *image = malloc(size + 1);
    safu_intents model;
    memcpy(image, data, size);
    if (size >= 24) {
        image[0] = safu_model[0];
        image[1] = safu_model[1];
        image[2] = image[2] > size ? (uint32_t)size : image[2];
        image[3] = image[2] < 16 ? 0 : safu_crc32(0, image + 4, image[2] - 16);
    }
    if (safu_intents_open(&model, image, size) == SAFU_OK)
        converse(&model, line, sizeof line - 1);
    free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    safu_intents model;
    if (size == 0)
        return 0;
    if (data[0] & 1)
        read_image(data + 1, size - 1);
    else if (safu_intents_open(&model, safu_model, SAFU_MODEL_SIZE) == SAFU_OK)
        converse(&model, data + 1, size - 1);
    return 0;
}
