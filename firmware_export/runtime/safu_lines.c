#include "safu_lines.h"

enum { BESIDE_A_CHUNK = 48, CHUNK_STEP = 16 };

/* -- writing ------------------------------------------------------------------------------------------------------ */

static void put_bytes(const safu_lines *lines, const void *bytes, size_t size)
{
    lines->write(lines->to, bytes, size);
}

static void put(const safu_lines *lines, const char *text)
{
    size_t size = 0;
    while (text[size] != '\0')
        size++;
    put_bytes(lines, text, size);
}

static void put_number(const safu_lines *lines, uint32_t number)
{
    char digits[10];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put_bytes(lines, digits + at, sizeof digits - at);
}

static void put_hex(const safu_lines *lines, uint32_t number)
{
    char digits[8];
    for (size_t at = 0; at < sizeof digits; at++) {
        digits[at] = "0123456789abcdef"[number >> (28 - 4 * at) & 15];
    }
    put_bytes(lines, digits, sizeof digits);
}

/* Of a share of 2^15, four digits behind the point. */
static void put_share(const safu_lines *lines, uint32_t share)
{
    uint32_t digits = share * 10000 >> 15;
    put_number(lines, digits / 10000);
    put(lines, ".");
    for (uint32_t unit = 1000; unit > 0; unit /= 10)
        put_number(lines, digits / unit % 10);
}

static void put_action(const safu_lines *lines, uint32_t action)
{
    const char *name = safu_chip_action(lines->chip, action);
    put(lines, name[0] == '\t' && name[1] == '\0' ? "nothing" : name);
}

static void begin_answer(const safu_lines *lines, const char *verdict)
{
    if (lines->tag_size > 0) {
        put_bytes(lines, lines->tag, lines->tag_size);
        put(lines, " ");
    }
    put(lines, verdict);
}

static void refuse(const safu_lines *lines, safu_status status)
{
    begin_answer(lines, "err ");
    put(lines, safu_status_name(status));
    put(lines, "\n");
}

/* -- reading ------------------------------------------------------------------------------------------------------ */

static bool is_text(safu_word word, const char *text)
{
    size_t at = 0;
    while (at < word.size && text[at] != '\0' && word.bytes[at] == (uint8_t)text[at]) {
        at++;
    }
    return at == word.size && text[at] == '\0';
}

/* A decimal number below 2^32, as the next word of the line. */
static bool take_number(safu_word *line, uint32_t *number)
{
    safu_word word;
    uint32_t value = 0;
    if (!safu_next_word(line, &word) || word.size > 10)
        return false;
    for (size_t at = 0; at < word.size; at++) {
        uint32_t digit = (uint32_t)word.bytes[at] - '0';
        if (digit > 9 || value > (UINT32_MAX - digit) / 10) {
            return false;
        }
        value = 10 * value + digit;
    }
    *number = value;
    return true;
}

/* The value of a lower-case hexadecimal digit; 16 and more for anything else. */
static uint32_t digit_of(uint8_t byte)
{
    uint32_t digit = (uint32_t)byte - '0', letter = (uint32_t)byte - 'a';
    return digit < 10 ? digit : letter < 6 ? letter + 10 : 16;
}

/* Eight hexadecimal digits, as the next word of the line. */
static bool take_hex(safu_word *line, uint32_t *number)
{
    safu_word word;
    uint32_t value = 0;
    if (!safu_next_word(line, &word) || word.size != 8)
        return false;
    for (size_t at = 0; at < 8; at++) {
        uint32_t digit = digit_of(word.bytes[at]);
        if (digit > 15) {
            return false;
        }
        value = value << 4 | digit;
    }
    *number = value;
    return true;
}

/* The bytes of the next word, to the beginning of the line's memory, where nothing is needed any more. */
static bool take_bytes(safu_lines *lines, safu_word *line, safu_word *bytes)
{
    safu_word word;
    if (!safu_next_word(line, &word) || word.size % 2 > 0)
        return false;
    for (size_t at = 0; at < word.size / 2; at++) {
        uint32_t high = digit_of(word.bytes[2 * at]), low = digit_of(word.bytes[2 * at + 1]);
        if ((high | low) > 15) {
            return false;
        }
        lines->line[at] = (uint8_t)(high << 4 | low);
    }
    bytes->bytes = lines->line;
    bytes->size = word.size / 2;
    return true;
}

static safu_word behind(safu_word line, size_t size)
{
    return (safu_word){line.bytes + size, line.size - size};
}

static bool is_empty(safu_word line)
{
    safu_word word;
    return !safu_next_word(&line, &word);
}

/* What is left of the line is an action's name; a blank does for the tab in it. */
static bool take_action(const safu_lines *lines, safu_word name, uint32_t *action)
{
    uint32_t count = safu_chip_actions(lines->chip);
    bool is_nothing = is_text(name, "nothing");
    for (uint32_t number = 0; number < count; number++) {
        const char *known = safu_chip_action(lines->chip, number);
        size_t at = 0;
        while (at < name.size && known[at] != '\0' &&
               (known[at] == (char)name.bytes[at] || (known[at] == '\t' && name.bytes[at] == ' '))) {
            at++;
        }
        if (is_nothing ? known[0] == '\t' && known[1] == '\0' : at == name.size && known[at] == '\0') {
            *action = number;
            return true;
        }
    }
    return false;
}

/* -- requests ----------------------------------------------------------------------------------------------------- */

static safu_status hear(safu_lines *lines, safu_word words, bool ended)
{
    const safu_meant meant = safu_chip_hear(lines->chip, words, ended);
    begin_answer(lines, meant.acts ? "ok act " : "ok none ");
    put_share(lines, meant.share);
    put(lines, " ");
    put_action(lines, meant.action);
    put(lines, "\n");
    return SAFU_OK;
}

static safu_status hear_whole(safu_lines *lines, safu_word words)
{
    return hear(lines, words, true);
}

static safu_status hear_partial(safu_lines *lines, safu_word words)
{
    return hear(lines, words, false);
}

static safu_status tell_lessons(const safu_lines *lines, const char *verdict, safu_status status)
{
    if (status == SAFU_OK) {
        begin_answer(lines, verdict);
        put_number(lines, lines->chip->taught.lessons);
        put(lines, " ");
        put_hex(lines, lines->chip->taught.mark);
        put(lines, "\n");
    }
    return status;
}

static safu_status learned(const safu_lines *lines, safu_word name)
{
    uint32_t action;
    return take_action(lines, name, &action) ? safu_chip_learn(lines->chip, action) : SAFU_UNKNOWN_ACTION;
}

static safu_status learn(safu_lines *lines, safu_word name)
{
    return tell_lessons(lines, "ok learned ", learned(lines, name));
}

static safu_status teach(safu_lines *lines, safu_word name)
{
    safu_status status = learned(lines, name);
    if (status == SAFU_OK) {
        status = safu_chip_save(lines->chip);
        if (status != SAFU_OK)
            (void)safu_chip_undo(lines->chip);
    }
    return tell_lessons(lines, "ok learned ", status);
}

static safu_status undo(safu_lines *lines, safu_word rest)
{
    safu_status status = is_empty(rest) ? safu_chip_undo(lines->chip) : SAFU_BAD_ARGUMENT;
    if (status == SAFU_OK) {
        status = safu_chip_save(lines->chip);
        if (status != SAFU_OK)
            (void)safu_chip_learn(lines->chip, lines->chip->meant);
    }
    return tell_lessons(lines, "ok unlearned ", status);
}

static safu_status blank(safu_lines *lines, safu_word rest)
{
    if (!is_empty(rest))
        return SAFU_BAD_ARGUMENT;
    safu_chip_blank(lines->chip);
    return tell_lessons(lines, "ok learned ", SAFU_OK);
}

static safu_status save(safu_lines *lines, safu_word rest)
{
    return tell_lessons(lines, "ok saved ", is_empty(rest) ? safu_chip_save(lines->chip) : SAFU_BAD_ARGUMENT);
}

static safu_status name(safu_lines *lines, safu_word text)
{
    const safu_status status = safu_chip_name(lines->chip, text);
    if (status == SAFU_OK) {
        begin_answer(lines, "ok ");
        put_number(lines, safu_chip_actions(lines->chip));
        put(lines, "\n");
    }
    return status;
}

static safu_status actions(safu_lines *lines, safu_word rest)
{
    uint32_t count = safu_chip_actions(lines->chip);
    if (!is_empty(rest))
        return SAFU_BAD_ARGUMENT;
    for (uint32_t number = 0; number < count; number++) {
        begin_answer(lines, "action ");
        put_action(lines, number);
        put(lines, "\n");
    }
    begin_answer(lines, "ok ");
    put_number(lines, count);
    put(lines, "\n");
    return SAFU_OK;
}

static void put_pair(const safu_lines *lines, const char *key, uint32_t value)
{
    put(lines, key);
    put_number(lines, value);
}

static void put_hex_pair(const safu_lines *lines, const char *key, uint32_t value)
{
    put(lines, key);
    put_hex(lines, value);
}

static safu_status info(safu_lines *lines, safu_word rest)
{
    const safu_chip *chip = lines->chip;
    const safu_stored before = safu_models_before(&chip->models);
    safu_stored incoming = {NULL, 0, 0, 0};
    bool is_on_trial;
    size_t at = 0;
    if (!is_empty(rest))
        return SAFU_BAD_ARGUMENT;
    (void)safu_models_acting(&chip->models, &is_on_trial);
    (void)safu_models_incoming(&chip->models, &incoming, &at);
    begin_answer(lines, "ok ");
    put_pair(lines, "lines=", SAFU_LINES_VERSION);
    put_pair(lines, " version=", chip->version);
    put_hex_pair(lines, " crc=", chip->crc);
    put_pair(lines, " before=", before.version);
    put_hex_pair(lines, " before_crc=", before.crc);
    put_hex_pair(lines, " own=", chip->own_crc);
    put_pair(lines, " trial=", is_on_trial);
    put_hex_pair(lines, " incoming=", incoming.crc);
    put_pair(lines, " at=", (uint32_t)at);
    put_pair(lines, " slot=", (uint32_t)safu_models_room(&chip->models));
    put_pair(lines, " chunk=", (uint32_t)((lines->room - BESIDE_A_CHUNK) / 2 / CHUNK_STEP * CHUNK_STEP));
    put_pair(lines, " lessons=", chip->taught.lessons);
    put_hex_pair(lines, " mark=", chip->taught.mark);
    put(lines, "\n");
    return SAFU_OK;
}

static safu_status tell_place(const safu_lines *lines, size_t at, safu_status status)
{
    if (status == SAFU_OK) {
        begin_answer(lines, "ok at ");
        put_number(lines, (uint32_t)at);
        put(lines, "\n");
    }
    return status;
}

static safu_status tell_model(const safu_lines *lines, safu_status status)
{
    if (status == SAFU_OK) {
        begin_answer(lines, "ok acting ");
        put_number(lines, lines->chip->version);
        put(lines, "\n");
    }
    return status;
}

static safu_status begin_model(safu_lines *lines, safu_word rest)
{
    uint32_t size, crc, version;
    size_t at = 0;
    if (!take_number(&rest, &size) || !take_hex(&rest, &crc) || !take_number(&rest, &version) || !is_empty(rest))
        return SAFU_BAD_ARGUMENT;
    const safu_status status = safu_models_begin(&lines->chip->models, size, crc, version, &at);
    return tell_place(lines, at, status);
}

/* The bytes of a piece, in the place of the line, and where they belong. */
static safu_status take_piece(safu_lines *lines, safu_word rest, uint32_t *at, safu_word *bytes)
{
    uint32_t crc;
    if (!take_number(&rest, at) || !take_hex(&rest, &crc) || !take_bytes(lines, &rest, bytes) || !is_empty(rest))
        return SAFU_BAD_ARGUMENT;
    return safu_crc32(0, bytes->bytes, bytes->size) == crc ? SAFU_OK : SAFU_DAMAGED;
}

static safu_status take_model(safu_lines *lines, safu_word rest)
{
    uint32_t at;
    safu_word bytes;
    safu_status status = take_piece(lines, rest, &at, &bytes);
    if (status == SAFU_OK)
        status = safu_models_data(&lines->chip->models, at, bytes.bytes, bytes.size);
    return tell_place(lines, lines->chip->models.taken, status);
}

static safu_status model(safu_lines *lines, safu_word rest)
{
    safu_word word;
    if (!safu_next_word(&rest, &word))
        return SAFU_BAD_ARGUMENT;
    if (is_text(word, "begin"))
        return begin_model(lines, rest);
    if (is_text(word, "data"))
        return take_model(lines, rest);
    if (!is_empty(rest))
        return SAFU_BAD_ARGUMENT;
    if (is_text(word, "end"))
        return tell_model(lines, safu_chip_try(lines->chip));
    if (is_text(word, "keep"))
        return tell_model(lines, safu_models_keep(&lines->chip->models));
    if (is_text(word, "drop"))
        return tell_model(lines, safu_chip_drop(lines->chip));
    if (is_text(word, "return"))
        return tell_model(lines, safu_chip_return(lines->chip));
    return SAFU_BAD_ARGUMENT;
}

/* -- lines -------------------------------------------------------------------------------------------------------- */

static const struct request {
    const char *verb;
    safu_status (*answer)(safu_lines *lines, safu_word rest);
} requests[] = {
    {"hear", hear_whole}, {"partial", hear_partial}, {"teach", teach}, {"learn", learn}, {"undo", undo}, {"blank", blank},
    {"save", save}, {"name", name}, {"actions", actions}, {"info", info}, {"model", model},
};

/* "@7 info" to "@7" and "info"; a tag that is none is left to be an unknown request. */
static void take_tag(safu_lines *lines, safu_word *line)
{
    size_t size = 0;
    if (line->size == 0 || line->bytes[0] != '@')
        return;
    do {
        size++;
    } while (size < line->size && line->bytes[size] > ' ' && line->bytes[size] < 0x7f);
    const bool ends = size == line->size || line->bytes[size] == ' ';
    if (!ends || size < 2 || size > sizeof lines->tag)
        return;
    for (size_t at = 0; at < size; at++)
        lines->tag[at] = line->bytes[at]; /* bytes of a model go where it was */
    lines->tag_size = size;
    *line = behind(*line, size < line->size ? size + 1 : size);
}

static safu_status answer(safu_lines *lines, safu_word line)
{
    safu_word word, rest = line;
    if (!safu_next_word(&rest, &word))
        return lines->tag_size > 0 ? SAFU_UNKNOWN_REQUEST : SAFU_OK;
    if (rest.size > 0)
        rest = behind(rest, 1);
    for (size_t at = 0; at < sizeof requests / sizeof *requests; at++) {
        if (is_text(word, requests[at].verb)) {
            return requests[at].answer(lines, rest);
        }
    }
    return SAFU_UNKNOWN_REQUEST;
}

static void end_of_line(safu_lines *lines)
{
    safu_word line = {lines->line, lines->used};
    if (line.size > 0 && line.bytes[line.size - 1] == '\r') {
        line.size--;
    }
    lines->tag_size = 0;
    take_tag(lines, &line);
    safu_status status = lines->is_too_long ? SAFU_LINE_TOO_LONG : answer(lines, line);
    if (status != SAFU_OK) {
        refuse(lines, status);
    }
    lines->used = 0;
    lines->is_too_long = false;
}

safu_status safu_lines_begin(safu_lines *lines, safu_chip *chip, void *line, size_t room, safu_write *write, void *to)
{
    if (room < SAFU_SHORTEST_ROOM)
        return SAFU_TOO_LITTLE_MEMORY;
    *lines = (safu_lines){.chip = chip, .write = write, .to = to, .line = line, .room = room};
    put(lines, "ready\n");
    return SAFU_OK;
}

void safu_lines_read(safu_lines *lines, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (; size > 0; size--, at++) {
        if (*at == '\n') {
            end_of_line(lines);
        } else if (lines->used < lines->room) {
            lines->line[lines->used++] = *at;
        } else {
            lines->is_too_long = true;
        }
    }
}
