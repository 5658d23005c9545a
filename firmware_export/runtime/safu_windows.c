#include "safu_windows.h"

typedef char safu_frames_are_bytes[SAFU_SOUND_FRAMES <= UINT8_MAX ? 1 : -1];

static uint32_t height_of(const safu_heights *heights, uint32_t at)
{
    return heights->of[at] >> 1;
}

static bool is_loud(const safu_heights *heights, uint32_t at, uint32_t least)
{
    return (heights->of[at] & 1) != 0 && height_of(heights, at) > least;
}

void safu_heights_of(safu_heights *heights, const safu_mix *mix)
{
    uint8_t frame_buffer[SAFU_BANDS], room_buffer[SAFU_BANDS];
    const uint8_t *room = safu_mix_room(mix, room_buffer);
    heights->count = mix->sound->count;
    heights->least = (uint16_t)(safu_loudness(room) + SAFU_ABOVE_ROOM);
    heights->loudest = 0;
    for (uint32_t at = 0; at < heights->count; at++) {
        const uint8_t *frame = safu_mix_frame(mix, at, frame_buffer);
        heights->of[at] = (uint16_t)(2 * safu_loudness(frame) + (safu_above(frame, room) > SAFU_KEEP));
        if (height_of(heights, at) > height_of(heights, heights->loudest))
            heights->loudest = (uint16_t)at;
    }
}

static uint32_t water(const safu_heights *heights, uint32_t peak, uint32_t line)
{
    return peak > heights->least + line ? peak - line : heights->least;
}

/* The first island that begins at `from` or later; more than `gap` frames below water part it from the next. */
static bool next_island(const safu_heights *heights, uint32_t least, uint32_t gap, uint32_t from, safu_window *island)
{
    while (from < heights->count && !is_loud(heights, from, least))
        from++;
    if (from == heights->count)
        return false;
    island->begin = (uint8_t)from;
    for (uint32_t at = from; at < heights->count && at <= from + gap + 1; at++)
        if (is_loud(heights, at, least))
            from = at;
    island->end = (uint8_t)(from + 1);
    return true;
}

/* The island that frame `at` is on. */
static bool island_around(const safu_heights *heights, uint32_t least, uint32_t at, safu_window *window)
{
    safu_window island = {0, 0};
    while (next_island(heights, least, SAFU_GAP, island.end, &island))
        if (island.begin <= at && at < island.end) {
            *window = island;
            return true;
        }
    return false;
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

uint32_t safu_loudest(const safu_heights *heights, safu_window window)
{
    uint32_t found = window.begin;
    for (uint32_t at = window.begin; at < window.end; at++)
        if (height_of(heights, at) > height_of(heights, found))
            found = at;
    return found;
}

/* The islands of one water line, among those that are known; returns how many there are then. */
static uint32_t insert_all(const safu_heights *heights, uint32_t least, uint32_t gap, safu_window *windows,
                           uint32_t count)
{
    safu_window island = {0, 0};
    while (next_island(heights, least, gap, island.end, &island))
        if (is_long_enough(island))
            count = insert(windows, count, island);
    return count;
}

uint32_t safu_windows_of(const safu_heights *heights, safu_window windows[SAFU_WINDOWS])
{
    uint32_t count = 0;
    for (uint32_t line = 0; line < SAFU_LINES && heights->count > 0; line++) {
        const uint32_t least = water(heights, height_of(heights, heights->loudest), safu_water_lines[line]);
        count = insert_all(heights, least, SAFU_GAP, windows, count);
        if (least == heights->least)
            count = insert_all(heights, least, SAFU_SHORT_GAP, windows, count);
    }
    return count;
}

bool safu_island_at(const safu_heights *heights, uint32_t at, safu_window *window)
{
    return island_around(heights, water(heights, height_of(heights, at), SAFU_WORD_LINE), at, window);
}

bool safu_word_of(const safu_heights *heights, safu_window *window)
{
    return heights->count > 0 && safu_island_at(heights, heights->loudest, window) && is_long_enough(*window);
}

static uint32_t as_loud(const safu_heights *heights, uint32_t begin, uint32_t end, uint32_t peak)
{
    uint32_t count = 0;
    for (uint32_t at = begin; at < end; at++)
        count += height_of(heights, at) + SAFU_AS_LOUD > peak;
    return count;
}

uint32_t safu_left_out(const safu_heights *heights, safu_window window)
{
    const uint32_t peak = height_of(heights, safu_loudest(heights, window));
    const uint32_t least = water(heights, height_of(heights, heights->loudest), safu_water_lines[0]);
    safu_window island = window;
    (void)island_around(heights, least, window.begin, &island);
    const uint32_t before = window.begin > SAFU_AROUND ? window.begin - SAFU_AROUND : 0;
    return as_loud(heights, island.begin, before, peak) +
           as_loud(heights, (uint32_t)window.end + SAFU_AROUND, island.end, peak);
}

safu_window safu_around(const safu_sound *sound, safu_window window)
{
    const uint32_t end = (uint32_t)window.end + SAFU_AROUND;
    safu_window wide = {0, (uint8_t)(end < sound->count ? end : sound->count)};
    if (window.begin > SAFU_AROUND)
        wide.begin = (uint8_t)(window.begin - SAFU_AROUND);
    return wide;
}
