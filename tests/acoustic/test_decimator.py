"""Half the rate: the same in pieces, and nothing comes back as something else."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from device.acoustic.decimator import Decimator


@given(st.lists(st.integers(0, 700), max_size=8), st.integers(0, 2**32 - 1))
def test_pieces_give_what_the_whole_gives(lengths: list[int], seed: int) -> None:
    samples = np.random.default_rng(seed).integers(-32768, 32768, sum(lengths)).astype(np.int16)
    pieces, decimator = np.split(samples, np.cumsum(lengths)), Decimator()
    made = np.concatenate([decimator.halve(piece) for piece in pieces])
    assert made.tolist() == Decimator().halve(samples).tolist()
    assert len(made) in (len(samples) // 2, (len(samples) + 1) // 2)


def level_db(frequency_hz: float) -> float:
    tone = np.rint(16000 * np.sin(2 * np.pi * frequency_hz * np.arange(16000) / 16000)).astype(np.int16)
    made = Decimator().halve(tone)[100:].astype(float)
    return float(20 * np.log10(np.sqrt(2 * np.mean(made**2)) / 16000))


def test_speech_passes_and_what_would_come_back_does_not() -> None:
    assert all(abs(level_db(f)) < 0.1 for f in (200, 1000, 3000, 3400))
    assert all(level_db(f) < -50 for f in (4700, 5500, 7000))
