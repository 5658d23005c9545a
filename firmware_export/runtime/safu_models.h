/* Models in flash: the one that acts in one slot, the one before it, or one that is being sent, in the other.
 *
 *     safu_models_begin(&models, size, crc, version, &at);   // a new one is to come: go on at byte `at` of it
 *     safu_models_data(&models, at, bytes, count);           // in order, as many as there are
 *     safu_models_check(&models, &bytes, &size);             // all of it is here; now look whether it is a model
 *     safu_models_try(&models);                              // it acts, on trial
 *     safu_models_keep(&models);                             // it has proved itself
 *     safu_models_return(&models);                           // or it has not: the one before acts again
 *
 * A power cut at any byte leaves all as it was before the call or as it is after it; of bytes that were being sent a
 * page may have to come again. The first page of a slot tells what is in it: which image, then, one by one and never
 * erased with a model in use, when it began to act and when it was kept. Left out: what an image holds (safu_image.h).
 */
#ifndef SAFU_MODELS_H
#define SAFU_MODELS_H

#include "safu_slots.h"

/* What a slot holds. */
typedef struct safu_stored {
    const uint8_t *bytes; /* NULL: no model that could act */
    uint32_t size, crc, version;
} safu_stored;

typedef struct safu_models {
    const safu_flash *flash;
    size_t at, slot;
    size_t taken; /* bytes of the image that is being sent */
    bool has_begun; /* since the start: what may have been cut off is erased */
} safu_models;

/* Two slots of equal size at `at`; both numbers are multiples of a page, at least four pages. SAFU_OUT_OF_RANGE. */
safu_status safu_models_open(safu_models *models, const safu_flash *flash, size_t at, size_t size);

/* The greatest image that fits. */
size_t safu_models_room(const safu_models *models);

/* The model that acts, and whether on trial; the one that safu_models_return would call. */
safu_stored safu_models_acting(const safu_models *models, bool *is_on_trial);
safu_stored safu_models_before(const safu_models *models);

/* The image that is being sent, and how much of it is here; false if none is. */
bool safu_models_incoming(const safu_models *models, safu_stored *incoming, size_t *at);

/* Makes room for an image, unless it is the one that was interrupted; `at` is where to go on. The model before is gone.
 * SAFU_TOO_LARGE, SAFU_FLASH_FAILED. */
safu_status safu_models_begin(safu_models *models, uint32_t size, uint32_t crc, uint32_t version, size_t *at);

/* The next bytes, a multiple of four of them unless they are the last. SAFU_NOTHING_SENT, also after a restart, until
 * it is begun again; SAFU_OUT_OF_STEP; SAFU_FLASH_FAILED: begin again. */
safu_status safu_models_data(safu_models *models, size_t at, const void *bytes, size_t size);

/* The image, if all of it is here and right. SAFU_NOTHING_SENT, SAFU_OUT_OF_STEP; SAFU_DAMAGED: it is thrown away. */
safu_status safu_models_check(safu_models *models, const uint8_t **bytes, size_t *size);

/* The image that was sent acts from now on. As safu_models_check, and SAFU_FLASH_FAILED. */
safu_status safu_models_try(safu_models *models);

/* The acting model is no longer on trial. SAFU_NOTHING_SAVED, SAFU_FLASH_FAILED. */
safu_status safu_models_keep(safu_models *models);

/* The model before acts, as one that is kept; the other one stays. SAFU_NO_MODEL_BEFORE, SAFU_FLASH_FAILED. */
safu_status safu_models_return(safu_models *models);

#endif
