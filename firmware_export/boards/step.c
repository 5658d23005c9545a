/* A firmware that hears tokens: a number a line, answered by the likeliest output.
 *
 * "17" is answered with "423"; "17 all" with the little-endian int32 logits of all outputs; "stack" with the bytes of
 * stack that were ever used. A wrong token is answered with "-" and the number of the status: names would take flash.
 * What is measured is one step and the search of the likeliest output. */
#include "console.h"
#include "port.h"
#include "safu_stream.h"
#include "start.h"

extern const uint8_t safu_model[], safu_model_end[];

static safu_stream stream;
static uint32_t memory[SAFU_MEMORY_BYTES / 4];

static void refuse(safu_status status)
{
    port_write("-", 1);
    console_number(status);
}

/* Not inline: its numbers would lie on the stack below every step. */
__attribute__((noinline)) static void say_all(void)
{
    for (uint32_t row = 0; row < stream.output.rows; row += 4) {
        int32_t logits[4];
        const uint32_t left = stream.output.rows - row;
        safu_stream_four_logits(&stream, row, logits);
        port_write(logits, 4 * (left < 4 ? left : 4));
    }
}

static void step(uint32_t token, int all)
{
    safu_begin();
    const safu_status status = safu_stream_step(&stream, token);
    const uint32_t best = safu_stream_best(&stream);
    safu_end();
    if (status != SAFU_OK)
        refuse(status);
    else if (all)
        say_all();
    else
        console_number(best);
}

/* Answer one line; negative where there will be no more. */
static int answer(void)
{
    uint32_t token = 0;
    int byte = port_read(), first = byte, last = byte;
    for (; byte >= 0 && byte != '\n'; byte = port_read()) {
        if (byte >= '0' && byte <= '9')
            token = token * 10 + (uint32_t)(byte - '0');
        last = byte;
    }
    if (first >= '0' && first <= '9')
        step(token, last == 'l');
    else if (first == 's')
        console_number(safu_stack_bytes());
    return byte;
}

int main(void)
{
    safu_status status = safu_stream_open(&stream, safu_model, (size_t)(safu_model_end - safu_model));
    if (status == SAFU_OK)
        status = safu_stream_begin(&stream, memory, sizeof memory);
    if (status != SAFU_OK) {
        refuse(status);
        return 1;
    }
    while (answer() >= 0) {
    }
    return 0;
}
