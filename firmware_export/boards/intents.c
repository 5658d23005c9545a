/* A firmware that hears commands: a sentence a line, answered by what it means.
 *
 * "turn on the lamp" is answered with the share of 2^15 and the name of the likeliest action. "=turn on the lamp" with
 * the little-endian int32 logits of all actions after every word, and after the end of the line. "?" with the bytes of
 * stack that were ever used. Of a longer line the first SAFU_LINE_BYTES count. What is measured is all that a
 * sentence takes from its first word to the likeliest action, but for waiting for bytes. */
#include "console.h"
#include "port.h"
#include "safu_intents.h"
#include "safu_tables.h"
#include "start.h"

extern const uint8_t safu_model[], safu_model_end[];

static safu_intents model;
static safu_sentence sentence;
static uint32_t memory[SAFU_MEMORY_BYTES / 4];
static int32_t logits[SAFU_ACTIONS];
static uint8_t line[SAFU_LINE_BYTES];

static void say_logits(bool ended)
{
    safu_answer(&sentence, ended, logits);
    port_write(logits, 4 * model.actions);
}

/* All logits, word by word. */
static void tell(safu_word left)
{
    safu_word word;
    safu_sentence_begin(&sentence, &model, memory, sizeof memory);
    while (sentence.words < SAFU_MAX_WORDS && safu_next_word(&left, &word)) {
        safu_hear(&sentence, word);
        say_logits(false);
    }
    say_logits(true);
}

static void answer(safu_word left)
{
    safu_word word;
    const char *name = "";
    safu_begin();
    safu_sentence_begin(&sentence, &model, memory, sizeof memory);
    while (safu_next_word(&left, &word))
        safu_hear(&sentence, word);
    safu_answer(&sentence, true, logits);
    const safu_choice best = safu_best(logits, model.actions);
    safu_end();
    safu_action(&model, best.action, &name);
    console_number(best.share);
    console_text(name);
}

int main(void)
{
    safu_word read = {line, 0};
    const safu_status status = safu_intents_open(&model, safu_model, (size_t)(safu_model_end - safu_model));
    if (status != SAFU_OK || safu_sentence_begin(&sentence, &model, memory, sizeof memory) != SAFU_OK) {
        console_text(safu_status_name(status == SAFU_OK ? SAFU_TOO_LITTLE_MEMORY : status));
        return 1;
    }
    while (console_line(line, sizeof line, &read.size) >= 0) {
        if (read.size && line[0] == '?')
            console_number(safu_stack_bytes());
        else if (read.size && line[0] == '=')
            tell((safu_word){line + 1, read.size - 1});
        else
            answer(read);
    }
    return 0;
}
