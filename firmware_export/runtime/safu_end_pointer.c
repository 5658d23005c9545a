#include "safu_end_pointer.h"

#include <stddef.h>

#include "safu_arithmetic.h"

enum { NEW_ROOM = 40 };

uint32_t safu_loudness(const uint8_t frame[SAFU_BANDS])
{
    uint8_t loudest[SAFU_LOUD_BANDS] = {0}; /* falling */
    uint32_t sum = 0;
    for (uint32_t band = 0; band < SAFU_BANDS; band++) {
        uint32_t at = SAFU_LOUD_BANDS;
        for (; at > 0 && frame[band] > loudest[at - 1]; at--)
            if (at < SAFU_LOUD_BANDS)
                loudest[at] = loudest[at - 1];
        if (at < SAFU_LOUD_BANDS)
            loudest[at] = frame[band];
    }
    for (uint32_t at = 0; at < SAFU_LOUD_BANDS; at++)
        sum += loudest[at];
    return sum;
}

uint32_t safu_above(const uint8_t frame[SAFU_BANDS], const uint8_t room[SAFU_BANDS])
{
    uint32_t sum = 0;
    for (uint32_t band = 0; band < SAFU_BANDS; band++)
        if (frame[band] > room[band] + SAFU_MARGIN)
            sum += (uint32_t)(frame[band] - room[band] - SAFU_MARGIN);
    return sum;
}

static void copy_frames(uint8_t (*to)[SAFU_BANDS], const uint8_t (*from)[SAFU_BANDS], uint32_t count)
{
    for (uint32_t at = 0; at < count; at++)
        for (uint32_t band = 0; band < SAFU_BANDS; band++)
            to[at][band] = from[at][band];
}

void safu_sound_copy(safu_sound *to, const safu_sound *from)
{
    to->began = from->began;
    to->count = from->count;
    copy_frames(&to->room, &from->room, 1);
    copy_frames(to->frames, from->frames, from->count);
}

void safu_end_pointer_begin(safu_end_pointer *pointer)
{
    for (uint32_t band = 0; band < SAFU_BANDS; band++)
        pointer->room[band] = 0;
    pointer->sound.count = 0;
    pointer->heard = pointer->too_long = 0;
    pointer->began = pointer->last_loud = pointer->peak = pointer->before = 0;
    pointer->settling = 0;
    pointer->is_sounding = false;
}

static void tell_room(safu_end_pointer *pointer)
{
    for (uint32_t band = 0; band < SAFU_BANDS; band++) {
        const int32_t level = safu_shift_right(pointer->room[band], SAFU_ROOM_BITS);
        pointer->sound.room[band] = (uint8_t)safu_within(level, SAFU_QUIETEST_ROOM, UINT8_MAX);
    }
}

static void learn_room(safu_end_pointer *pointer, const uint8_t *frame)
{
    for (uint32_t band = 0; band < SAFU_BANDS; band++)
        pointer->room[band] =
            (uint16_t)(pointer->room[band] + ((uint32_t)frame[band] << SAFU_ROOM_BITS) / SAFU_FIRST);
}

/* The room moves towards what was a little earlier, so that the first breath of a word is not taken for it. */
static void follow_room(safu_end_pointer *pointer)
{
    const uint8_t *lagged = pointer->sound.frames[pointer->sound.count - 1 - SAFU_LAG];
    const uint32_t bits = pointer->settling < SAFU_SETTLED ? SAFU_FAST : SAFU_SLOW;
    for (uint32_t band = 0; band < SAFU_BANDS; band++) {
        const int32_t now = pointer->room[band];
        pointer->room[band] = (uint16_t)(now + safu_shift_right((lagged[band] << SAFU_ROOM_BITS) - now, bits));
    }
}

/* What does not end is the room. */
static void take_room(safu_end_pointer *pointer)
{
    for (uint32_t band = 0; band < SAFU_BANDS; band++) {
        uint32_t sum = 0;
        for (uint32_t back = 1; back <= NEW_ROOM; back++)
            sum += pointer->sound.frames[pointer->sound.count - back][band];
        pointer->room[band] = (uint16_t)((sum << SAFU_ROOM_BITS) / NEW_ROOM);
    }
}

static void hold(safu_end_pointer *pointer, const uint8_t *frame)
{
    safu_sound *sound = &pointer->sound;
    if (!pointer->is_sounding && sound->count > SAFU_LOOK_BACK) {
        copy_frames(sound->frames, (const uint8_t(*)[SAFU_BANDS])sound->frames + sound->count - SAFU_LOOK_BACK,
                    SAFU_LOOK_BACK);
        sound->count = SAFU_LOOK_BACK;
    }
    for (uint32_t band = 0; band < SAFU_BANDS; band++)
        sound->frames[sound->count][band] = frame[band];
    sound->count++;
    pointer->heard++;
    pointer->settling = (uint8_t)(pointer->settling + (pointer->settling < SAFU_SETTLED));
}

static void wait(safu_end_pointer *pointer, uint32_t above)
{
    pointer->is_sounding = (above + pointer->before) / 2 > SAFU_START;
    pointer->before = (uint16_t)above;
    if (!pointer->is_sounding) {
        follow_room(pointer);
        return;
    }
    pointer->began = pointer->last_loud = (uint16_t)(pointer->sound.count - 1);
    pointer->peak = 0;
}

/* Above the room, and not too far below the peak. */
static bool is_loud(const safu_end_pointer *pointer, uint32_t loudness, uint32_t above)
{
    return above > SAFU_KEEP && loudness > safu_loudness(pointer->sound.room) + SAFU_ABOVE_ROOM &&
           loudness + SAFU_BELOW_PEAK > pointer->peak;
}

static const safu_sound *go_on(safu_end_pointer *pointer, const uint8_t *frame, uint32_t above)
{
    const uint16_t now = (uint16_t)(pointer->sound.count - 1);
    const uint32_t loudness = safu_loudness(frame);
    const bool is_too_long = now - pointer->began > SAFU_LONGEST;
    if (loudness > pointer->peak)
        pointer->peak = (uint16_t)loudness;
    if (is_loud(pointer, loudness, above))
        pointer->last_loud = now;
    if (!is_too_long && now - pointer->last_loud < SAFU_HANG)
        return NULL;
    pointer->is_sounding = false;
    pointer->before = 0;
    if (is_too_long) {
        take_room(pointer);
        pointer->too_long++;
        return NULL;
    }
    pointer->sound.began = pointer->heard - pointer->sound.count;
    return &pointer->sound;
}

const safu_sound *safu_end_pointer_hear(safu_end_pointer *pointer, const uint8_t frame[SAFU_BANDS])
{
    hold(pointer, frame);
    if (pointer->settling <= SAFU_FIRST) {
        learn_room(pointer, frame);
        return NULL;
    }
    tell_room(pointer);
    const uint32_t above = safu_above(frame, pointer->sound.room);
    if (!pointer->is_sounding)
        wait(pointer, above);
    return pointer->is_sounding ? go_on(pointer, frame, above) : NULL;
}
