/* A firmware that hears tokens: a number a line, answered by the likeliest output.
 *
 * "17" is answered with "423"; "17 all" with the little-endian int32 logits of all outputs; "stack" with the bytes of
 * stack that were ever used. A wrong line is answered with the name of what is wrong. Between safu_begin and safu_end
 * nothing is done but one step and the search of the likeliest output. */
#include "port.h"
#include "safu_stream.h"
#include "start.h"

extern const uint8_t safu_model[], safu_model_end[];

static safu_stream stream;
static uint32_t memory[SAFU_MEMORY_BYTES / 4];

/* Marks for whoever counts instructions. */
__attribute__((noinline)) void safu_begin(void)
{
    __asm__ volatile("");
}

__attribute__((noinline)) void safu_end(void)
{
    __asm__ volatile("");
}

static void say_text(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    port_write(text, length);
    port_write("\n", 1);
}

static void say_number(uint32_t number)
{
    char digits[11];
    char *at = digits + 10;
    *at = '\0';
    do
        *--at = (char)('0' + number % 10);
    while (number /= 10);
    say_text(at);
}

static void say_all(void)
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
        say_text(safu_status_name(status));
    else if (all)
        say_all();
    else
        say_number(best);
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
        say_number(safu_stack_bytes());
    return byte;
}

int main(void)
{
    safu_status status = safu_stream_open(&stream, safu_model, (size_t)(safu_model_end - safu_model));
    if (status == SAFU_OK)
        status = safu_stream_begin(&stream, memory, sizeof memory);
    if (status != SAFU_OK) {
        say_text(safu_status_name(status));
        return 1;
    }
    while (answer() >= 0) {
    }
    return 0;
}
