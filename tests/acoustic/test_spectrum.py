"""The integer spectrum against the same in floats, and its bounds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.acoustic.spectrum import BANDS, HOP, RATE_HZ, WINDOW, _mel, frames_of


def in_floats(samples: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The same steps without rounding, in steps above byte 0."""
    steeper = samples - 0.97 * np.concatenate([[0], samples[:-1]])
    windows = np.lib.stride_tricks.sliding_window_view(steeper, WINDOW)[::HOP] * np.hamming(WINDOW)
    energies = np.abs(np.fft.rfft(windows, 256)) ** 2
    bands = np.stack([energies[:, low:high] @ weights for low, high, weights in _mel()], axis=1)
    steps: npt.NDArray[np.float64] = 8 * np.log2(bands + 1e-9) - 136
    return steps


@pytest.mark.parametrize(("level", "steps"), [(3, 12), (100, 5), (3000, 1.5), (30000, 1.5)])
def test_integers_are_near_floats(level: float, steps: float) -> None:
    """The quieter, the more the rounding of single samples is heard."""
    random = np.random.default_rng(0)
    samples = np.clip(random.normal(0, level / 3, RATE_HZ), -32768, 32767).astype(np.int16)
    exact = np.clip(in_floats(samples.astype(float)), 0, 255)
    assert np.abs(frames_of(samples) - exact).max() <= steps


def test_a_loud_tone_does_not_drown_what_is_40_db_below_it() -> None:
    time_s = np.arange(RATE_HZ) / RATE_HZ
    samples = np.rint(20000 * np.sin(2 * np.pi * 300 * time_s) + 200 * np.sin(2 * np.pi * 3000 * time_s))
    frames, exact = frames_of(samples.astype(np.int16)), in_floats(samples)
    assert np.abs(frames[:, 17] - exact[:, 17]).max() <= 2


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 40, 40000]))
@settings(max_examples=30, deadline=None)
def test_pieces_with_the_sample_before_give_the_same_frames(seed: int, level: int) -> None:
    random = np.random.default_rng(seed)
    samples = np.clip(random.normal(0, level, 5 * HOP + WINDOW), -32768, 32767).astype(np.int16)
    whole = frames_of(samples)
    rest = frames_of(samples[2 * HOP :], int(samples[2 * HOP - 1]))
    assert (whole[2:] == rest).all()


def test_the_sums_of_the_widest_band_fit_into_32_bits() -> None:
    greatest = 2 * (13_572 * (2 + 2 * np.sqrt(2)) / 4) ** 2 / 2**8
    assert max(int(weights.sum()) for *_, weights in _mel()) * greatest < 2**32


def test_full_scale_and_silence_stay_within_a_byte() -> None:
    square = np.where(np.arange(RATE_HZ) // 10 % 2, 32767, -32768).astype(np.int16)
    assert frames_of(square).max() <= 255
    assert frames_of(np.zeros(RATE_HZ, np.int16)).max() == 0


def test_too_little_sound_is_no_frame() -> None:
    assert frames_of(np.zeros(WINDOW - 1, np.int16)).shape == (0, BANDS)
