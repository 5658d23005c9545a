/* A firmware that learns what people say from the switch they flip: microphone, button and relay.
 *
 * It begins knowing nothing, or goes on from what its flash kept. A line at a time:
 *
 *     hear 800       and 800 samples behind the line, little-endian int16 at 8 kHz: what the microphone hears
 *     hear16 1600    the same at 16 kHz
 *     press 3        button 3: that is what the last sound meant
 *     no             somebody undid what was done: it was none of the actions
 *     nobody         nobody pressed anything for a while: the last sound meant nothing
 *     forget         the last lesson was a mistake: all is as it was before, and its sound may be taught again
 *     cut 1000       the power will fail when 1000 more bytes of flash were erased or written
 *     stack          the bytes of stack that were ever used
 *
 * Every sound is answered with "relay 3 512", which switches relay 3, with "none 3 -20", which does not because the
 * margin, bits per frame in 1/256, is too small, or with "none". A lesson, and taking it back, is answered with the
 * CRC-32 of all that is known from then on, after it is safe in flash, or with the name of what is wrong. One step back
 * is all that two slots hold; a blank chip keeps that it knows nothing, so that its first lesson can be taken back, too.
 * What is measured are every 20 ms of sound, every lesson, and keeping it. Left out: how a board asks its microphone,
 * debounces its button, and the clock that says "nobody". */
#include "console.h"
#include "file_flash.h"
#include "port.h"
#include "safu_decimator.h"
#include "safu_slots.h"
#include "safu_spectrum.h"
#include "safu_switch.h"
#include "safu_text.h"
#include "start.h"

static safu_decimator decimator;
static safu_spectrum spectrum;
static safu_end_pointer pointer;
static safu_sound kept;
static uint16_t taught; /* frames of `kept` that the last lesson was about */
static safu_switch learner;
static safu_slots slots;
static uint32_t state[SAFU_SWITCH_BYTES(SAFU_ACTIONS, SAFU_BACKGROUND, SAFU_CODEWORDS) / 4];
static uint32_t work[SAFU_SWITCH_WORK_BYTES(SAFU_ACTIONS, SAFU_BACKGROUND, SAFU_CODEWORDS) / 4];
static int16_t samples[2 * SAFU_HOP];
static uint8_t line[32];

/* -- what is known -------------------------------------------------------------------------------------------------- */

static safu_status recall(void)
{
    uint32_t note[SAFU_NOTES];
    const safu_status status = safu_slots_load(&slots, state, sizeof state, note);
    return status == SAFU_OK ? safu_switch_resume(&learner, state, sizeof state, work, sizeof work) : status;
}

static safu_status keep(void)
{
    const uint32_t note[SAFU_NOTES] = {0};
    return safu_slots_save(&slots, state, sizeof state, note);
}

static safu_status begin(void)
{
    static safu_flash flash = {0, 0, 0, port_flash_erase, port_flash_write};
    flash.bytes = port_flash(&flash.size, &flash.page);
    safu_spectrum_begin(&spectrum);
    safu_decimator_begin(&decimator);
    safu_end_pointer_begin(&pointer);
    safu_status status = safu_slots_open(&slots, &flash, 0, flash.size);
    if (status == SAFU_OK)
        status = recall();
    if (status != SAFU_NOTHING_SAVED)
        return status;
    status = safu_switch_begin(&learner, state, sizeof state, work, sizeof work, SAFU_ACTIONS, SAFU_BACKGROUND,
                               SAFU_CODEWORDS);
    return status == SAFU_OK ? keep() : status;
}

static void say_known(safu_status status)
{
    if (status == SAFU_OK)
        console_number(safu_crc32(0, state, sizeof state));
    else
        console_text(safu_status_name(status));
}

/* -- hearing -------------------------------------------------------------------------------------------------------- */

/* Whether a sound has ended; what it means is in `meaning`, if there is a word in it. */
static bool hear(size_t count, bool is_fast, safu_meaning *meaning, uint32_t *meanings)
{
    uint8_t frame[SAFU_BANDS];
    bool is_ready, has_ended = false;
    if (is_fast)
        count = safu_decimator_hear(&decimator, samples, count, samples);
    for (size_t at = 0; at < count;) {
        at += safu_spectrum_hear(&spectrum, samples + at, count - at, frame, &is_ready);
        const safu_sound *sound = is_ready ? safu_end_pointer_hear(&pointer, frame) : NULL;
        if (sound != NULL) {
            *meanings = safu_switch_predict(&learner, sound, meaning, 1);
            safu_sound_copy(&kept, sound);
            taught = 0;
            has_ended = true;
        }
    }
    return has_ended;
}

static void say_number(int32_t number)
{
    char digits[13];
    char *at = digits + sizeof digits;
    uint32_t left = (uint32_t)(number < 0 ? -number : number);
    do
        *--at = (char)('0' + left % 10);
    while (left /= 10);
    if (number < 0)
        *--at = '-';
    *--at = ' ';
    port_write(at, (size_t)(digits + sizeof digits - at));
}

static void say_meaning(const safu_meaning *meaning, uint32_t meanings)
{
    const bool is_meant = meanings > 0 && meaning->is_accepted;
    port_write(is_meant ? "relay" : "none", is_meant ? 5 : 4);
    if (meanings > 0) {
        say_number(meaning->action);
        say_number(meaning->margin);
    }
    console_text("");
}

/* One sample; what is not there is silence. */
static int16_t sample(void)
{
    const int low = port_read(), high = port_read();
    return high < 0 ? 0 : (int16_t)(uint16_t)((uint32_t)low | (uint32_t)high << 8);
}

static void listen(uint32_t count, bool is_fast)
{
    const uint32_t piece = is_fast ? 2 * SAFU_HOP : SAFU_HOP;
    while (count > 0) {
        safu_meaning meaning;
        uint32_t meanings = 0;
        const uint32_t now = count < piece ? count : piece;
        for (uint32_t at = 0; at < now; at++)
            samples[at] = sample();
        safu_begin();
        const bool has_ended = hear(now, is_fast, &meaning, &meanings);
        safu_end();
        if (has_ended)
            say_meaning(&meaning, meanings);
        count -= now;
    }
}

/* -- learning ------------------------------------------------------------------------------------------------------- */

static safu_status learn(uint8_t what, uint32_t action)
{
    if (what == 'p')
        return safu_switch_learn_one(&learner, &kept, action);
    return what == 'n' ? safu_switch_correct(&learner, &kept) : safu_switch_learn_background(&learner, &kept);
}

static void teach(uint8_t what, uint32_t action)
{
    safu_begin();
    safu_status status = learn(what, action);
    safu_end();
    if (status == SAFU_OK) {
        taught = kept.count;
        safu_begin();
        status = keep();
        safu_end();
        if (status != SAFU_OK)
            (void)recall();
    }
    kept.count = 0;
    say_known(status);
}

static void forget(void)
{
    const safu_status status = safu_slots_forget(&slots);
    if (status != SAFU_NOTHING_TO_UNDO)
        (void)recall();
    if (status == SAFU_OK && kept.count == 0)
        kept.count = taught;
    say_known(status);
}

/* -- lines ---------------------------------------------------------------------------------------------------------- */

static uint32_t number_of(safu_word word)
{
    uint32_t number = 0;
    for (size_t at = 0; at < word.size && word.bytes[at] >= '0' && word.bytes[at] <= '9'; at++)
        number = number * 10 + word.bytes[at] - '0';
    return number;
}

static void obey(safu_word left)
{
    safu_word word = {line, 0}, number = {line, 0};
    if (!safu_next_word(&left, &word))
        return;
    (void)safu_next_word(&left, &number);
    const uint32_t given = number_of(number);
    switch (word.bytes[0]) {
    case 'h':
        listen(given, word.size > 4);
        break;
    case 'p':
        teach('p', given);
        break;
    case 'n':
        teach(word.size > 2 ? 'b' : 'n', 0);
        break;
    case 'f':
        forget();
        break;
    case 'c':
        file_flash_cut(given);
        break;
    case 's':
        console_number(safu_stack_bytes());
        break;
    default:
        console_text("hear, hear16, press, no, nobody, forget, cut or stack?");
    }
}

int main(void)
{
    safu_word read = {line, 0};
    const safu_status status = begin();
    say_known(status);
    if (status != SAFU_OK)
        return 1;
    while (console_line(line, sizeof line, &read.size) >= 0)
        obey(read);
    return 0;
}
