#include "safu_windows.h"

typedef struct heights {
    uint32_t count;
    uint16_t of[SAFU_SOUND_FRAMES]; /* loudness; 0 where hardly anything is above the room */
} heights;

typedef char safu_frames_are_bytes[SAFU_SOUND_FRAMES <= UINT8_MAX ? 1 : -1];

static void measure(heights *found, const safu_mix *mix)
{
    uint8_t frame_buffer[SAFU_BANDS], room_buffer[SAFU_BANDS];
    const uint8_t *room = safu_mix_room(mix, room_buffer);
    found->count = mix->sound->count;
    for (uint32_t at = 0; at < found->count; at++) {
        const uint8_t *frame = safu_mix_frame(mix, at, frame_buffer);
        found->of[at] = (uint16_t)(safu_above(frame, room) > SAFU_KEEP ? safu_loudness(frame) : 0);
    }
}

/* The first island that begins at `from` or later. */
static bool next_island(const heights *found, uint32_t least, uint32_t from, safu_window *island)
{
    while (from < found->count && found->of[from] <= least)
        from++;
    if (from == found->count)
        return false;
    island->begin = (uint8_t)from;
    for (uint32_t at = from; at < found->count && at <= from + SAFU_GAP + 1; at++)
        if (found->of[at] > least)
            from = at;
    island->end = (uint8_t)(from + 1);
    return true;
}

static bool is_before(safu_window one, safu_window other)
{
    return one.begin < other.begin || (one.begin == other.begin && one.end < other.end);
}

/* In order, unless it is there already. */
static uint32_t insert(safu_window *windows, uint32_t count, safu_window window)
{
    uint32_t place = count;
    while (place > 0 && is_before(window, windows[place - 1]))
        place--;
    if (place > 0 && !is_before(windows[place - 1], window))
        return count;
    for (uint32_t at = count; at > place; at--)
        windows[at] = windows[at - 1];
    windows[place] = window;
    return count + 1;
}

static bool is_long_enough(safu_window window)
{
    return window.end - window.begin >= SAFU_LEAST;
}

uint32_t safu_loudest(const safu_sound *sound, safu_window window)
{
    uint32_t found = window.begin, peak = 0;
    for (uint32_t at = window.begin; at < window.end; at++) {
        const uint32_t loudness = safu_loudness(sound->frames[at]);
        if (loudness > peak) {
            peak = loudness;
            found = at;
        }
    }
    return found;
}

static uint32_t loudest_of_all(const safu_sound *sound)
{
    const safu_window all = {0, (uint8_t)sound->count};
    return safu_loudest(sound, all);
}

uint32_t safu_windows_of(const safu_sound *sound, safu_window windows[SAFU_WINDOWS])
{
    heights found;
    const safu_mix mix = safu_unmixed(sound);
    uint32_t count = 0;
    measure(&found, &mix);
    const uint32_t peak = sound->count > 0 ? safu_loudness(sound->frames[loudest_of_all(sound)]) : 0;
    for (uint32_t line = 0; line < SAFU_LINES; line++) {
        const uint32_t least = safu_least_loud(sound->room, peak, safu_water_lines[line]);
        safu_window island = {0, 0};
        while (next_island(&found, least, island.end, &island))
            if (is_long_enough(island))
                count = insert(windows, count, island);
    }
    return count;
}

bool safu_island_at(const safu_mix *mix, uint32_t at, safu_window *window)
{
    heights found;
    uint8_t buffer[SAFU_BANDS];
    measure(&found, mix);
    const uint32_t peak = safu_loudness(safu_mix_frame(mix, at, buffer));
    const uint32_t least = safu_least_loud(safu_mix_room(mix, buffer), peak, SAFU_WORD_LINE);
    safu_window island = {0, 0};
    while (next_island(&found, least, island.end, &island))
        if (island.begin <= at && at < island.end) {
            *window = island;
            return true;
        }
    return false;
}

bool safu_word_of(const safu_sound *sound, safu_window *window)
{
    const safu_mix mix = safu_unmixed(sound);
    return sound->count > 0 && safu_island_at(&mix, loudest_of_all(sound), window) && is_long_enough(*window);
}

safu_window safu_around(const safu_sound *sound, safu_window window)
{
    const uint32_t end = (uint32_t)window.end + SAFU_AROUND;
    safu_window wide = {0, (uint8_t)(end < sound->count ? end : sound->count)};
    if (window.begin > SAFU_AROUND)
        wide.begin = (uint8_t)(window.begin - SAFU_AROUND);
    return wide;
}
