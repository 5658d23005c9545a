#include "safu_switch.h"

#include "safu_arithmetic.h"

enum { MOST_COLUMNS = 255, MOST_CODEWORDS = 255, MOST_HALVINGS = 13 };

/* The chip's memory is read as these lie in it. */
typedef char safu_switch_heads_have_no_holes[sizeof(safu_switch_head) == 4 + 28 + 2 * SAFU_REMEMBERED + 2 + 2 ? 1 : -1];

/* -- memory --------------------------------------------------------------------------------------------------------- */

static bool is_shape(uint32_t actions, uint32_t background, uint32_t codewords)
{
    return actions > 0 && actions <= MOST_COLUMNS && background <= MOST_COLUMNS - actions && codewords > 0 &&
           codewords <= MOST_CODEWORDS;
}

size_t safu_switch_bytes(uint32_t actions, uint32_t background, uint32_t codewords)
{
    return is_shape(actions, background, codewords) ? SAFU_SWITCH_BYTES(actions, background, codewords) : 0;
}

size_t safu_switch_work_bytes(uint32_t actions, uint32_t background, uint32_t codewords)
{
    return is_shape(actions, background, codewords) ? SAFU_SWITCH_WORK_BYTES(actions, background, codewords) : 0;
}

static void lay_out(safu_switch *learner, void *state, void *work, uint32_t columns, uint32_t codewords)
{
    const uint32_t cells = SAFU_GROUPS * codewords;
    learner->head = state;
    learner->lessons = (uint32_t *)state + sizeof(safu_switch_head) / 4;
    learner->counts.halvings = (uint8_t *)(learner->lessons + columns);
    learner->codebook.words = (safu_vector *)(void *)(learner->counts.halvings + SAFU_WHOLE_WORDS(columns));
    learner->codebook.errors = &learner->head->errors;
    learner->codebook.used = &learner->head->used;
    learner->codebook.size = codewords;
    learner->counts.cells = (uint8_t *)(learner->codebook.words + SAFU_STREAMS * codewords);
    learner->counts.columns = columns;
    learner->counts.size = codewords;
    learner->work = work;
    learner->tokens.heard.cells = (uint32_t *)(void *)(learner->work + 1);
    learner->against = (int32_t *)(learner->tokens.heard.cells + cells);
    learner->total = (uint16_t *)(learner->against + learner->head->actions);
    learner->counts.totals = (uint16_t(*)[SAFU_GROUPS])(void *)(learner->total + cells);
}

static safu_status check_memory(const void *state, size_t state_size, const void *work, size_t work_size, size_t bytes,
                                size_t work_bytes)
{
    if ((uintptr_t)state % 4 != 0 || (uintptr_t)work % 4 != 0)
        return SAFU_MISALIGNED;
    return state_size < bytes || work_size < work_bytes ? SAFU_TOO_LITTLE_MEMORY : SAFU_OK;
}

safu_status safu_switch_begin(safu_switch *learner, void *state, size_t state_size, void *work, size_t work_size,
                              uint32_t actions, uint32_t background, uint32_t codewords)
{
    const size_t bytes = safu_switch_bytes(actions, background, codewords);
    if (bytes == 0)
        return SAFU_OUT_OF_RANGE;
    const safu_status status = check_memory(state, state_size, work, work_size, bytes,
                                            safu_switch_work_bytes(actions, background, codewords));
    if (status != SAFU_OK)
        return status;
    for (size_t at = 0; at < bytes / 4; at++)
        ((uint32_t *)state)[at] = 0;
    safu_switch_head *head = state;
    head->actions = (uint8_t)actions;
    head->background = (uint8_t)background;
    head->codewords = (uint8_t)codewords;
    head->hearing = SAFU_HEARING;
    lay_out(learner, state, work, actions + background, codewords);
    safu_counts_total(&learner->counts);
    return SAFU_OK;
}

static bool can_be(const safu_switch *learner)
{
    if (learner->head->threshold.known > SAFU_REMEMBERED)
        return false;
    for (uint32_t column = 0; column < learner->counts.columns; column++)
        if (learner->counts.halvings[column] > MOST_HALVINGS)
            return false;
    return safu_is_codebook(&learner->codebook);
}

safu_status safu_switch_resume(safu_switch *learner, void *state, size_t state_size, void *work, size_t work_size)
{
    const safu_switch_head *head = state;
    safu_switch found;
    safu_status status = check_memory(state, state_size, work, work_size, sizeof *head, 0);
    if (status != SAFU_OK)
        return status;
    if (head->hearing != SAFU_HEARING)
        return SAFU_OTHER_VERSION;
    const size_t bytes = safu_switch_bytes(head->actions, head->background, head->codewords);
    if (bytes == 0)
        return SAFU_BAD_SHAPE;
    status = check_memory(state, state_size, work, work_size, bytes,
                          safu_switch_work_bytes(head->actions, head->background, head->codewords));
    if (status != SAFU_OK)
        return status;
    lay_out(&found, state, work, (uint32_t)head->actions + head->background, head->codewords);
    if (!can_be(&found))
        return SAFU_BAD_SHAPE;
    safu_counts_total(&found.counts);
    *learner = found;
    return SAFU_OK;
}

/* -- evidence ------------------------------------------------------------------------------------------------------- */

static void listen(safu_switch *learner, const safu_mix *mix, safu_window window)
{
    safu_spoken_begin(&learner->work->spoken, mix, window);
    safu_tokens_of(&learner->codebook, &learner->work->spoken, &learner->tokens);
}

static int32_t evidence_of(const safu_switch *learner, uint32_t column)
{
    return safu_evidence(&learner->counts, &learner->tokens, column);
}

/* Of what was listened to, for each action against the best of the background and all actions pooled. */
static void weigh(safu_switch *learner)
{
    const uint32_t actions = learner->head->actions;
    int32_t behind = safu_pooled(&learner->counts, &learner->tokens, actions);
    for (uint32_t column = actions; column < learner->counts.columns; column++) {
        const int32_t evidence = learner->lessons[column] > 0 ? evidence_of(learner, column) : INT32_MIN;
        behind = evidence > behind ? evidence : behind;
    }
    for (uint32_t action = 0; action < actions; action++)
        learner->against[action] = evidence_of(learner, action) - behind;
}

/* Bits per frame, of those in the window and some beside it, less what is strange in them. */
static int32_t margin_of(const safu_switch *learner, uint32_t action, uint32_t beside)
{
    const int32_t frames = (int32_t)(learner->work->spoken.weight + SAFU_FULL_WEIGHT * beside);
    const int32_t strange = safu_within(learner->tokens.strange - SAFU_USUAL, 0, SAFU_STRANGEST);
    return safu_floor_divide(learner->against[action], frames) - SAFU_STRANGER * strange;
}

/* -- what a sound means --------------------------------------------------------------------------------------------- */

/* The action that knows a window best, unless it is no word; false if none was ever taught. */
static bool judge(safu_switch *learner, const safu_mix *mix, safu_window window, safu_candidate *candidate)
{
    const uint32_t beside = safu_left_out(&learner->work->heights, window);
    bool is_known = false;
    listen(learner, mix, window);
    weigh(learner);
    for (uint32_t action = 0; action < learner->head->actions; action++) {
        const int32_t evidence = learner->against[action];
        if (learner->lessons[action] == 0 || (is_known && evidence <= candidate->evidence))
            continue;
        const safu_candidate found = {evidence, margin_of(learner, action, beside), window, (uint8_t)action,
                                      !safu_spoken_moves(&learner->work->spoken)};
        *candidate = found;
        is_known = true;
    }
    return is_known;
}

static bool lies_beside(safu_window window, const safu_meaning *meanings, uint32_t count)
{
    for (uint32_t at = 0; at < count; at++)
        if (window.end > meanings[at].window.begin && window.begin < meanings[at].window.end)
            return false;
    return true;
}

static safu_candidate *best_left(safu_candidate *candidates, uint32_t count)
{
    safu_candidate *best = NULL;
    for (safu_candidate *candidate = candidates; candidate < candidates + count; candidate++)
        if (!candidate->is_taken && (best == NULL || candidate->evidence > best->evidence))
            best = candidate;
    return best;
}

uint32_t safu_switch_predict(safu_switch *learner, const safu_sound *sound, safu_meaning *meanings, uint32_t most)
{
    safu_candidate *candidates = learner->work->of.answer.candidates, *best;
    const safu_mix mix = safu_unmixed(sound);
    safu_heights_of(&learner->work->heights, &mix);
    const uint32_t windows = safu_windows_of(&learner->work->heights, learner->work->of.answer.windows);
    const int32_t threshold = safu_threshold_margin(&learner->head->threshold);
    uint32_t count = 0;
    for (uint32_t at = 0; at < windows; at++)
        if (!judge(learner, &mix, learner->work->of.answer.windows[at], candidates + at))
            return 0;
    while (count < most && (best = best_left(candidates, windows)) != NULL) {
        const safu_meaning found = {best->margin, best->window, best->action, best->margin >= threshold};
        best->is_taken = true;
        if (lies_beside(best->window, meanings, count))
            meanings[count++] = found;
    }
    return count;
}

/* -- lessons -------------------------------------------------------------------------------------------------------- */

static uint32_t all_lessons(const safu_switch *learner)
{
    uint32_t sum = 0;
    for (uint32_t column = 0; column < learner->counts.columns; column++)
        sum += learner->lessons[column];
    return sum;
}

/* Adds one way to hear the word. */
static void add(safu_switch *learner, const safu_mix *mix, safu_window window, uint32_t times)
{
    listen(learner, mix, window);
    safu_tokens_add(&learner->tokens, learner->total, times);
}

/* The word in noisier rooms, half of all that is added, and the word itself as often as all these; returns how many
 * ways that makes. */
static uint32_t add_all(safu_switch *learner, const safu_sound *sound, safu_window window, uint32_t loudest)
{
    const uint32_t turn = all_lessons(learner);
    const safu_mix mix = safu_unmixed(sound);
    uint32_t copies = 0;
    for (uint32_t number = 0; number < SAFU_COPIES; number++) {
        const safu_mix copy = safu_noisier(sound, loudest, turn, number);
        safu_window left;
        safu_heights_of(&learner->work->heights, &copy);
        if (safu_island_at(&learner->work->heights, loudest, &left)) {
            add(learner, &copy, left, 1);
            copies++;
        }
    }
    const uint32_t times = copies > 0 ? copies : 1;
    add(learner, &mix, window, times);
    return times + copies;
}

/* The code is the household's: only actions donate. */
static void count(safu_switch *learner, const safu_sound *sound, safu_window window, uint32_t column)
{
    const uint32_t loudest = safu_loudest(&learner->work->heights, window);
    for (uint32_t cell = 0; cell < SAFU_GROUPS * learner->counts.size; cell++)
        learner->total[cell] = 0;
    if (column < learner->head->actions) {
        const safu_mix mix = safu_unmixed(sound);
        safu_spoken_begin(&learner->work->spoken, &mix, window);
        safu_donate(&learner->codebook, &learner->counts, &learner->work->spoken, &learner->work->of.lesson);
        safu_counts_total(&learner->counts);
    }
    safu_count(&learner->counts, learner->total, add_all(learner, sound, window, loudest), column);
    learner->lessons[column]++;
}

safu_status safu_switch_learn_one(safu_switch *learner, const safu_sound *sound, uint32_t action)
{
    const safu_mix mix = safu_unmixed(sound);
    safu_window window;
    if (action >= learner->head->actions)
        return SAFU_OUT_OF_RANGE;
    safu_heights_of(&learner->work->heights, &mix);
    if (!safu_word_of(&learner->work->heights, &window))
        return SAFU_NOTHING_HEARD;
    if (learner->lessons[action] >= SAFU_FEWEST_LESSONS) {
        listen(learner, &mix, window);
        weigh(learner);
        safu_threshold_learn_one(&learner->head->threshold, margin_of(learner, action, 0));
    }
    count(learner, sound, window, action);
    return SAFU_OK;
}

/* The column that knows best what was listened to; there is one at least. */
static uint32_t best_of(const safu_switch *learner, uint32_t begin, uint32_t end)
{
    uint32_t best = begin;
    int32_t most = evidence_of(learner, begin);
    for (uint32_t column = begin + 1; column < end; column++) {
        const int32_t found = evidence_of(learner, column);
        if (found > most) {
            most = found;
            best = column;
        }
    }
    return best;
}

/* In the first free one of some background columns, else in the one that knows it best, unless its margin is below
 * `least`. */
static safu_status learn_none(safu_switch *learner, const safu_sound *sound, uint32_t begin, uint32_t end, int32_t least)
{
    uint32_t column = begin;
    safu_meaning meaning;
    const safu_mix mix = safu_unmixed(sound);
    if (begin >= end)
        return SAFU_OUT_OF_RANGE;
    if (safu_switch_predict(learner, sound, &meaning, 1) == 0 || meaning.margin < least)
        return SAFU_NOTHING_HEARD;
    while (column < end && learner->lessons[column] > 0)
        column++;
    if (column == end) {
        listen(learner, &mix, meaning.window);
        column = best_of(learner, begin, end);
    }
    count(learner, sound, meaning.window, column);
    return SAFU_OK;
}

/* Where the columns for corrections begin; they are the last of the background. */
static uint32_t corrections(const safu_switch *learner)
{
    const uint32_t actions = learner->head->actions, background = learner->head->background;
    return background > SAFU_CORRECTIONS ? actions + background - SAFU_CORRECTIONS : actions;
}

safu_status safu_switch_learn_background(safu_switch *learner, const safu_sound *sound)
{
    return learn_none(learner, sound, learner->head->actions, corrections(learner), SAFU_TEMPTING);
}

safu_status safu_switch_correct(safu_switch *learner, const safu_sound *sound)
{
    return learn_none(learner, sound, corrections(learner), learner->counts.columns, INT16_MIN);
}
