/* A whole chip: the model that acts, what was learned on top of it, and the flash where both are safe.
 *
 *     static uint32_t memory[2048], line[80];
 *     static safu_chip chip;
 *     static safu_lines lines;
 *     const safu_chip_room room = {256, 16, 8};
 *
 *     safu_chip_begin(&chip, &flash, 2 * flash.page, image, sizeof image, memory, sizeof memory, room);
 *     safu_lines_begin(&lines, &chip, line, sizeof line, write_bytes, NULL);
 *     for (;;) {
 *         const uint8_t byte = (uint8_t)port_read();
 *         safu_lines_read(&lines, &byte, 1);
 *     }
 *
 * Hears a sentence, learns what it meant, takes a new model in pieces: the same as device/chip/double.py. Left out: lines
 * of text (safu_lines.h), flash itself (port.h).
 */
#ifndef SAFU_CHIP_H
#define SAFU_CHIP_H

#include "safu_intents.h"
#include "safu_learn.h"
#include "safu_models.h"

enum { SAFU_NAME = 64 }; /* bytes of the name of an action that a chip is told, with the zero at its end */

/* What a chip learns in: rows of counts, phrases, and actions that it can be told beside those of its model. */
typedef struct safu_chip_room {
    uint32_t rows, phrases, names;
} safu_chip_room;

/* What some words mean: the likeliest action other than nothing, its share of 2^15, and whether to do it now. */
typedef struct safu_meant {
    uint32_t action, share;
    bool acts;
} safu_meant;

/* Which lessons were learned: how many, and their mark (LINES.md). */
typedef struct safu_taught {
    uint32_t lessons, mark;
} safu_taught;

typedef struct safu_chip {
    const safu_flash *flash;
    safu_slots slots;
    safu_models models;
    const void *own; /* the model of the firmware; NULL: none */
    size_t own_size;
    uint32_t *memory;
    size_t size;
    safu_chip_room room;

    safu_intents model; /* without actions: none acts */
    uint32_t version, crc, own_crc;
    int32_t *logits;
    uint32_t *sums;  /* of the sentence */
    uint32_t *state; /* what safu_learn knows, and the names after it: what is saved */
    size_t state_size, learn_size;
    safu_learn learn;
    char *names;
    uint32_t named; /* of them */
    uint32_t nothing;

    safu_taught taught;
    safu_said said;
    uint32_t words; /* CRC-32 of the sentence heard last */
    bool has_heard, has_learned; /* a sentence; a lesson about it */
    uint32_t meant;
    safu_taught before; /* that lesson */
} safu_chip;

/* Starts with what is in flash, else with the model of the firmware, or with none. The first `saved` bytes of the flash
 * keep lessons, all others models. SAFU_OUT_OF_RANGE for a region that is none, SAFU_TOO_LITTLE_MEMORY. */
safu_status safu_chip_begin(safu_chip *chip, const safu_flash *flash, size_t saved, const void *own, size_t own_size,
                            void *memory, size_t size, safu_chip_room room);

/* Hears a sentence, whole or so far, and remembers what it was made of. */
safu_meant safu_chip_hear(safu_chip *chip, safu_word sentence, bool ended);

/* The sentence heard last meant this; in memory until it is saved. SAFU_NOTHING_HEARD, or what safu_learn_one says. */
safu_status safu_chip_learn(safu_chip *chip, uint32_t action);

/* Takes the last lesson about the sentence heard last back. SAFU_NOTHING_TO_UNDO. */
safu_status safu_chip_undo(safu_chip *chip);

/* Forgets all lessons and names, in memory. */
void safu_chip_blank(safu_chip *chip);

/* What was learned is safe when this returns SAFU_OK. */
safu_status safu_chip_save(safu_chip *chip);

/* How many actions there are, what they are called, and one more. SAFU_BAD_ARGUMENT for a name without a tab, or too
 * long; SAFU_NO_ROOM. */
uint32_t safu_chip_actions(const safu_chip *chip);
const char *safu_chip_action(const safu_chip *chip, uint32_t action);
safu_status safu_chip_name(safu_chip *chip, safu_word name);

/* Checks the model that was sent (safu_models.h), and lets it act on trial, with no lessons. As safu_models_check and
 * safu_intents_open; SAFU_TOO_LITTLE_MEMORY. */
safu_status safu_chip_try(safu_chip *chip);

/* The model before acts again, with no lessons. */
safu_status safu_chip_return(safu_chip *chip);

/* Nothing is left of models that were sent. */
safu_status safu_chip_drop(safu_chip *chip);

#endif
