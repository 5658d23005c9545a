#include "console.h"

#include "port.h"

__attribute__((noinline)) void safu_begin(void)
{
    __asm__ volatile("");
}

__attribute__((noinline)) void safu_end(void)
{
    __asm__ volatile("");
}

void console_text(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    port_write(text, length);
    port_write("\n", 1);
}

void console_number(uint32_t number)
{
    char digits[11];
    char *at = digits + 10;
    *at = '\0';
    do
        *--at = (char)('0' + number % 10);
    while (number /= 10);
    console_text(at);
}

int console_line(uint8_t *line, size_t room, size_t *size)
{
    int byte = port_read();
    for (*size = 0; byte >= 0 && byte != '\n'; byte = port_read())
        if (*size < room)
            line[(*size)++] = (uint8_t)byte;
    return byte;
}
