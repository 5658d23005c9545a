#include "safu_intents.h"

#include "safu_kernels.h"
#include "safu_bag.h"
#include "safu_tables.h"

enum { SHAPE, DIGESTS, INPUTS, OUTPUTS, INPUT_FACTORS, OUTPUT_FACTORS, HIDDEN_BIAS, BIAS, NAMES };
enum { TANH, RELU, LINEAR };
enum { MAX_HIDDEN = 4096, MAX_ROWS = 1 << 20, MAX_ACTIONS = 65534, MAX_FEATURES = 8192 };

static uint32_t fours(uint32_t count)
{
    return (count + 3) / 4;
}

static bool is_possible(const safu_intents *m)
{
    return m->activation <= LINEAR && m->hidden >= 1 && m->hidden <= MAX_HIDDEN && m->rows >= 2 && m->rows <= MAX_ROWS &&
           m->exact <= m->rows - 2 && m->actions >= 1 && m->actions <= MAX_ACTIONS;
}

static bool are_factors(const uint32_t *factors, uint32_t count)
{
    while (count > 0 && safu_is_factor(*factors)) {
        factors++;
        count--;
    }
    return count == 0;
}

/* Whether there is one name an action. */
static bool are_names(const char *names, uint32_t size, uint32_t count)
{
    for (uint32_t at = 0; at < size; at++)
        count -= names[at] == 0;
    return count == 0 && names[size - 1] == 0;
}

safu_status safu_intents_open(safu_intents *model, const void *bytes, size_t size)
{
    safu_image image;
    const safu_status status = safu_open(&image, bytes, size);
    if (status != SAFU_OK)
        return status;
    if (image.kind != SAFU_INTENTS)
        return SAFU_OTHER_KIND;
    const uint32_t *s = safu_section(&image, SHAPE, 24);
    if (s == NULL)
        return SAFU_BAD_SHAPE;
    safu_intents m = {.activation = s[0], .rows = s[1], .exact = s[2], .hidden = s[3], .actions = s[4], .version = s[5]};
    if (!is_possible(&m))
        return SAFU_BAD_SHAPE;
    const uint32_t wide = 4 * fours(m.hidden), names = safu_section_size(&image, NAMES);
    m.digests = safu_section(&image, DIGESTS, 4 * (uint64_t)m.exact);
    m.inputs = safu_section(&image, INPUTS, (uint64_t)m.rows * wide);
    m.outputs = safu_section(&image, OUTPUTS, (uint64_t)4 * fours(m.actions) * wide);
    m.input_factors = safu_section(&image, INPUT_FACTORS, 4 * (uint64_t)m.hidden);
    m.output_factors = safu_section(&image, OUTPUT_FACTORS, 4 * (uint64_t)m.actions);
    m.hidden_bias = safu_section(&image, HIDDEN_BIAS, 4 * (uint64_t)m.hidden);
    m.bias = safu_section(&image, BIAS, 4 * (uint64_t)m.actions);
    m.names = safu_section(&image, NAMES, names);
    if (!m.digests || !m.inputs || !m.outputs || !m.input_factors || !m.output_factors || !m.hidden_bias || !m.bias ||
        !m.names || !are_factors(m.input_factors, m.hidden) || !are_factors(m.output_factors, m.actions) ||
        names == 0 || !are_names(m.names, names, m.actions))
        return SAFU_BAD_SHAPE;
    *model = m;
    return SAFU_OK;
}

size_t safu_sentence_bytes(const safu_intents *model)
{
    return 24 * (size_t)fours(model->hidden);
}

safu_status safu_sentence_begin(safu_sentence *sentence, const safu_intents *model, void *memory, size_t size)
{
    const uint32_t wide = 4 * fours(model->hidden);
    uint32_t *words = memory;
    if ((uintptr_t)memory % 4 != 0)
        return SAFU_MISALIGNED;
    if (size < safu_sentence_bytes(model))
        return SAFU_TOO_LITTLE_MEMORY;
    *sentence = (safu_sentence){.model = model, .sums = words, .lanes = words + wide, .before = safu_beginning()};
    for (uint32_t at = 0; at < wide + wide / 2; at++)
        words[at] = 0;
    return SAFU_OK;
}

/* The row of an exact feature; `exact` if it is none. */
static uint32_t exact_row(const safu_intents *model, uint32_t digest)
{
    uint32_t low = 0, high = model->exact;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (model->digests[middle] < digest)
            low = middle + 1;
        else
            high = middle;
    }
    return low < model->exact && model->digests[low] == digest ? low : model->exact;
}

static void empty_lanes(safu_sentence *sentence)
{
    safu_bag_empty(sentence->sums, sentence->lanes, fours(sentence->model->hidden));
    sentence->in_lanes = 0;
}

static void hear_feature(void *to, uint32_t digest)
{
    safu_sentence *sentence = to;
    const safu_intents *model = sentence->model;
    if (sentence->features == MAX_FEATURES)
        return;
    uint32_t first = exact_row(model, digest), second = first; /* an exact feature has both halves in one row */
    if (first == model->exact) {
        const uint32_t shared = model->rows - model->exact;
        const uint32_t turns = digest / shared, step = 1 + turns % (shared - 1), place = digest - turns * shared;
        first += place;
        second = first + step < model->rows ? first + step : first + step - shared;
    }
    const uint32_t words = fours(model->hidden);
    if (sentence->in_lanes == SAFU_BAG_MOST)
        empty_lanes(sentence);
    safu_bag_add(sentence->lanes, model->inputs + (size_t)first * words, model->inputs + (size_t)second * words, words);
    sentence->in_lanes = (uint16_t)(sentence->in_lanes + 2);
    sentence->features++;
}

void safu_hear(safu_sentence *sentence, safu_word word)
{
    if (sentence->words == SAFU_MAX_WORDS)
        return;
    sentence->words++;
    sentence->before = safu_features(sentence->before, word, hear_feature, sentence);
}

/* The two functions below are safu_times and safu_shift in 32 bits, where that holds them: the lower bits of a product
 * only matter as far as they carry, and to round is to halve what is one bit too long. */
static int64_t times(int32_t value, uint32_t factor)
{
    const int32_t multiplier = (int32_t)(factor & 0xffff);
    const uint32_t bits = factor >> 16;
    if (bits > 16) {
        const int32_t carried = (int32_t)(((uint32_t)value & 0xffff) * (uint32_t)multiplier >> 16);
        return ((((value >> 16) * multiplier + carried) >> (bits - 17)) + 1) >> 1;
    }
    if (value > -(1 << 16) && value < 1 << 16)
        return ((value * multiplier >> (bits - 1)) + 1) >> 1;
    return safu_times(value, factor);
}

static int64_t rooted(int64_t sum, int32_t root)
{
    const int32_t small = (int32_t)sum;
    if (sum < -(1 << 28) || sum > 1 << 28)
        return safu_shift(sum * root, 15);
    return ((small >> 14) * root + ((small & 0x3fff) * root >> 14) + 1) >> 1;
}

/* The activation of a hidden unit whose inputs have this sum. */
static int16_t activation(const safu_intents *model, uint32_t unit, int32_t inputs, int32_t root)
{
    const int64_t sum = rooted(times(inputs, model->input_factors[unit]), root) + model->hidden_bias[unit];
    const int32_t clipped = sum < -32768 ? -32768 : sum > 32767 ? 32767 : (int32_t)sum;
    if (model->activation == TANH)
        return (int16_t)safu_tanh(clipped);
    return (int16_t)(model->activation == RELU && clipped < 0 ? 0 : clipped);
}

/* All of them, in the place of the lanes, which hold what is in no sum. */
static const int16_t *hidden_units(const safu_sentence *sentence, uint32_t features)
{
    const safu_intents *model = sentence->model;
    int16_t *hidden = (int16_t *)(void *)sentence->lanes;
    const int32_t signless = (int32_t)(2 * 128 * features), root = safu_root(sentence->words);
    for (uint32_t four = 0; four < fours(model->hidden); four++) {
        const uint32_t low = sentence->lanes[2 * four], high = sentence->lanes[2 * four + 1];
        const uint32_t lanes[4] = {low & 0xffff, high & 0xffff, low >> 16, high >> 16};
        for (uint32_t unit = 4 * four, at = 0; at < 4; unit++, at++) {
            const int32_t sum = (int32_t)(sentence->sums[unit] + lanes[at]) - signless;
            hidden[unit] = unit < model->hidden ? activation(model, unit, sum, root) : 0;
        }
    }
    return hidden;
}

static void output_layer(const safu_intents *model, const int16_t *hidden, int32_t *logits)
{
    const uint32_t wide = 4 * fours(model->hidden);
    const int32_t excess = safu_excess(hidden, wide);
    for (uint32_t first = 0; first < model->actions; first += 4) {
        int32_t sums[4];
        safu_rows(model->outputs + (size_t)first * wide, hidden, wide, excess, sums, 4);
        for (uint32_t action = first; action < first + 4 && action < model->actions; action++) {
            const int64_t logit = times(sums[action - first], model->output_factors[action]) + model->bias[action];
            logits[action] = logit < -INT32_MAX ? -INT32_MAX : logit > INT32_MAX ? INT32_MAX : (int32_t)logit;
        }
    }
}

void safu_answer(safu_sentence *sentence, bool ended, int32_t *logits)
{
    const safu_intents *model = sentence->model;
    const uint16_t features = sentence->features;
    empty_lanes(sentence);
    if (ended && sentence->words > 0)
        hear_feature(sentence, safu_ending(sentence->before)); /* stays in the lanes, which are lost */
    output_layer(model, hidden_units(sentence, sentence->features), logits);
    for (uint32_t at = 0; at < 2 * fours(model->hidden); at++)
        sentence->lanes[at] = 0;
    sentence->features = features;
    sentence->in_lanes = 0;
}

safu_choice safu_best(const int32_t *logits, uint32_t count)
{
    uint32_t best = 0, sum = 0;
    for (uint32_t action = 1; action < count; action++)
        if (logits[action] > logits[best])
            best = action;
    for (uint32_t action = 0; action < count; action++)
        sum += (uint32_t)safu_exp((uint32_t)logits[best] - (uint32_t)logits[action]);
    return (safu_choice){best, ((uint32_t)safu_exp(0) << 15) / sum};
}

safu_status safu_action(const safu_intents *model, uint32_t action, const char **name)
{
    if (action >= model->actions)
        return SAFU_OUT_OF_RANGE;
    const char *at = model->names;
    while (action > 0)
        action -= *at++ == 0;
    *name = at;
    return SAFU_OK;
}
