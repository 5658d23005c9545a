/* A model that hears tokens one after the other and says what comes next: see safu_stream.h.
 *
 * Every layer is ((weights x) multiplier + half >> shift) + bias, in 32 bits; sums are taken modulo 2^32, so that no
 * image, be it ever so strange, leads to undefined behaviour, and where a model was made by device/safu they fit. */
#include "safu_stream.h"

#include "safu_kernels.h"
#include "safu_tables.h"

enum { SHAPE, VECTORS, WEIGHTS, MULTIPLIERS = WEIGHTS + 3, BIASES = MULTIPLIERS + 3, NAMES = BIASES + 3 };
enum { TANH, RELU, LINEAR, SOFTMAX };
enum { MOST_TOKENS = 65535, MOST_UNITS = 4096, MOST_SHIFT = 30 };
enum { SHARE_BITS = 15, INT16_GREATEST = 32767 };

/* What the section SHAPE holds, 32 bits each. */
typedef struct shape {
    uint32_t activation, vocabulary, dimensions, block, units, outputs;
    uint32_t compared_shift, attended_shift, kept_shift, layer_shifts[3], version;
} shape;

static uint32_t padded(uint32_t count)
{
    return (count + 3) & ~3u;
}

static int is_size(uint32_t size, uint32_t most)
{
    return size >= 1 && size <= most;
}

static int is_possible(const shape *s)
{
    for (int layer = 0; layer < 3; layer++)
        if (!is_size(s->layer_shifts[layer], MOST_SHIFT))
            return 0;
    return s->activation <= SOFTMAX && is_size(s->vocabulary, MOST_TOKENS) && is_size(s->outputs, MOST_TOKENS) &&
           is_size(s->dimensions, MOST_UNITS) && is_size(s->block, MOST_UNITS) && is_size(s->units, MOST_UNITS) &&
           s->compared_shift <= MOST_SHIFT && s->attended_shift <= MOST_SHIFT && s->kept_shift <= SHARE_BITS;
}

/* Whether all parts of a layer are there. */
static int find_layer(safu_layer *layer, const safu_image *image, uint32_t number, uint32_t rows, uint32_t columns)
{
    layer->rows = (uint16_t)rows;
    layer->columns = (uint16_t)padded(columns);
    layer->weights = safu_section(image, WEIGHTS + number, (uint64_t)padded(rows) * padded(columns));
    layer->multipliers = safu_section(image, MULTIPLIERS + number, padded(rows));
    layer->bias = safu_section(image, BIASES + number, 2 * (uint64_t)padded(rows));
    return layer->weights && layer->multipliers && layer->bias;
}

safu_status safu_stream_open(safu_stream *stream, const void *bytes, size_t size)
{
    safu_image image;
    safu_stream found = {0};
    const safu_status status = safu_open(&image, bytes, size);
    if (status != SAFU_OK)
        return status;
    if (image.kind != SAFU_STREAM)
        return SAFU_OTHER_KIND;
    const shape *s = safu_section(&image, SHAPE, sizeof *s);
    if (s == NULL || !is_possible(s))
        return SAFU_BAD_SHAPE;
    found.vectors = safu_section(&image, VECTORS, (uint64_t)s->vocabulary * padded(s->dimensions));
    if (found.vectors == NULL || !find_layer(&found.attention, &image, 0, s->block, s->block) ||
        !find_layer(&found.hidden, &image, 1, s->units, s->dimensions) ||
        !find_layer(&found.output, &image, 2, s->outputs, s->units))
        return SAFU_BAD_SHAPE;
    found.attention.shift = (uint8_t)s->layer_shifts[0];
    found.hidden.shift = (uint8_t)s->layer_shifts[1];
    found.output.shift = (uint8_t)s->layer_shifts[2];
    found.vocabulary = (uint16_t)s->vocabulary;
    found.activation = (uint8_t)s->activation;
    found.compared_shift = (uint8_t)s->compared_shift;
    found.attended_shift = (uint8_t)s->attended_shift;
    found.kept_shift = (uint8_t)s->kept_shift;
    *stream = found;
    return SAFU_OK;
}

/* int16 numbers that the hidden layer, or before it comparisons and attention, take. */
static uint32_t unit_places(const safu_stream *stream)
{
    const uint32_t attending = 2u * stream->attention.columns;
    return stream->output.columns > attending ? stream->output.columns : attending;
}

size_t safu_stream_bytes(const safu_stream *stream)
{
    return 2 * ((size_t)stream->attention.columns + stream->hidden.columns + unit_places(stream));
}

safu_status safu_stream_begin(safu_stream *stream, void *memory, size_t size)
{
    if ((uintptr_t)memory % 4 != 0)
        return SAFU_MISALIGNED;
    if (size < safu_stream_bytes(stream))
        return SAFU_TOO_LITTLE_MEMORY;
    stream->attended = memory;
    stream->units = stream->attended + stream->hidden.columns;
    stream->window = (uint16_t *)(stream->units + unit_places(stream));
    stream->heard = 0;
    stream->excess = 0;
    for (uint32_t unit = 0; unit < stream->output.columns; unit++)
        stream->units[unit] = 0;
    return SAFU_OK;
}

static int16_t to_int16(int32_t value)
{
    return (int16_t)(value == (int16_t)value ? value : INT16_GREATEST ^ (value >> 31));
}

/* Divided by 2^bits, rounded to nearest, halves up. */
static int32_t halved(int32_t value, uint32_t bits)
{
    return (int32_t)((uint32_t)value + ((1u << bits) >> 1)) >> bits;
}

/* What the sum of a row comes to. */
static inline int32_t finished(const safu_layer *layer, uint32_t row, int32_t sum)
{
    const uint32_t scaled = (uint32_t)sum * layer->multipliers[row] + (1u << layer->shift >> 1);
    return ((int32_t)scaled >> layer->shift) + layer->bias[row];
}

/* The padding comes out as 0, because its multipliers and biases are. */
static void layer_of(const safu_layer *layer, const int16_t *x, int16_t *values)
{
    const int32_t excess = safu_excess(x, layer->columns);
    for (uint32_t row = 0; row < layer->rows; row += 4) {
        int32_t sums[4];
        safu_rows(layer->weights + row * layer->columns, x, layer->columns, excess, sums, 4);
        for (uint32_t at = 0; at < 4; at++)
            *values++ = to_int16(finished(layer, row + at, sums[at]));
    }
}

/* Logits to shares of 2^15, in place. */
static void softmax(int16_t *values, uint32_t count)
{
    int32_t highest = values[0];
    for (uint32_t at = 1; at < count; at++)
        highest = values[at] > highest ? values[at] : highest;
    int32_t total = 0;
    for (uint32_t at = 0; at < count; at++) {
        values[at] = (int16_t)safu_exp((uint32_t)(highest - values[at]));
        total += values[at];
    }
    for (uint32_t at = 0; at < count; at++)
        values[at] = to_int16((int32_t)(((uint32_t)values[at] << SHARE_BITS) / (uint32_t)total));
}

static void activate(const safu_stream *stream, int16_t *units, uint32_t count)
{
    if (stream->activation == SOFTMAX)
        softmax(units, count);
    for (uint32_t at = 0; at < count; at++) {
        int32_t unit = units[at];
        if (stream->activation == TANH)
            unit = safu_tanh(unit);
        else if (stream->activation == RELU && unit < 0)
            unit = 0;
        units[at] = (int16_t)halved(unit, stream->kept_shift);
    }
}

static const int8_t *vector_of(const safu_stream *stream, uint32_t at)
{
    return stream->vectors + (uint32_t)stream->window[at] * stream->hidden.columns;
}

/* How much of the attention each token of the window has; the first of two halves of `units` is scratch. */
static const int16_t *attend(const safu_stream *stream)
{
    int16_t *compared = stream->units, *shares = stream->units + stream->attention.columns;
    for (uint32_t at = 0; at < stream->attention.columns; at++)
        compared[at] = 0;
    for (uint32_t at = 0; at < stream->heard; at++) {
        const int32_t dot = safu_dot(vector_of(stream, 0), vector_of(stream, at), stream->hidden.columns);
        compared[at] = to_int16(halved(dot, stream->compared_shift));
    }
    layer_of(&stream->attention, compared, shares);
    softmax(shares, stream->heard);
    return shares;
}

/* The vectors of the window, each as much as it is attended to, added up: four columns at a time. */
static void add_up(const safu_stream *stream, const int16_t *shares)
{
    const uint16_t *const window = stream->window;
    const uint32_t columns = stream->hidden.columns, heard = stream->heard, shift = stream->attended_shift;
    int16_t *attended = stream->attended;
    for (const int8_t *vectors = stream->vectors, *end = vectors + columns; vectors != end; vectors += 4) {
        int32_t a = 0, b = 0, c = 0, d = 0;
        for (uint32_t at = 0; at < heard; at++) {
            const int8_t *vector = vectors + window[at] * columns;
            const int32_t share = shares[at];
            a += share * vector[0];
            b += share * vector[1];
            c += share * vector[2];
            d += share * vector[3];
        }
        *attended++ = (int16_t)halved(a, shift);
        *attended++ = (int16_t)halved(b, shift);
        *attended++ = (int16_t)halved(c, shift);
        *attended++ = (int16_t)halved(d, shift);
    }
}

safu_status safu_stream_step(safu_stream *stream, uint32_t token)
{
    if (token >= stream->vocabulary)
        return SAFU_OUT_OF_RANGE;
    if (stream->heard < stream->attention.rows)
        stream->heard++;
    for (uint32_t at = stream->heard - 1u; at > 0; at--)
        stream->window[at] = stream->window[at - 1];
    stream->window[0] = (uint16_t)token;
    add_up(stream, attend(stream));
    layer_of(&stream->hidden, stream->attended, stream->units);
    activate(stream, stream->units, stream->hidden.rows);
    stream->excess = safu_excess(stream->units, stream->output.columns);
    return SAFU_OK;
}

uint32_t safu_stream_best(const safu_stream *stream)
{
    return stream->heard ? safu_greatest(&stream->output, stream->units, stream->excess) : 0;
}

void safu_stream_four_logits(const safu_stream *stream, uint32_t row, int32_t logits[4])
{
    const safu_layer *layer = &stream->output;
    safu_rows(layer->weights + row * layer->columns, stream->units, layer->columns, stream->excess, logits, 4);
    for (uint32_t at = 0; at < 4; at++)
        logits[at] = finished(layer, row + at, logits[at]);
}
