// Type words into the serial monitor, each with a space or a new line after it; what comes next comes back.
#include <safu.h>
#include <safu_model.h>
#include <string.h>

static uint32_t memory[SAFU_MODEL_MEMORY / 4];
static safu_stream stream;

static uint32_t token_of(const char *word)
{
    uint32_t token = 0;
    while (token < SAFU_MODEL_TOKENS && strcmp(safu_tokens[token], word) != 0)
        token++;
    return token < SAFU_MODEL_TOKENS ? token : (uint32_t)SAFU_MODEL_UNKNOWN;
}

void setup()
{
    Serial.begin(115200);
    safu_status status = safu_stream_open(&stream, safu_model, SAFU_MODEL_SIZE);
    if (status == SAFU_OK)
        status = safu_stream_begin(&stream, memory, sizeof memory);
    if (status != SAFU_OK)
        Serial.println(safu_status_text(status));
}

void loop()
{
    static char word[64];
    static size_t size;
    char next;
    if (Serial.readBytes(&next, 1) == 0)
        return;
    if ((unsigned char)next > ' ') {
        if (size < sizeof word - 1)
            word[size++] = next;
        return;
    }
    word[size] = 0;
    if (size > 0 && safu_stream_step(&stream, token_of(word)) == SAFU_OK)
        Serial.println(safu_outputs[safu_stream_best(&stream)]);
    size = 0;
}
