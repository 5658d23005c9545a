#include "safu_learn.h"

#include "safu_tables.h"

enum { MOST = 255, MOST_ROWS = 4096, MOST_ACTIONS = 255, MOST_PHRASES = 255 };
enum { UNIT = 32, EPS = 1, EPS_OF_NOTHING = 64, WORD = 4, PAIR = 1 };
enum { FACTOR = 426, SHIFT = 14, EVIDENCE = 1 << 21, BESIDE_SLOW = 2 };
enum { PRIOR_OF_NOTHING = 4, LEAST = 7074, MARGIN = 2 << 10 };

/* The chip's memory is read as these lie in it. */
typedef char safu_phrases_have_no_holes[sizeof(safu_phrase) == 2 + 2 * SAFU_PHRASE ? 1 : -1];
typedef char safu_heads_have_no_holes[sizeof(safu_learn_head) == 8 ? 1 : -1];

/* -- what was said ------------------------------------------------------------------------------------------------- */

/* Where a feature is, or belongs. */
static uint32_t place_of(const safu_said *said, uint16_t feature)
{
    uint32_t low = 0, high = said->count;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (said->features[middle] < feature)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool insert(safu_said *said, uint16_t feature)
{
    const uint32_t place = place_of(said, feature);
    if (place < said->count && said->features[place] == feature)
        return false;
    for (uint32_t at = said->count; at > place; at--)
        said->features[at] = said->features[at - 1];
    said->features[place] = feature;
    said->count++;
    return true;
}

static void take_out(safu_said *said, uint16_t feature)
{
    said->count--;
    for (uint32_t at = place_of(said, feature); at < said->count; at++)
        said->features[at] = said->features[at + 1];
}

static uint16_t pair_of(uint32_t digest)
{
    return (uint16_t)(digest | 1);
}

void safu_said_begin(safu_said *said)
{
    said->before = safu_beginning();
    said->words = said->count = said->end = 0;
    said->has_ended = said->end_is_new = false;
}

typedef struct hearing {
    safu_said *said;
    uint32_t feature; /* of the word: itself, the pair, then its pieces */
} hearing;

static void take(void *to, uint32_t digest)
{
    hearing *now = to;
    if (now->feature == 0)
        insert(now->said, (uint16_t)(digest & 0xfffe));
    else if (now->feature == 1)
        insert(now->said, pair_of(digest));
    now->feature++;
}

void safu_said_word(safu_said *said, safu_word word)
{
    if (said->has_ended && said->end_is_new)
        take_out(said, said->end);
    said->has_ended = false;
    if (said->words == SAFU_MAX_WORDS)
        return;
    hearing now = {said, 0};
    said->before = safu_features(said->before, word, take, &now);
    said->words++;
}

void safu_said_end(safu_said *said)
{
    if (said->has_ended || said->words == 0)
        return;
    said->has_ended = true;
    said->end = pair_of(safu_ending(said->before));
    said->end_is_new = insert(said, said->end);
}

/* -- memory -------------------------------------------------------------------------------------------------------- */

static uint32_t room_of(uint32_t capacity)
{
    return capacity > 0 ? capacity + SAFU_SPARE : 0;
}

size_t safu_learn_bytes(uint32_t rows, uint32_t actions, uint32_t phrases)
{
    if (rows == 0 || rows > MOST_ROWS || actions == 0 || actions > MOST_ACTIONS || phrases > MOST_PHRASES)
        return 0;
    const size_t counts = (rows * actions + 3u) & ~3u;
    return sizeof(safu_learn_head) + 8 * actions + sizeof(safu_phrase) * room_of(phrases) + counts;
}

static void lay_out(safu_learn *learn, void *memory, uint32_t actions, uint32_t capacity)
{
    learn->head = memory;
    learn->totals = (uint32_t *)memory + sizeof(safu_learn_head) / 4;
    learn->lessons = learn->totals + actions;
    learn->phrases = (safu_phrase *)(void *)(learn->lessons + actions);
    learn->counts = (uint8_t *)(learn->phrases + room_of(capacity));
}

safu_status safu_learn_begin(safu_learn *learn, void *memory, size_t size, uint32_t rows, uint32_t actions,
                             uint32_t phrases, uint32_t nothing)
{
    const size_t bytes = safu_learn_bytes(rows, actions, phrases);
    if ((uintptr_t)memory % 4 != 0)
        return SAFU_MISALIGNED;
    if (bytes == 0 || nothing >= actions)
        return SAFU_OUT_OF_RANGE;
    if (size < bytes)
        return SAFU_TOO_LITTLE_MEMORY;
    for (size_t at = 0; at < bytes / 4; at++)
        ((uint32_t *)memory)[at] = 0;
    lay_out(learn, memory, actions, phrases);
    learn->head->rows = (uint16_t)rows;
    learn->head->actions = (uint8_t)actions;
    learn->head->capacity = (uint8_t)phrases;
    learn->head->nothing = (uint8_t)nothing;
    return SAFU_OK;
}

static bool can_be(const safu_phrase *phrase, uint32_t actions)
{
    if (phrase->action >= actions || phrase->count == 0 || phrase->count > SAFU_PHRASE)
        return false;
    for (uint32_t at = 1; at < phrase->count; at++)
        if (phrase->features[at - 1] >= phrase->features[at])
            return false;
    return true;
}

static uint32_t total_of(const safu_learn *learn, uint32_t action)
{
    uint32_t total = 0;
    for (uint32_t row = 0; row < learn->head->rows; row++)
        total += learn->counts[row * learn->head->actions + action];
    return total;
}

/* Every lesson has a feature, and without a lesson there is none. */
static bool adds_up(uint32_t lessons, uint32_t total)
{
    return lessons <= total && (lessons > 0 || total == 0);
}

safu_status safu_learn_resume(safu_learn *learn, void *memory, size_t size)
{
    const safu_learn_head *head = memory;
    if ((uintptr_t)memory % 4 != 0)
        return SAFU_MISALIGNED;
    if (size < sizeof *head)
        return SAFU_TOO_LITTLE_MEMORY;
    const size_t bytes = safu_learn_bytes(head->rows, head->actions, head->capacity);
    if (bytes == 0 || head->nothing >= head->actions || head->phrases > room_of(head->capacity))
        return SAFU_BAD_SHAPE;
    if (size < bytes)
        return SAFU_TOO_LITTLE_MEMORY;
    safu_learn found;
    lay_out(&found, memory, head->actions, head->capacity);
    for (uint32_t at = 0; at < head->phrases; at++)
        if (!can_be(found.phrases + at, head->actions))
            return SAFU_BAD_SHAPE;
    for (uint32_t action = 0; action < head->actions; action++)
        if (found.totals[action] != total_of(&found, action) || !adds_up(found.lessons[action], found.totals[action]))
            return SAFU_BAD_SHAPE;
    *learn = found;
    return SAFU_OK;
}

/* -- lessons ------------------------------------------------------------------------------------------------------- */

static uint8_t *count_of(const safu_learn *learn, uint32_t action, uint16_t feature)
{
    return learn->counts + (feature >> 1) % learn->head->rows * learn->head->actions + action;
}

static safu_status check(const safu_learn *learn, const safu_said *said, uint32_t action)
{
    if (action >= learn->head->actions)
        return SAFU_OUT_OF_RANGE;
    if (said->count == 0)
        return SAFU_NOTHING_HEARD;
    return said->count > SAFU_PHRASE ? SAFU_TOO_LONG : SAFU_OK;
}

/* Adds `step` to the counts of the features; all or none: false if one of them is `last`. */
static bool step_counts(safu_learn *learn, const safu_said *said, uint32_t action, uint32_t step, uint32_t last)
{
    for (uint32_t at = 0; at < said->count; at++) {
        uint8_t *count = count_of(learn, action, said->features[at]);
        if (*count == last) {
            while (at-- > 0) {
                count = count_of(learn, action, said->features[at]);
                *count = (uint8_t)(*count - step);
            }
            return false;
        }
        *count = (uint8_t)(*count + step);
    }
    return true;
}

/* Takes a phrase out; the place after the last one is zero. */
static void drop(safu_learn *learn, uint32_t place)
{
    const safu_phrase none = {0, 0, {0}};
    learn->head->phrases--;
    for (; place < learn->head->phrases; place++)
        learn->phrases[place] = learn->phrases[place + 1];
    learn->phrases[learn->head->phrases] = none;
}

safu_status safu_learn_one(safu_learn *learn, const safu_said *said, uint32_t action)
{
    const safu_status status = check(learn, said, action);
    if (status != SAFU_OK)
        return status;
    if (!step_counts(learn, said, action, 1, MOST))
        return SAFU_FULL;
    learn->totals[action] += said->count;
    learn->lessons[action]++;
    if (learn->head->capacity == 0)
        return SAFU_OK;
    if (learn->head->phrases == room_of(learn->head->capacity))
        drop(learn, 0);
    safu_phrase *phrase = learn->phrases + learn->head->phrases++;
    phrase->action = (uint8_t)action;
    phrase->count = (uint8_t)said->count;
    for (uint32_t at = 0; at < said->count; at++)
        phrase->features[at] = said->features[at];
    return SAFU_OK;
}

static bool is_same(const safu_phrase *phrase, const safu_said *said)
{
    uint32_t at = 0;
    while (at < phrase->count && at < said->count && phrase->features[at] == said->features[at])
        at++;
    return at == phrase->count && at == said->count;
}

safu_status safu_unlearn_one(safu_learn *learn, const safu_said *said, uint32_t action)
{
    const safu_status status = check(learn, said, action);
    if (status != SAFU_OK)
        return status;
    const uint32_t lessons = learn->lessons[action], total = learn->totals[action];
    if (lessons == 0 || total < said->count || !adds_up(lessons - 1, total - said->count) ||
        !step_counts(learn, said, action, UINT32_MAX, 0))
        return SAFU_NEVER_LEARNED;
    learn->totals[action] = total - said->count;
    learn->lessons[action] = lessons - 1;
    for (uint32_t place = learn->head->phrases; place-- > 0;)
        if (learn->phrases[place].action == action && is_same(learn->phrases + place, said)) {
            drop(learn, place);
            break;
        }
    return SAFU_OK;
}

/* -- answers ------------------------------------------------------------------------------------------------------- */

static int32_t nats_of(int32_t bits)
{
    return (int32_t)safu_shift((int64_t)bits * 5678, 15);
}

static void prior(const safu_learn *learn, int32_t *logits)
{
    const uint32_t nothing = learn->head->nothing;
    uint32_t all = 0;
    for (uint32_t action = 0; action < learn->head->actions; action++) {
        const uint32_t lessons = action == nothing ? 0 : learn->lessons[action];
        const uint32_t twice = lessons > 0 ? 2 * lessons + 1 : 0;
        logits[action] = lessons > 0 ? nats_of(safu_log2(twice)) : SAFU_NEVER;
        all += twice;
    }
    logits[nothing] = nats_of(safu_log2(PRIOR_OF_NOTHING * (all > 0 ? all : 1)));
}

static void slowly(const safu_learn *learn, const int32_t *slow, uint32_t known, int32_t *logits)
{
    int32_t greatest = slow[0];
    for (uint32_t action = 1; action < known; action++)
        if (slow[action] > greatest)
            greatest = slow[action];
    for (uint32_t action = 0; action < known; action++) {
        const int64_t behind = (int64_t)greatest - slow[action];
        logits[action] = behind < LEAST ? -(int32_t)behind : -LEAST;
    }
    for (uint32_t action = known; action < learn->head->actions; action++)
        logits[action] = learn->lessons[action] > 0 || action == learn->head->nothing ? -LEAST : SAFU_NEVER;
}

/* Of words and pairs for an action, against any word being as likely as any other. */
static int32_t evidence_for(const safu_learn *learn, const safu_said *said, uint32_t action)
{
    const uint32_t eps = action == learn->head->nothing ? EPS_OF_NOTHING : EPS;
    const uint32_t rows = learn->head->rows;
    const int32_t total = safu_log2(UNIT * learn->totals[action] + eps * rows) - safu_log2(rows);
    int32_t bits = 0;
    for (uint32_t at = 0; at < said->count; at++) {
        const uint16_t feature = said->features[at];
        const int32_t weight = (feature & 1) != 0 ? PAIR : WORD;
        bits += weight * (safu_log2(UNIT * *count_of(learn, action, feature) + eps) - total);
    }
    bits = bits > EVIDENCE ? EVIDENCE : bits < -EVIDENCE ? -EVIDENCE : bits;
    return (bits * FACTOR + (1 << (SHIFT - 1))) >> SHIFT;
}

static uint32_t shared(const safu_phrase *phrase, const safu_said *said)
{
    uint32_t found = 0, at = 0;
    for (uint32_t mine = 0; mine < phrase->count; mine++) {
        while (at < said->count && said->features[at] < phrase->features[mine])
            at++;
        found += at < said->count && said->features[at] == phrase->features[mine];
    }
    return found;
}

/* Lifts the action of the likest of the newest phrases, the newest of those, if it is at all alike. */
static void lift(const safu_learn *learn, const safu_said *said, int32_t *logits)
{
    const safu_learn_head *head = learn->head;
    const uint32_t phrases = head->phrases, capacity = head->capacity;
    const uint32_t oldest = phrases > capacity ? phrases - capacity : 0;
    uint32_t square = 0, one = 1, action = head->nothing;
    for (uint32_t place = phrases; place-- > oldest;) {
        const safu_phrase *phrase = learn->phrases + place;
        const uint32_t both = shared(phrase, said), lengths = (uint32_t)phrase->count * said->count;
        if (learn->lessons[phrase->action] > 0 && both * both * one > square * lengths) {
            square = both * both;
            one = lengths;
            action = phrase->action;
        }
    }
    if (2 * square <= one)
        return;
    int32_t others = logits[action];
    for (uint32_t other = 0; other < head->actions; other++)
        if (logits[other] > others)
            others = logits[other];
    const uint32_t missing = (uint32_t)(others - logits[action]) + MARGIN;
    logits[action] += (int32_t)(missing * (2 * square - one) / one);
}

safu_status safu_learn_answer(const safu_learn *learn, const safu_said *said, const int32_t *slow, uint32_t known,
                              int32_t *logits)
{
    if (known > learn->head->actions)
        return SAFU_OUT_OF_RANGE;
    if (known > 0)
        slowly(learn, slow, known, logits);
    else
        prior(learn, logits);
    for (uint32_t action = 0; action < learn->head->actions; action++) {
        if (learn->lessons[action] == 0)
            continue;
        const int32_t evidence = evidence_for(learn, said, action);
        logits[action] += known == 0 ? evidence : evidence > 0 ? evidence >> BESIDE_SLOW : 0;
    }
    lift(learn, said, logits);
    return SAFU_OK;
}
