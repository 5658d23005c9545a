/* Lines of text in, answers out: what LINES.md says, byte by byte as a serial port delivers it.
 *
 * Any bytes are safe: what is no request is answered with the name of an error, and changes nothing. Left out: what the
 * requests do (`safu_chip.h`), where the bytes come from (`port.h`).
 */
#ifndef SAFU_LINES_H
#define SAFU_LINES_H

#include "safu_chip.h"

enum { SAFU_LINES_VERSION = 1, SAFU_SHORTEST_ROOM = 128 };

/* Sends bytes to whoever asked; `to` is what the caller gave. */
typedef void safu_write(void *to, const void *bytes, size_t size);

typedef struct safu_lines {
    safu_chip *chip;
    safu_write *write;
    void *to;
    uint8_t *line;     /* of the caller, at a multiple of four */
    size_t room, used;
    bool is_too_long;
    uint8_t tag[9];    /* of the request that is being answered, with its @ */
    size_t tag_size;
} safu_lines;

/* Begins to read lines of up to `room` bytes, at least SAFU_SHORTEST_ROOM, into memory of the caller; says "ready". */
safu_status safu_lines_begin(safu_lines *lines, safu_chip *chip, void *line, size_t room, safu_write *write, void *to);

/* Takes bytes as they come, and answers each line that they end. */
void safu_lines_read(safu_lines *lines, const void *bytes, size_t size);

#endif
