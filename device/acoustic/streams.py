"""Frames of a word to vectors: three streams of 13 small integers, and how much each frame is to weigh.

    without the room -> clipped 25 dB below the peak -> without each band's mean -> 13 cepstra -> three streams

Clipping is the greatest gain of all: below it there is noise. Means take the microphone, the room and the loudness
away. A frame that is hardly above the room weighs little, so that it matters little where exactly a word is cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from device.acoustic.arithmetic import Int64s, Ints, decibels, rest_of, rounded, shift_right
from device.acoustic.end_pointer import MARGIN
from device.acoustic.spectrum import BANDS, Frames

STREAMS = ("static", "difference", "bend")
CEPSTRA = 13
FULL_WEIGHT = 16
_CLIP = decibels(25)
_FULL = 185
"""A frame so far above the room, summed over the bands, weighs all it can: 3.5 dB a band."""
_REACH = 2
"""Frames to either side that differences are taken over: 40 ms."""
_MEAN_BITS = 4
_COEFFICIENT_BITS = 7
_SHIFTS = (_MEAN_BITS + _COEFFICIENT_BITS + 1, 1, 1)
"""Of cepstra to the static stream; of it to the others."""

_LEAST_MOVEMENT = 27
"""Mean of the sums of a frame's cepstra without sign: words have 44 at least and 100 mostly, a hum has 1."""
LIFTER = 0.25
"""Cepstra of higher order are smaller and tell words apart as well: each counts by this power of its order."""

Vectors = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Word:
    """What of a sound is compared with others."""

    vectors: Vectors
    """(streams, T, CEPSTRA)"""
    weights: npt.NDArray[np.uint8]
    """(T,), up to `FULL_WEIGHT`"""

    @property
    def moves(self) -> bool:
        """Whether it changes as words do: a hum, a tone, a fan is none."""
        weights = self.weights.astype(np.int64)
        sizes = np.abs(self.vectors[0].astype(np.int64)).sum(axis=1)
        return int(weights @ sizes) >= _LEAST_MOVEMENT * int(weights.sum())


def word(frames: Frames, room: Frames) -> Word:
    """(T, BANDS) frames of a window, (BANDS,) the room before it."""
    levels = rest_of(frames, room)
    floor = _loudest(levels) - _CLIP
    above = np.maximum(levels - np.maximum(room.astype(np.int64) + MARGIN, floor), 0).sum(axis=1)
    weights = np.minimum(above * FULL_WEIGHT // _FULL, FULL_WEIGHT)
    if weights.sum() < 2 * FULL_WEIGHT:
        weights = np.full(len(weights), FULL_WEIGHT)
    clipped = np.maximum(levels, floor) << _MEAN_BITS
    centred = clipped - (weights @ clipped) // weights.sum()
    exact = shift_right(centred @ _cosines().T, _SHIFTS[0] - 1)  # (T, CEPSTRA), one bit more than the static stream
    padded = np.pad(exact, ((_REACH, _REACH), (0, 0)), mode="edge")
    later, earlier = padded[2 * _REACH :], padded[: -2 * _REACH]
    streams = [exact, later - earlier, later + earlier - 2 * exact]
    vectors = np.stack([np.clip(shift_right(s, 1), -128, 127) for s in streams]).astype(np.int8)
    return Word(vectors, weights.astype(np.uint8))


def _loudest(levels: Int64s) -> int:
    """The 99th percentile: what one in a hundred cells is louder than."""
    cells = np.sort(levels.ravel())
    return int(cells[(len(cells) * 99) // 100])


@cache
def _cosines() -> Int64s:
    """(CEPSTRA, BANDS) of the cosine transform, the first halved, the others liftered."""
    order, band = np.arange(CEPSTRA)[:, np.newaxis], np.arange(BANDS)[np.newaxis]
    cosines = np.cos(np.pi * order * (band + 0.5) / BANDS) * np.sqrt(2 / BANDS)
    cosines[0] /= 2
    cosines *= np.maximum(order, 1) ** LIFTER
    return rounded(cosines * 2**_COEFFICIENT_BITS)


def distances(vectors: Ints, codewords: Ints) -> Int64s:
    """(T, N): squared distances of (T, CEPSTRA) and (N, CEPSTRA); exact, for floats hold integers below 2^53."""
    x, c = vectors.astype(np.float64), codewords.astype(np.float64)
    squares = (x**2).sum(axis=1)[:, np.newaxis] - 2 * x @ c.T + (c**2).sum(axis=1)
    return rounded(squares)
