"""The nearest lessons by dynamic time warping, of cepstra and their differences every 20 ms, copies in noise included.

Each frame of a window meets the frame of the lesson that the one before it met, the next, or the one after next. So all
paths are as long as the window, and costs compare. Each cepstrum is divided by its deviation over all lessons:
undivided, the few that move most decide alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.acoustic.float_switch import best_beside_each_other
from benchmarks.acoustic.peers.lesson import DIGITS, lesson_frames
from benchmarks.acoustic.sound import Floats, Heard
from device.acoustic.streams import Word
from device.acoustic.windows import Window

Floats32 = npt.NDArray[np.float32]
_NEAREST = 3
"""Lessons of a word, the mean of whose costs is its own."""
_NEVER = 1e9
"""The cost of what must not be met."""


class Dtw:
    """A `Learner`."""

    def __init__(self) -> None:
        self._lessons: list[Floats32] = []
        self._digits: list[int] = []
        self._turn = 0

    def learn_one(self, heard: Heard, sound: int, digit: int) -> None:
        for _, spoken in lesson_frames(heard.sounds[sound], self._turn):
            self._lessons.append(_frames(spoken))
            self._digits.append(digit)
        self._turn += 1

    def answers(self, heard: Heard, sounds: Sequence[int]) -> list[list[tuple[Window, int]]]:
        digits = np.array(self._digits)
        deviations = np.concatenate(self._lessons).std(axis=0)
        lessons = in_a_row([each / deviations for each in self._lessons])
        answered = []
        for at in sounds:
            candidates = heard.candidates[at]
            nearness: Floats = np.full((len(candidates.words), DIGITS), -np.inf)
            for place, spoken in enumerate(candidates.words):
                costs = warped(_frames(spoken) / deviations, lessons)
                for digit in np.unique(digits):
                    nearness[place, digit] = -np.sort(costs[digits == digit])[:_NEAREST].mean()
            answered.append(best_beside_each_other(candidates.windows, nearness))
        return answered


def _frames(spoken: Word) -> Floats32:
    return np.concatenate([spoken.vectors[0], spoken.vectors[1]], axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Row:
    """Lessons one after the other, two frames that must not be met after each: no path steps over them."""

    frames: Floats32
    """(F, D + 2): a frame, its square, 1."""
    firsts: npt.NDArray[np.int64]
    lasts: npt.NDArray[np.int64]
    """(M,) places of the first and the last frame of each lesson."""


def in_a_row(lessons: Sequence[Floats32]) -> Row:
    """Of (T, D) frames each."""
    frames = np.concatenate([np.pad(each, ((0, 2), (0, 0)), constant_values=np.nan) for each in lessons])
    squares = np.nan_to_num((frames**2).sum(axis=1), nan=_NEVER)
    ends = np.cumsum([len(each) + 2 for each in lessons])
    firsts = np.concatenate([[0], ends[:-1]])
    return Row(np.column_stack([np.nan_to_num(frames), squares, np.ones_like(squares)]), firsts, ends - 3)


def warped(frames: Floats32, lessons: Row) -> Floats32:
    """(M,): the mean squared distance along the best path of (T, D) frames through each lesson."""
    squares = (frames**2).sum(axis=1)
    local = np.column_stack([-2 * frames, np.ones_like(squares), squares]) @ lessons.frames.T  # (T, F)
    best = np.full(local.shape[1], _NEVER, np.float32)
    best[lessons.firsts] = local[0, lessons.firsts]
    for row in local[1:]:
        before = best.copy()
        np.minimum(best[1:], before[:-1], out=best[1:])
        np.minimum(best[2:], before[:-2], out=best[2:])
        best += row
    return best[lessons.lasts] / np.float32(len(frames))
