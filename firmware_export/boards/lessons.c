/* A firmware that is taught by a switch: a number and what was said a line, "3 it is dark in here".
 *
 * It is answered with the action of the greatest logit after the lesson, or the name of what is wrong; "-3 it is dark"
 * takes a lesson back; "?" is answered with the bytes of stack that were ever used. What is measured is one lesson, from
 * its first word on. Left out: a model that was trained beforehand (intents.c), keeping lessons in flash. */
#include "console.h"
#include "port.h"
#include "safu_intents.h"
#include "safu_learn.h"
#include "start.h"

static safu_learn learn;
static safu_said said;
static uint32_t memory[SAFU_MEMORY_BYTES / 4];
static int32_t logits[SAFU_ACTIONS];
static uint8_t line[SAFU_LINE_BYTES];

static safu_status teach(safu_word left, uint32_t action, bool back)
{
    safu_word word;
    safu_begin();
    safu_said_begin(&said);
    while (safu_next_word(&left, &word))
        safu_said_word(&said, word);
    safu_said_end(&said);
    const safu_status status = back ? safu_unlearn_one(&learn, &said, action) : safu_learn_one(&learn, &said, action);
    safu_end();
    return status;
}

static void answer(safu_word left)
{
    safu_word number;
    uint32_t action = 0;
    if (!safu_next_word(&left, &number))
        return;
    for (size_t at = 0; at < number.size; at++)
        if (number.bytes[at] >= '0' && number.bytes[at] <= '9')
            action = action * 10 + number.bytes[at] - '0';
    const safu_status status = teach(left, action, number.bytes[0] == '-');
    if (status != SAFU_OK) {
        console_text(safu_status_name(status));
        return;
    }
    safu_learn_answer(&learn, &said, NULL, 0, logits);
    console_number(safu_best(logits, SAFU_ACTIONS).action);
}

int main(void)
{
    safu_word read = {line, 0};
    const safu_status status =
        safu_learn_begin(&learn, memory, sizeof memory, SAFU_ROWS, SAFU_ACTIONS, SAFU_PHRASES, 0);
    if (status != SAFU_OK) {
        console_text(safu_status_name(status));
        return 1;
    }
    while (console_line(line, sizeof line, &read.size) >= 0) {
        if (read.size && line[0] == '?')
            console_number(safu_stack_bytes());
        else
            answer(read);
    }
    return 0;
}
