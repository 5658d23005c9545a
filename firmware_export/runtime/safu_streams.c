#include "safu_streams.h"

#include "safu_arithmetic.h"

enum { LEVELS = 256, PERCENT = 99 };

/* Without the room. */
static void frame_of(const safu_spoken *spoken, uint32_t at, uint8_t rest[SAFU_BANDS])
{
    uint8_t buffer[SAFU_BANDS];
    const uint8_t *frame = safu_mix_frame(&spoken->mix, spoken->first + at, buffer);
    for (uint32_t band = 0; band < SAFU_BANDS; band++)
        rest[band] = (uint8_t)safu_rest_of(frame[band], spoken->room[band]);
}

/* What one in a hundred cells is louder than. */
static int32_t loudest(const safu_spoken *spoken)
{
    uint16_t cells[LEVELS] = {0};
    uint8_t frame[SAFU_BANDS];
    for (uint32_t at = 0; at < spoken->count; at++) {
        frame_of(spoken, at, frame);
        for (uint32_t band = 0; band < SAFU_BANDS; band++)
            cells[frame[band]]++;
    }
    const uint32_t all = spoken->count * SAFU_BANDS;
    uint32_t louder = all - all * PERCENT / 100, level = LEVELS - 1;
    while (cells[level] < louder)
        louder -= cells[level--];
    return (int32_t)level;
}

static void weigh(safu_spoken *spoken)
{
    uint8_t frame[SAFU_BANDS];
    int32_t least[SAFU_BANDS];
    for (uint32_t band = 0; band < SAFU_BANDS; band++)
        least[band] = safu_within(spoken->floor, spoken->room[band] + SAFU_MARGIN, INT32_MAX);
    spoken->weight = 0;
    for (uint32_t at = 0; at < spoken->count; at++) {
        frame_of(spoken, at, frame);
        uint32_t above = 0;
        for (uint32_t band = 0; band < SAFU_BANDS; band++)
            if (frame[band] > least[band])
                above += (uint32_t)(frame[band] - least[band]);
        const uint32_t weight = above * SAFU_FULL_WEIGHT / SAFU_FULL_EXCESS;
        spoken->weights[at] = (uint8_t)(weight < SAFU_FULL_WEIGHT ? weight : SAFU_FULL_WEIGHT);
        spoken->weight += spoken->weights[at];
    }
}

static int32_t clipped(const safu_spoken *spoken, uint8_t level)
{
    return (level > spoken->floor ? level : spoken->floor) * (1 << SAFU_MEAN_BITS);
}

static void average(safu_spoken *spoken)
{
    uint8_t frame[SAFU_BANDS];
    uint32_t sums[SAFU_BANDS] = {0};
    for (uint32_t at = 0; at < spoken->count; at++) {
        frame_of(spoken, at, frame);
        for (uint32_t band = 0; band < SAFU_BANDS; band++)
            sums[band] += spoken->weights[at] * (uint32_t)clipped(spoken, frame[band]);
    }
    for (uint32_t band = 0; band < SAFU_BANDS; band++)
        spoken->means[band] = (uint16_t)(sums[band] / spoken->weight);
}

static void transform(safu_spoken *spoken, uint32_t at)
{
    uint8_t frame[SAFU_BANDS];
    const int8_t *cosine = safu_cosines;
    int32_t centred[SAFU_BANDS];
    frame_of(spoken, at, frame);
    for (uint32_t band = 0; band < SAFU_BANDS; band++)
        centred[band] = clipped(spoken, frame[band]) - spoken->means[band];
    for (uint32_t order = 0; order < SAFU_CEPSTRA; order++) {
        int32_t sum = 0;
        for (uint32_t band = 0; band < SAFU_BANDS; band++)
            sum += centred[band] * *cosine++;
        spoken->cepstra[at % SAFU_RING][order] = (int16_t)safu_shift_right(sum, SAFU_STATIC_BITS - 1);
    }
}

void safu_spoken_begin(safu_spoken *spoken, const safu_mix *mix, safu_window window)
{
    const safu_window wide = safu_around(mix->sound, window);
    uint8_t buffer[SAFU_BANDS];
    const uint8_t *room = safu_mix_room(mix, buffer);
    for (uint32_t band = 0; band < SAFU_BANDS; band++)
        spoken->room[band] = room[band];
    spoken->mix = *mix;
    spoken->first = wide.begin;
    spoken->count = (uint32_t)(wide.end - wide.begin);
    spoken->floor = loudest(spoken) - SAFU_CLIP;
    weigh(spoken);
    if (spoken->weight < 2 * SAFU_FULL_WEIGHT) {
        for (uint32_t at = 0; at < spoken->count; at++)
            spoken->weights[at] = SAFU_FULL_WEIGHT;
        spoken->weight = SAFU_FULL_WEIGHT * spoken->count;
    }
    average(spoken);
}

static int8_t in_byte(int32_t twice)
{
    return (int8_t)safu_within(safu_shift_right(twice, 1), INT8_MIN, INT8_MAX);
}

void safu_spoken_vectors(safu_spoken *spoken, uint32_t at, safu_vector vectors[SAFU_STREAMS])
{
    const uint32_t last = spoken->count - 1, later = at + SAFU_REACH < last ? at + SAFU_REACH : last;
    const uint32_t earlier = at > SAFU_REACH ? at - SAFU_REACH : 0;
    spoken->movement = at == 0 ? 0 : spoken->movement;
    for (uint32_t first = 0; at == 0 && first < later; first++)
        transform(spoken, first);
    if (at == 0 || at + SAFU_REACH <= last)
        transform(spoken, later);
    for (uint32_t order = 0; order < SAFU_ROW; order++)
        for (uint32_t stream = 0; stream < SAFU_STREAMS; stream++)
            vectors[stream].of[order] = 0;
    for (uint32_t order = 0; order < SAFU_CEPSTRA; order++) {
        const int32_t now = spoken->cepstra[at % SAFU_RING][order];
        const int32_t then = spoken->cepstra[later % SAFU_RING][order];
        const int32_t before = spoken->cepstra[earlier % SAFU_RING][order];
        vectors[0].of[order] = in_byte(now);
        spoken->movement += spoken->weights[at] * (uint32_t)(now < 0 ? -vectors[0].of[order] : vectors[0].of[order]);
        vectors[1].of[order] = in_byte(then - before);
        vectors[2].of[order] = in_byte(then + before - 2 * now);
    }
}

bool safu_spoken_moves(const safu_spoken *spoken)
{
    return spoken->movement >= SAFU_LEAST_MOVEMENT * spoken->weight;
}
