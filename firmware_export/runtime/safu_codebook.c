/* See safu_codebook.h. Compile at -O2: most of the time after a sound is spent in `nearest`. */
#include "safu_codebook.h"

#include "safu_arithmetic.h"

#if !defined(SAFU_PORTABLE) && defined(__ARM_FEATURE_SIMD32)
#include <arm_acle.h>
#define SAFU_DSP
#endif

enum { FIRST_SQUARE = SAFU_CEPSTRA, UNKNOWN = 1 << 30, WHOLE = 16, FULL_SHARE = 1 << SAFU_SHARE_BITS, MOST_VECTORS = 1 << 16 };

typedef struct nearest {
    uint32_t count;
    uint8_t codes[SAFU_NEAREST];
    int32_t scores[SAFU_NEAREST]; /* rising; distance less the square of the vector */
} nearest;

static safu_vector *word_of(const safu_codebook *codebook, uint32_t stream, uint32_t code)
{
    return &codebook->words[stream * codebook->size + code];
}

/* -- distances ----------------------------------------------------------------------------------------------------- */

static int32_t square_of(const safu_vector *vector)
{
    int32_t sum = 0;
    for (uint32_t order = 0; order < SAFU_CEPSTRA; order++)
        sum += vector->of[order] * vector->of[order];
    return sum;
}

static uint32_t distance(const safu_vector *one, const safu_vector *other)
{
    int32_t sum = 0;
    for (uint32_t order = 0; order < SAFU_CEPSTRA; order++) {
        const int32_t apart = one->of[order] - other->of[order];
        sum += apart * apart;
    }
    return (uint32_t)sum;
}

static int32_t square_in(const safu_vector *word)
{
    const int8_t *byte = word->of + FIRST_SQUARE;
    return (uint8_t)byte[0] | (uint8_t)byte[1] << 8 | (uint8_t)byte[2] << 16;
}

static void insert(nearest *found, uint32_t code, int32_t score)
{
    uint32_t at = found->count - 1;
    for (; at > 0 && found->scores[at - 1] > score; at--) {
        found->scores[at] = found->scores[at - 1];
        found->codes[at] = found->codes[at - 1];
    }
    found->scores[at] = score;
    found->codes[at] = (uint8_t)code;
}

#if defined(SAFU_DSP)

/* Two of four bytes, or the two between them, as half words. */
static int16x2_t evens(uint32_t four)
{
    return __sxtb16((int8x4_t)four);
}

static int16x2_t odds(uint32_t four)
{
    return __sxtb16((int8x4_t)(four >> 8 | four << 24));
}

typedef struct prepared {
    int16x2_t of[2 * SAFU_ROW / 4];
} prepared;

static prepared prepare(const safu_vector *vector)
{
    prepared made;
    for (uint32_t at = 0; at < SAFU_ROW / 4; at++) {
        made.of[2 * at] = evens(vector->words[at]);
        made.of[2 * at + 1] = odds(vector->words[at]);
    }
    return made;
}

static int32_t score_of(const prepared *vector, const safu_vector *word)
{
    int32_t sum = 0;
    for (uint32_t at = 0; at < SAFU_ROW / 4; at++) {
        sum = __smlad(evens(word->words[at]), vector->of[2 * at], sum);
        if (4 * at + 1 < SAFU_CEPSTRA)
            sum = __smlad(odds(word->words[at]), vector->of[2 * at + 1], sum);
    }
    return (int32_t)(word->words[SAFU_CEPSTRA / 4] >> 8) - 2 * sum;
}

#else

typedef safu_vector prepared;

static prepared prepare(const safu_vector *vector)
{
    return *vector;
}

static int32_t score_of(const prepared *vector, const safu_vector *word)
{
    int32_t sum = 0;
    for (uint32_t order = 0; order < SAFU_CEPSTRA; order++)
        sum += vector->of[order] * word->of[order];
    return square_in(word) - 2 * sum;
}

#endif

/* The first of equals come first. */
static void find(nearest *found, const safu_codebook *codebook, uint32_t stream, const safu_vector *vector)
{
    const uint32_t used = *codebook->used;
    const prepared sought = prepare(vector);
    const safu_vector *word = word_of(codebook, stream, 0);
    found->count = used < SAFU_NEAREST ? used : SAFU_NEAREST;
    for (uint32_t at = 0; at < found->count; at++)
        found->scores[at] = INT32_MAX;
    int32_t worst = INT32_MAX;
    for (uint32_t code = 0; code < used; code++, word++) {
        const int32_t score = score_of(&sought, word);
        if (score < worst) {
            insert(found, code, score);
            worst = found->scores[found->count - 1];
        }
    }
}

/* -- shares -------------------------------------------------------------------------------------------------------- */

/* Without the division of 64 bits that some compilers have no library for. */
static uint64_t divided(uint64_t value, uint32_t by)
{
    uint64_t rest = 0, quotient = 0;
    for (uint32_t bit = 0; bit < 64; bit++, value <<= 1) {
        rest = rest << 1 | value >> 63;
        quotient <<= 1;
        if (rest >= by) {
            rest -= by;
            quotient |= 1;
        }
    }
    return quotient;
}

/* The mean error of a stream, at least 1. */
static uint32_t error_of(const safu_codebook *codebook, uint32_t stream)
{
    const safu_code_errors *errors = codebook->errors;
    const uint64_t sum = (uint64_t)errors->high[stream] << 32 | errors->low[stream];
    const uint64_t mean = divided(sum, errors->vectors > 0 ? errors->vectors : 1);
    return mean > UINT32_MAX ? UINT32_MAX : mean > 0 ? (uint32_t)mean : 1;
}

static void share_out(safu_share *share, const nearest *found, uint32_t error)
{
    uint32_t sum = 0;
    share->count = found->count;
    for (uint32_t at = 0; at < found->count; at++) {
        const uint32_t further = (uint32_t)(found->scores[at] - found->scores[0]) * SAFU_SHARES;
        const uint32_t entry = further / error;
        share->codes[at] = found->codes[at];
        share->shares[at] = safu_shares[entry < SAFU_SHARES ? entry : SAFU_SHARES - 1];
        sum += share->shares[at];
    }
    for (uint32_t at = 0; at < found->count; at++)
        share->shares[at] = (uint16_t)(share->shares[at] * (uint32_t)FULL_SHARE / sum);
}

/* How alike a vector is to each codeword, whatever the others are; nothing from two mean errors on. */
static void liken(safu_share *share, const nearest *found, int32_t square, uint32_t error)
{
    share->count = found->count;
    for (uint32_t at = 0; at < found->count; at++) {
        const uint32_t entry = (uint32_t)(found->scores[at] + square) * (SAFU_SHARES / 2) / error;
        share->codes[at] = found->codes[at];
        share->shares[at] = entry < SAFU_SHARES ? safu_shares[entry] : 0;
    }
}

/* -- codewords ----------------------------------------------------------------------------------------------------- */

/* The vectors of the frames that weigh at least half; returns how many there are. */
static uint32_t candidates(safu_donation *donation, safu_spoken *spoken, uint32_t stream)
{
    uint32_t count = 0;
    for (uint32_t at = 0; at < spoken->count; at++) {
        safu_vector vectors[SAFU_STREAMS];
        safu_spoken_vectors(spoken, at, vectors);
        if (spoken->weights[at] >= SAFU_FULL_WEIGHT / 2)
            donation->vectors[count++] = vectors[stream];
    }
    return count;
}

/* How far each candidate is from the code. */
static void measure(safu_codebook *codebook, uint32_t stream, safu_donation *donation, uint32_t count)
{
    uint64_t sum = (uint64_t)codebook->errors->high[stream] << 32 | codebook->errors->low[stream];
    for (uint32_t at = 0; at < count; at++) {
        const safu_vector *vector = donation->vectors + at;
        nearest found;
        donation->least[at] = UNKNOWN;
        if (*codebook->used == 0)
            continue;
        find(&found, codebook, stream, vector);
        donation->least[at] = (uint32_t)(found.scores[0] + square_of(vector));
        sum += donation->least[at];
    }
    codebook->errors->low[stream] = (uint32_t)sum;
    codebook->errors->high[stream] = (uint32_t)(sum >> 32);
}

/* The candidate that is farthest from all that is known; from now on it is known. */
static uint32_t choose(safu_donation *donation, uint32_t count)
{
    uint32_t chosen = 0;
    for (uint32_t at = 1; at < count; at++)
        if (donation->least[at] > donation->least[chosen])
            chosen = at;
    for (uint32_t at = 0; at < count; at++) {
        const uint32_t apart = distance(donation->vectors + at, donation->vectors + chosen);
        if (apart < donation->least[at])
            donation->least[at] = apart;
    }
    return chosen;
}

static void write(safu_vector *word, const safu_vector *vector)
{
    const uint32_t square = (uint32_t)square_of(vector);
    *word = *vector;
    for (uint32_t byte = 0; byte < SAFU_ROW - SAFU_CEPSTRA; byte++)
        word->of[FIRST_SQUARE + byte] = (int8_t)(uint8_t)(square >> 8 * byte);
}

/* The sums and the number of vectors, so that none grows for ever. */
static void halve(safu_code_errors *errors)
{
    for (uint32_t stream = 0; stream < SAFU_STREAMS; stream++) {
        errors->low[stream] = errors->low[stream] >> 1 | errors->high[stream] << 31;
        errors->high[stream] >>= 1;
    }
    errors->vectors >>= 1;
}

static uint32_t given(const safu_codebook *codebook, uint32_t count)
{
    const uint32_t room = codebook->size - *codebook->used, part = room / SAFU_GIVEN;
    const uint32_t wished = part > SAFU_LEAST_GIVEN ? part : SAFU_LEAST_GIVEN, most = wished < room ? wished : room;
    return most < count ? most : count;
}

static void take(safu_codebook *codebook, safu_counts *counts, uint32_t stream, const safu_vector *vector, uint32_t code)
{
    if (*codebook->used > 0) {
        nearest found;
        safu_share share;
        find(&found, codebook, stream, vector);
        liken(&share, &found, square_of(vector), error_of(codebook, stream));
        safu_inherit(counts, stream, code, &share);
    }
    write(word_of(codebook, stream, code), vector);
}

void safu_donate(safu_codebook *codebook, safu_counts *counts, safu_spoken *spoken, safu_donation *donation)
{
    const uint32_t used = *codebook->used;
    uint32_t count = 0, more = 0;
    for (uint32_t stream = 0; stream < SAFU_STREAMS; stream++) {
        count = candidates(donation, spoken, stream);
        more = given(codebook, count);
        if (stream == 0 && used > 0)
            codebook->errors->vectors += count; /* as many of every stream */
        measure(codebook, stream, donation, count);
        for (uint32_t number = 0; number < more; number++)
            take(codebook, counts, stream, donation->vectors + choose(donation, count), used + number);
    }
    if (codebook->errors->vectors >= MOST_VECTORS)
        halve(codebook->errors);
    *codebook->used = (uint8_t)(used + more);
}

/* -- tokens -------------------------------------------------------------------------------------------------------- */

/* How much frame `at` belongs to each part of a word, in sixteenths: so many milliseconds after its beginning. */
static void places(uint32_t at, uint32_t belongs[SAFU_PARTS])
{
    const int32_t place = 2 * (int32_t)at, middle = place > WHOLE ? place - WHOLE : WHOLE - place;
    belongs[0] = (uint32_t)safu_within(WHOLE - place, 0, WHOLE);
    belongs[1] = (uint32_t)safu_within(WHOLE - middle, 0, WHOLE);
    belongs[2] = (uint32_t)safu_within(place - WHOLE, 0, WHOLE);
}

/* How many mean errors frames are from the code, the mean of the streams, from sums by weight. */
static int32_t strangeness(const uint32_t far[SAFU_STREAMS], const uint32_t errors[SAFU_STREAMS], uint32_t weight)
{
    uint32_t sum = 0;
    for (uint32_t stream = 0; stream < SAFU_STREAMS; stream++)
        sum += (far[stream] / weight << SAFU_STRANGE_BITS) / errors[stream];
    return (int32_t)(sum / SAFU_STREAMS);
}

void safu_tokens_of(const safu_codebook *codebook, safu_spoken *spoken, safu_sound_tokens *tokens)
{
    uint32_t errors[SAFU_STREAMS], far[SAFU_STREAMS] = {0}, belongs[SAFU_PARTS];
    safu_tokens_begin(tokens, codebook->size);
    for (uint32_t stream = 0; stream < SAFU_STREAMS; stream++)
        errors[stream] = error_of(codebook, stream);
    for (uint32_t at = 0; at < spoken->count; at++) {
        safu_vector vectors[SAFU_STREAMS];
        safu_spoken_vectors(spoken, at, vectors);
        if (spoken->weights[at] == 0 || *codebook->used == 0)
            continue;
        places(at, belongs);
        for (uint32_t stream = 0; stream < SAFU_STREAMS; stream++) {
            nearest found;
            safu_share share;
            find(&found, codebook, stream, vectors + stream);
            share_out(&share, &found, errors[stream]);
            far[stream] += (uint32_t)(found.scores[0] + square_of(vectors + stream)) * spoken->weights[at];
            for (uint32_t near = 0; near < share.count; near++) {
                const uint32_t cell = (stream * codebook->size + share.codes[near]) * SAFU_PARTS;
                const uint32_t heard = (uint32_t)share.shares[near] * spoken->weights[at];
                for (uint32_t part = 0; part < SAFU_PARTS; part++)
                    tokens->heard.cells[cell + part] += heard * belongs[part];
            }
        }
    }
    tokens->strange = strangeness(far, errors, spoken->weight);
    safu_tokens_end(tokens, codebook->size);
}

bool safu_is_codebook(const safu_codebook *codebook)
{
    if (*codebook->used > codebook->size)
        return false;
    for (uint32_t stream = 0; stream < SAFU_STREAMS; stream++)
        for (uint32_t code = 0; code < *codebook->used; code++) {
            const safu_vector *word = word_of(codebook, stream, code);
            if (square_of(word) != square_in(word))
                return false;
        }
    return true;
}
