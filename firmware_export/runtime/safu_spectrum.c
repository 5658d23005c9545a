/* See safu_spectrum.h. Compile at -O2: most of the time that nobody speaks is spent here.
 *
 * Complex points are pairs of int16 in a word, the real part below; cosines and sines as well, so that one instruction
 * of a core with DSP multiplies both. */
#include "safu_spectrum.h"

#include "safu_arithmetic.h"

#if !defined(SAFU_PORTABLE) && defined(__ARM_FEATURE_SIMD32)
#include <arm_acle.h>
#define SAFU_DSP
#endif

enum { POINTS = 128, FRACTION = 15, HALF = 1 << (FRACTION - 1), ENERGY_BITS = 8, BITS = 13 };

static int32_t low(uint32_t pair)
{
    return (int16_t)(uint16_t)pair;
}

static int32_t high(uint32_t pair)
{
    return (int32_t)pair >> 16;
}

static uint32_t paired(int32_t real, int32_t imaginary)
{
    return ((uint32_t)real & 0xffff) | (uint32_t)imaginary << 16;
}

/* From products. */
static uint32_t paired_q15(int32_t real, int32_t imaginary)
{
    return paired(real >> FRACTION, imaginary >> FRACTION);
}

#if defined(SAFU_DSP)

static uint32_t turned(uint32_t point, uint32_t twiddle)
{
    const int16x2_t one = (int16x2_t)twiddle, other = (int16x2_t)point;
    return paired_q15(__smlad(one, other, HALF), __smlsdx(one, other, HALF));
}

static uint32_t added(uint32_t one, uint32_t other)
{
    return (uint32_t)__sadd16((int16x2_t)one, (int16x2_t)other);
}

static uint32_t less(uint32_t one, uint32_t other)
{
    return (uint32_t)__ssub16((int16x2_t)one, (int16x2_t)other);
}

static uint32_t halved(uint32_t point)
{
    return (uint32_t)__shadd16((int16x2_t)point, (int16x2_t)UINT32_C(0x10001));
}

static uint32_t higher(uint32_t one, uint32_t other)
{
    (void)__ssub16((int16x2_t)one, (int16x2_t)other);
    return __sel(one, other);
}

static uint32_t lower(uint32_t one, uint32_t other)
{
    (void)__ssub16((int16x2_t)one, (int16x2_t)other);
    return __sel(other, one);
}

#else

static uint32_t turned(uint32_t point, uint32_t twiddle)
{
    const int32_t real = low(point), imaginary = high(point), cosine = low(twiddle), sine = high(twiddle);
    return paired_q15(real * cosine + imaginary * sine + HALF, imaginary * cosine - real * sine + HALF);
}

static uint32_t added(uint32_t one, uint32_t other)
{
    return paired(low(one) + low(other), high(one) + high(other));
}

static uint32_t less(uint32_t one, uint32_t other)
{
    return paired(low(one) - low(other), high(one) - high(other));
}

static uint32_t halved(uint32_t point)
{
    return paired((low(point) + 1) >> 1, (high(point) + 1) >> 1);
}

static uint32_t higher(uint32_t one, uint32_t other)
{
    return paired(low(one) > low(other) ? low(one) : low(other), high(one) > high(other) ? high(one) : high(other));
}

static uint32_t lower(uint32_t one, uint32_t other)
{
    return paired(low(one) < low(other) ? low(one) : low(other), high(one) < high(other) ? high(one) : high(other));
}

#endif

/* -- from samples to points ---------------------------------------------------------------------------------------- */

/* Sample `at` of the window: without its share of the one before, and tapered. */
static int32_t windowed(const int16_t *samples, uint32_t at)
{
    const int32_t steeper = samples[at + 1] - safu_shift_right(SAFU_EMPHASIS * samples[at], FRACTION);
    return safu_shift_right(steeper * safu_hamming[at], FRACTION);
}

/* The power of two that makes the greatest part as large as it may be, to be undone in the end. */
static int32_t fit(uint32_t greatest)
{
    const uint32_t some = greatest > 0 ? greatest : 1;
    const int32_t shift = (int32_t)safu_floor_log2(some) - BITS;
    const uint32_t down = shift > 0 ? (uint32_t)shift : 0, up = shift < 0 ? (uint32_t)-shift : 0;
    return shift + (some << up > (uint32_t)SAFU_LARGEST << down);
}

static int32_t fitted(int32_t part, int32_t shift)
{
    return shift >= 0 ? safu_shift_right(part, (uint32_t)shift) : part * (1 << -shift);
}

/* Even samples become real parts, odd ones imaginary; the rest is 0. Returns the shift. */
static int32_t load(const int16_t *samples, uint32_t *points)
{
    int32_t most = 0, least = 0;
    for (uint32_t at = 0; at < SAFU_WINDOW; at++) {
        const int32_t value = windowed(samples, at);
        most = value > most ? value : most;
        least = value < least ? value : least;
    }
    const int32_t shift = fit((uint32_t)(most > -least ? most : -least));
    for (uint32_t at = 0; at < SAFU_WINDOW / 2; at++)
        points[safu_reversed[at]] =
            paired(fitted(windowed(samples, 2 * at), shift), fitted(windowed(samples, 2 * at + 1), shift));
    for (uint32_t at = SAFU_WINDOW / 2; at < POINTS; at++)
        points[safu_reversed[at]] = 0;
    return shift;
}

/* -- from points to energies --------------------------------------------------------------------------------------- */

static int32_t refit(uint32_t *points, uint32_t most, uint32_t least)
{
    const int32_t above = low(most) > high(most) ? low(most) : high(most);
    const int32_t below = low(least) < high(least) ? low(least) : high(least);
    const int32_t shift = fit((uint32_t)(above > -below ? above : -below));
    if (shift == 1)
        for (uint32_t at = 0; at < POINTS; at++)
            points[at] = halved(points[at]);
    else if (shift != 0)
        for (uint32_t at = 0; at < POINTS; at++)
            points[at] = paired(fitted(low(points[at]), shift), fitted(high(points[at]), shift));
    return shift;
}

/* One stage: pairs of transforms of `size` points become transforms of twice as many. Returns the shift after it. */
static int32_t stage(uint32_t *points, uint32_t size)
{
    uint32_t most = 0, least = 0;
    for (uint32_t offset = 0; offset < size; offset++) {
        const uint32_t twiddle = safu_twiddles[offset * (POINTS / size)];
        for (uint32_t *one = points + offset; one < points + POINTS; one += 2 * size) {
            const uint32_t other = turned(one[size], twiddle), sum = added(*one, other), rest = less(*one, other);
            most = higher(higher(most, sum), rest);
            least = lower(lower(least, sum), rest);
            one[0] = sum;
            one[size] = rest;
        }
    }
    return refit(points, most, least);
}

/* Of 256 reals, from the transforms of their even and odd halves; even: 2 * real, odd: 2 * imaginary. */
static uint32_t energy_of(int32_t even, int32_t even_b, int32_t odd, int32_t odd_b, uint32_t twiddle)
{
    const int32_t cosine = low(twiddle), sine = high(twiddle);
    const int32_t real = even + ((odd * cosine + odd_b * sine + HALF) >> FRACTION);
    const int32_t imaginary = even_b + ((odd_b * cosine - odd * sine + HALF) >> FRACTION);
    const int32_t one = safu_shift_right(real, 2), other = safu_shift_right(imaginary, 2);
    return (uint32_t)(one * one + other * other) >> ENERGY_BITS;
}

/* In place, but for the first and the last, which no band looks at. */
static void energies(uint32_t *points)
{
    for (uint32_t at = 1; at <= POINTS / 2; at++) {
        const uint32_t mirrored = POINTS - at, here = points[at], there = points[mirrored];
        const int32_t even = low(here) + low(there), even_b = high(here) - high(there);
        const int32_t odd = high(here) + high(there), odd_b = low(there) - low(here);
        points[at] = energy_of(even, even_b, odd, odd_b, safu_twiddles[at]);
        points[mirrored] = energy_of(even, -even_b, odd, -odd_b, safu_twiddles[mirrored]);
    }
}

static void bands(const uint32_t *energy, int32_t shift, uint8_t *frame)
{
    const uint8_t *weights = safu_band_weights;
    for (uint32_t band = 0; band < SAFU_BANDS; band++) {
        uint32_t sum = 0;
        for (uint32_t at = safu_band_first[band]; at < safu_band_end[band]; at++)
            sum += energy[at] * *weights++;
        const int32_t level = safu_steps_of(sum) + SAFU_STEPS * (2 * shift + ENERGY_BITS) - SAFU_QUIETEST;
        frame[band] = (uint8_t)(sum > 0 ? safu_within(level, 0, UINT8_MAX) : 0);
    }
}

/* -- as it is heard ------------------------------------------------------------------------------------------------ */

void safu_spectrum_begin(safu_spectrum *spectrum)
{
    spectrum->samples[0] = 0;
    spectrum->count = 1;
}

static void transform(const int16_t *samples, uint8_t *frame)
{
    uint32_t points[POINTS];
    int32_t shift = load(samples, points);
    for (uint32_t size = 1; size < POINTS; size *= 2)
        shift += stage(points, size);
    energies(points);
    bands(points, shift, frame);
}

size_t safu_spectrum_hear(safu_spectrum *spectrum, const int16_t *samples, size_t count, uint8_t frame[SAFU_BANDS],
                          bool *is_ready)
{
    size_t taken = 0;
    while (taken < count && spectrum->count <= SAFU_WINDOW)
        spectrum->samples[spectrum->count++] = samples[taken++];
    *is_ready = spectrum->count > SAFU_WINDOW;
    if (*is_ready) {
        transform(spectrum->samples, frame);
        spectrum->count = 1 + SAFU_WINDOW - SAFU_HOP;
        for (uint32_t at = 0; at < spectrum->count; at++)
            spectrum->samples[at] = spectrum->samples[at + SAFU_HOP];
    }
    return taken;
}
