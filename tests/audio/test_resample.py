"""Resampling keeps time and tones, and invents none."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.audio.resample import HIGHEST_RATE_HZ, LOWEST_RATE_HZ, Resampler, resample_all, to_mono
from device.messages import SAMPLE_RATE_HZ

RATES_HZ = st.sampled_from([8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])
AMPLITUDE = 10_000


def tone(frequency_hz: float, rate_hz: int) -> npt.NDArray[np.float64]:
    """Half a second of it."""
    samples: npt.NDArray[np.float64] = np.sin(2 * np.pi * frequency_hz * np.arange(rate_hz // 2) / rate_hz)
    return AMPLITUDE * samples


def loudness(samples: npt.NDArray[np.int16]) -> float:
    """As a share of the tone's, without the edges, where it is switched on and off."""
    return float(np.std(samples[800:-800].astype(np.float64))) * 2**0.5 / AMPLITUDE


@settings(deadline=None, max_examples=50)
@given(RATES_HZ, st.lists(st.integers(0, 3_000), max_size=6))
def test_pieces_of_any_size_make_the_same_as_the_whole(rate_hz: int, sizes: list[int]) -> None:
    samples = np.random.default_rng(1).normal(0, 3_000, sum(sizes))
    resampler = Resampler(rate_hz)
    pieces = np.split(samples, np.cumsum(sizes)[:-1]) if sizes else []
    made = np.concatenate([*map(resampler.resample, pieces), resampler.finish()])
    whole = resample_all(samples, rate_hz)
    assert len(made) == len(whole) == -(-len(samples) * SAMPLE_RATE_HZ // rate_hz)
    assert not len(made) or np.abs(made.astype(int) - whole).max() <= 1  # sums in another order


@settings(deadline=None, max_examples=30)
@given(RATES_HZ, st.floats(100, 3_400))
def test_tones_are_kept(rate_hz: int, frequency_hz: float) -> None:
    assert loudness(resample_all(tone(frequency_hz, rate_hz), rate_hz)) == pytest.approx(1, abs=0.01)


@settings(deadline=None, max_examples=30)
@given(st.sampled_from([44_100, 48_000, 96_000]), st.floats(8_100, 21_000))
def test_what_is_too_high_does_not_come_back_as_another_tone(rate_hz: int, frequency_hz: float) -> None:
    assert loudness(resample_all(tone(frequency_hz, rate_hz), rate_hz)) < 1e-3


@pytest.mark.parametrize("rate_hz", [0, -1, LOWEST_RATE_HZ - 1, HIGHEST_RATE_HZ + 1])
def test_a_rate_that_is_none_is_refused(rate_hz: int) -> None:
    with pytest.raises(ValueError, match="not a sample rate"):
        Resampler(rate_hz)


def test_channels_are_averaged() -> None:
    assert to_mono(np.array([[32_767, 32_767], [-5, 5]], np.int16)).tolist() == [32_767, 0]
