#include "safu_noise.h"

#include "safu_arithmetic.h"

safu_mix safu_unmixed(const safu_sound *sound)
{
    const safu_mix mix = {sound, 0, 0, false};
    return mix;
}

safu_mix safu_noisier(const safu_sound *sound, uint32_t loudest, uint32_t turn, uint32_t number)
{
    const int32_t mean = (int32_t)(safu_loudness(sound->frames[loudest]) / SAFU_LOUD_BANDS) - SAFU_PEAK_OVER_MEAN;
    const safu_mix mix = {sound, mean - safu_noise_below[number], (turn * SAFU_COPIES + number) * SAFU_STRIDE, true};
    return mix;
}

static const uint8_t *mixed(const safu_mix *mix, const uint8_t *levels, const int8_t *noise, uint8_t *buffer)
{
    for (uint32_t band = 0; band < SAFU_BANDS; band++) {
        const int32_t other = noise[band] + mix->level, level = safu_sum_of(levels[band], other > 0 ? other : 0);
        buffer[band] = (uint8_t)safu_within(level, 0, UINT8_MAX);
    }
    return buffer;
}

const uint8_t *safu_mix_frame(const safu_mix *mix, uint32_t at, uint8_t buffer[SAFU_BANDS])
{
    const uint8_t *levels = mix->sound->frames[at];
    const int8_t *noise = safu_noise + (at + mix->begin) % SAFU_NOISE_FRAMES * SAFU_BANDS;
    return mix->is_noisy ? mixed(mix, levels, noise, buffer) : levels;
}

const uint8_t *safu_mix_room(const safu_mix *mix, uint8_t buffer[SAFU_BANDS])
{
    const uint8_t *levels = mix->sound->room;
    return mix->is_noisy ? mixed(mix, levels, safu_quiet_noise, buffer) : levels;
}
