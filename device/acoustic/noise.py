"""The same word in a noisier room: what it would have been, mixed level by level.

Taught in a quiet room, a word is also counted as it would sound in noise. That costs no state and is worth four points
at 10 dB; made-up noise is nearly as good as a recording of the room (`benchmarks/README.md`), and needs none.
The noise is a table: bursts of a tenth of a second or two, of random colour and loudness, as in a kitchen.
Left out: phases. Two sounds in one band add their energies, as they do on average.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from device.acoustic.arithmetic import Int64s, decibels, rounded, sum_of
from device.acoustic.end_pointer import LOUD_BANDS, Sound, loudness
from device.acoustic.spectrum import BANDS
from device.acoustic.windows import Window, island_at

FRAMES = 256
"""Of the table; a copy begins anywhere and goes round."""
_BELOW_DB = (20, 15, 10, 10, 5, 5)
"""Mean energy of the word over that of the noise, one copy each."""
_PEAK_OVER_MEAN = 22
"""Steps from the mean energy of a word to the mean of its loudest bands at its loudest frame: 8 dB."""
_STRIDE = 43
"""Frames from where one copy begins in the table to where the next does."""


def noisier(sound: Sound, window: Window, turn: int) -> Iterator[tuple[Sound, Window]]:
    """Copies of a sound in made-up noise, and where in them the word is still above it.

    `turn` says where in the table they begin: another one for another lesson.
    """
    first, end = window
    at = first + int(loudness(sound.frames[first:end]).argmax())
    mean = int(loudness(sound.frames[at])) // LOUD_BANDS - _PEAK_OVER_MEAN
    for number, db in enumerate(_BELOW_DB):
        places = (np.arange(len(sound.frames)) + (turn * len(_BELOW_DB) + number) * _STRIDE) % FRAMES
        level = mean - decibels(db)
        mixed = Sound(
            _mixed(sound.room, _quiet_noise() + level), _mixed(sound.frames, _noise()[places] + level), sound.began
        )
        left = island_at(mixed, at)
        if left is not None:
            yield mixed, left


def _mixed(levels: npt.NDArray[np.uint8], noise: Int64s) -> npt.NDArray[np.uint8]:
    return np.minimum(sum_of(levels, np.maximum(noise, 0)), 255).astype(np.uint8)


@cache
def _noise() -> Int64s:
    """(FRAMES, BANDS): steps above their mean energy."""
    random = _Random(1)
    levels = np.zeros((FRAMES, BANDS))
    begin = 0
    while begin < FRAMES:
        end = begin + 2 + random.below(12)
        colour = np.interp(np.arange(BANDS), (0, 6, 13, 19), [random.normal() for _ in range(4)])
        levels[begin:end] = 5.0 * random.normal() + 4.0 * colour
        begin = end
    flicker = [[max(random.normal(), -2.2) for _ in range(BANDS)] for _ in range(FRAMES)]
    levels += 3.0 * np.array(flicker)  # decibels, as of energies in two or three bins of a spectrum
    mean_db = 10 * np.log10(np.mean(10 ** (levels / 10)))
    return rounded((levels - mean_db) * decibels(100) / 100)


@cache
def _quiet_noise() -> Int64s:
    """(BANDS,): what an end-pointer takes for the room in such noise: a level that two frames of three are above."""
    ranked: Int64s = np.sort(_noise(), axis=0)[FRAMES // 3]
    return ranked


class _Random:
    """A generator that is the same on every machine and in every version: a linear congruence, 32 bits."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, bound: int) -> int:
        self._state = (1_664_525 * self._state + 1_013_904_223) % 2**32
        return (self._state >> 16) % bound

    def normal(self) -> float:
        """Twelve even numbers in sum: mean 0, deviation 1."""
        return sum(self.below(4_096) for _ in range(12)) / 4_096 - 6
