// Type a command into the serial monitor; what it means comes back, and how likely that is, of 32768.
#include <safu.h>
#include <safu_model.h>

static uint32_t memory[SAFU_MODEL_MEMORY / 4];
static int32_t logits[SAFU_MODEL_ACTIONS];
static safu_intents model;
static safu_sentence sentence;

void setup()
{
    Serial.begin(115200);
    const safu_status status = safu_intents_open(&model, safu_model, SAFU_MODEL_SIZE);
    if (status != SAFU_OK)
        Serial.println(safu_status_text(status));
}

void loop()
{
    static char line[128];
    const size_t size = Serial.readBytesUntil('\n', line, sizeof line);
    if (size == 0)
        return;
    safu_word left = {(const uint8_t *)line, size}, word;
    safu_sentence_begin(&sentence, &model, memory, sizeof memory);
    while (safu_next_word(&left, &word))
        safu_hear(&sentence, word);
    safu_answer(&sentence, true, logits);
    const safu_choice best = safu_best(logits, SAFU_MODEL_ACTIONS);
    const char *action;
    safu_action(&model, best.action, &action);
    Serial.print(action);
    Serial.print(' ');
    Serial.println(best.share);
}
