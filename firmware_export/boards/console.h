/* What the firmwares here say and measure: text and numbers, and two marks for whoever counts instructions. */
#ifndef SAFU_CONSOLE_H
#define SAFU_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

/* A text and the end of the line. */
void console_text(const char *text);
void console_number(uint32_t number);

/* Reads a line, as much of it as there is room for; negative where there will be no more. */
int console_line(uint8_t *line, size_t room, size_t *size);

/* Between these two calls nothing is done but what is measured. */
void safu_begin(void);
void safu_end(void);

#endif
