/* Any bytes on the line of a chip, with a model or blank, power cuts and restarts included: each line that is not empty
 * has one final answer, an error changes nothing that was learned, and there is no undefined behaviour. */
#include <stdlib.h>
#include <string.h>

#include "flash_double.h"
#include "safu.h"
#include "safu_lines.h"
#include "safu_model.h"

enum { SAVED = 16 * PAGE, MEMORY = 4096, LINE = 256, POWER_CUT = 0xff };

/* What was answered: whole lines, and those of them that are final. */
typedef struct answers {
    char begins[16];
    size_t used, finals, errors;
} answers;

static void hear_answer(void *to, const void *bytes, size_t size)
{
    answers *said = to;
    const char *at = bytes;
    for (; size > 0; size--, at++) {
        if (said->used < sizeof said->begins)
            said->begins[said->used] = *at;
        said->used++;
        if (*at != '\n')
            continue;
        const char *begins = said->begins;
        size_t verdict = 0;
        if (begins[0] == '@')
            while (verdict < 10 && begins[verdict++] != ' ')
                ;
        const int is_error = memcmp(begins + verdict, "err", 3) == 0;
        said->errors += (size_t)is_error;
        said->finals += is_error || memcmp(begins + verdict, "ok", 2) == 0;
        said->used = 0;
    }
}

typedef struct talk {
    safu_chip chip;
    safu_lines lines;
    answers said;
    size_t used; /* of the line that has begun */
    int has_words;
} talk;

static void start(talk *now, const void *own)
{
    static const safu_chip_room room = {64, 4, 4};
    static uint32_t memory[MEMORY / 4], line[LINE / 4];
    power = SIZE_MAX;
    now->used = 0;
    now->has_words = 0;
    const size_t size = own != NULL ? SAFU_MODEL_SIZE : 0;
    if (safu_chip_begin(&now->chip, &flash, SAVED, own, size, memory, sizeof memory, room) != SAFU_OK ||
        safu_lines_begin(&now->lines, &now->chip, line, sizeof line, hear_answer, &now->said) != SAFU_OK)
        abort();
}

static void end_line(talk *now)
{
    const safu_taught before = now->chip.taught;
    const answers said = now->said;
    safu_lines_read(&now->lines, "\n", 1);
    if (now->said.used != 0 || now->said.finals - said.finals != (size_t)(now->has_words || now->used > LINE))
        abort();
    const safu_taught after = now->chip.taught;
    if (now->said.errors > said.errors && (after.mark != before.mark || after.lessons != before.lessons))
        abort();
    now->used = 0;
    now->has_words = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte tells whether there is a model; 0xff and a byte: power goes after so many times 8 bytes of flash. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static talk now;
    const void *own = size > 0 && (data[0] & 1) != 0 ? safu_model : NULL;
    erase_all();
    memset(&now, 0, sizeof now);
    start(&now, own);
    for (size_t at = 1; at < size; at++) {
        if (data[at] == POWER_CUT && at + 1 < size)
            power = (size_t)data[++at] * 8;
        else if (data[at] == '\n')
            end_line(&now);
        else {
            safu_lines_read(&now.lines, data + at, 1);
            now.has_words |= data[at] > ' ' && data[at] != 0x7f;
            now.used++;
        }
        if (power == 0)
            start(&now, own);
    }
    return 0;
}
