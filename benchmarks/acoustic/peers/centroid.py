"""Nearest centroid: the mean of all lessons of a word, one in quiet and one of each copy in noise.

A word is its cepstra in eight columns of time, each cepstrum divided by its deviation: undivided, the few that move
most decide alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.acoustic.float_switch import best_beside_each_other
from benchmarks.acoustic.peers.lesson import DIGITS, lesson_frames
from benchmarks.acoustic.sound import Floats, Heard
from device.acoustic.streams import CEPSTRA, Word
from device.acoustic.windows import Window

_COLUMNS = 8
_ROOMS = 7


class Centroid:
    """A `Learner`."""

    def __init__(self) -> None:
        self._lessons: list[Floats] = []
        self._places: list[tuple[int, int]] = []
        """Of each lesson its digit and its room: quiet, or which copy it is."""
        self._turn = 0

    def learn_one(self, heard: Heard, sound: int, digit: int) -> None:
        for room, (_, spoken) in enumerate(lesson_frames(heard.sounds[sound], self._turn)):
            self._lessons.append(squeezed(spoken))
            self._places.append((digit, room))
        self._turn += 1

    def answers(self, heard: Heard, sounds: Sequence[int]) -> list[list[tuple[Window, int]]]:
        lessons = np.stack(self._lessons)
        deviations = lessons.std(axis=(0, 1))
        sums = np.zeros((DIGITS, _ROOMS, _COLUMNS * CEPSTRA))
        np.add.at(sums, tuple(np.array(self._places).T), _flat(lessons / deviations))
        known = np.abs(sums).sum(axis=2) > 0
        means = _of_length_1(sums)
        answered = []
        for at in sounds:
            candidates = heard.candidates[at]
            looks = np.array([squeezed(each) for each in candidates.words]).reshape(-1, _COLUMNS, CEPSTRA)
            nearness = np.einsum("wf,drf->wdr", _flat(looks / deviations), means)
            answered.append(best_beside_each_other(candidates.windows, np.where(known, nearness, -np.inf).max(axis=2)))
        return answered


def squeezed(spoken: Word) -> Floats:
    """(COLUMNS, CEPSTRA): the means of equal stretches of time, which may begin within a frame."""
    frames = spoken.vectors[0].astype(np.float64)
    sums = np.concatenate([np.zeros((1, CEPSTRA)), np.cumsum(frames, axis=0)])
    ends = np.linspace(0, len(frames), _COLUMNS + 1)
    until = np.stack([np.interp(ends, np.arange(len(sums)), each) for each in sums.T], axis=1)
    columns: Floats = np.diff(until, axis=0) * _COLUMNS / len(frames)
    return columns


def _flat(columns: Floats) -> Floats:
    return _of_length_1(columns.reshape(len(columns), -1))


def _of_length_1(vectors: Floats) -> Floats:
    units: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return units
