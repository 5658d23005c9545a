/* safu: what some words mean, on a microcontroller. A whole program, on a machine that has files and lines:
 *
 *     #include <stdio.h>
 *     #include <string.h>
 *
 *     #include "safu.h"
 *     #include "safu_model.h" // made by: safu-export c BUNDLE
 *
 *     int main(void)
 *     {
 *         static uint32_t memory[SAFU_MODEL_MEMORY / 4];
 *         static int32_t logits[SAFU_MODEL_ACTIONS];
 *         char line[256];
 *         const char *action;
 *         safu_intents model;
 *         safu_sentence sentence;
 *
 *         if (safu_intents_open(&model, safu_model, SAFU_MODEL_SIZE) != SAFU_OK)
 *             return 1;
 *         while (fgets(line, sizeof line, stdin) != NULL) {
 *             safu_word left = {(const uint8_t *)line, strlen(line)}, word;
 *             safu_sentence_begin(&sentence, &model, memory, sizeof memory);
 *             while (safu_next_word(&left, &word))
 *                 safu_hear(&sentence, word); // it may be asked after every word, here as well
 *             safu_answer(&sentence, true, logits);
 *             const safu_choice best = safu_best(logits, SAFU_MODEL_ACTIONS);
 *             safu_action(&model, best.action, &action);
 *             printf("%s %u\n", action, (unsigned)best.share); // of 32768
 *         }
 *         return 0;
 *     }
 *
 * C99 without libc, heap or floats. Memory is the caller's; the model stays where it lies, in flash.
 */
#ifndef SAFU_H
#define SAFU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "safu_acoustic.h"
#include "safu_arithmetic.h"
#include "safu_bag.h"
#include "safu_chip.h"
#include "safu_codebook.h"
#include "safu_counts.h"
#include "safu_decimator.h"
#include "safu_end_pointer.h"
#include "safu_image.h"
#include "safu_intents.h"
#include "safu_kernels.h"
#include "safu_learn.h"
#include "safu_lines.h"
#include "safu_models.h"
#include "safu_noise.h"
#include "safu_rejection.h"
#include "safu_slots.h"
#include "safu_spectrum.h"
#include "safu_status.h"
#include "safu_stream.h"
#include "safu_streams.h"
#include "safu_switch.h"
#include "safu_tables.h"
#include "safu_text.h"
#include "safu_windows.h"

#ifdef __cplusplus
}
#endif

#endif
