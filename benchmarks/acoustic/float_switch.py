"""The same switch in floats, with what a chip cannot afford: a codebook drawn from all lessons at once.

The windows, the copies in noise and the clipped frames without the room are those of the device; cepstra, streams,
distances, shares and counts are floats. What it is better by is the price of integers and of learning one lesson after
the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.acoustic.sound import Floats, Heard
from device.acoustic.arithmetic import rest_of
from device.acoustic.end_pointer import MARGIN, Sound
from device.acoustic.noise import noisier
from device.acoustic.streams import CEPSTRA, LIFTER
from device.acoustic.windows import Window, around, word_of

_SIZE, _NEAREST, _CLIP, _FULL = 128, 8, 66.4, 185.0
_EPS = 0.02


@dataclass(frozen=True, slots=True)
class _Word:
    vectors: Floats
    """(3, T, CEPSTRA)"""
    weights: Floats
    """(T,)"""


@dataclass(slots=True)
class FloatSwitch:
    """A `Learner`; fits anew when asked after a lesson."""

    seed: int = 0
    lessons: list[tuple[int, list[_Word]]] = field(default_factory=list)
    fitted: int = 0
    codebook: list[tuple[Floats, float]] = field(default_factory=list)
    weights: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    """(columns + 1, 3 * SIZE * 4), the last column all of them pooled"""

    def learn_one(self, heard: Heard, sound: int, digit: int) -> None:
        one = heard.sounds[sound]
        window = word_of(one)
        if window is not None:
            copies = [_word(around(copy, left), copy) for copy, left in noisier(one, window, len(self.lessons))]
            self.lessons.append((digit, [_word(around(one, window), one), *copies]))

    def answers(self, heard: Heard, sounds: Sequence[int]) -> list[list[tuple[Window, int]]]:
        if self.fitted != len(self.lessons):
            self._fit()
        answered = []
        for at in sounds:
            windows = heard.candidates[at].windows
            words = [_word(around(heard.sounds[at], window), heard.sounds[at]) for window in windows]
            answered.append(best_beside_each_other(windows, self._evidence(words) if words else np.zeros((0, 10))))
        return answered

    def _evidence(self, words: Sequence[_Word]) -> Floats:
        evidence = self._tokens(words).reshape(len(words), -1) @ self.weights.T
        against: Floats = evidence[:, :-1] - evidence[:, -1:]
        return against

    def _fit(self) -> None:
        self.fitted, random = len(self.lessons), np.random.default_rng(self.seed)
        self.codebook = []
        for stream in range(3):
            frames = np.concatenate([words[0].vectors[stream][words[0].weights > 0.5] for _, words in self.lessons])
            codewords = frames[random.permutation(len(frames))[:_SIZE]]
            self.codebook.append((codewords, float(_apart(frames, codewords).min(axis=1).mean())))
        counts = np.zeros((10, 3, _SIZE, 4))
        for digit, words in self.lessons:
            counts[digit] += self._tokens(words).mean(axis=0)
        counts = np.concatenate([counts + _EPS, (counts + _EPS).sum(axis=0, keepdims=True)])
        self.weights = (np.log(counts) - np.log(counts.sum(axis=2, keepdims=True))).reshape(len(counts), -1)

    def _tokens(self, words: Sequence[_Word]) -> Floats:
        """(W, 3, SIZE, 4)"""
        counted = np.zeros((len(words), 3, _SIZE, 4))
        which = np.repeat(np.arange(len(words)), [len(word.weights) for word in words])
        parts = np.concatenate([_parts(word.weights) for word in words])
        for stream, (codewords, error) in enumerate(self.codebook):
            apart = _apart(np.concatenate([word.vectors[stream] for word in words]), codewords)
            near = min(_NEAREST, len(codewords))
            codes = np.argpartition(apart, near - 1, axis=1)[:, :near]
            further = np.take_along_axis(apart, codes, axis=1)
            shares = np.exp((further.min(axis=1, keepdims=True) - further) / (error / 4))
            shares /= shares.sum(axis=1, keepdims=True)
            cells = (which[:, np.newaxis] * _SIZE + codes).ravel()
            for part in range(4):
                sums = np.bincount(cells, (shares * parts[:, part, np.newaxis]).ravel(), len(words) * _SIZE)
                counted[:, stream, :, part] = sums.reshape(len(words), _SIZE)
        return counted


def best_beside_each_other(windows: Sequence[Window], evidence: Floats) -> list[tuple[Window, int]]:
    """The windows that are known best and do not overlap, with their actions."""
    chosen: list[tuple[Window, int]] = []
    for place in np.argsort(-evidence.max(axis=1, initial=-np.inf), kind="stable").tolist():
        begin, end = windows[place]
        if all(end <= other[0] or begin >= other[1] for other, _ in chosen):
            chosen.append(((begin, end), int(evidence[place].argmax())))
    return chosen


def _word(frames: np.ndarray, sound: Sound) -> _Word:
    levels = rest_of(frames, sound.room).astype(np.float64)
    floor = np.percentile(levels, 99) - _CLIP
    above = np.maximum(levels - np.maximum(sound.room.astype(float) + MARGIN, floor), 0).sum(axis=1)
    weights = np.minimum(above / _FULL, 1.0)
    if weights.sum() < 2:
        weights = np.ones(len(levels))
    clipped = np.maximum(levels, floor)
    order, band = np.arange(CEPSTRA)[:, np.newaxis], np.arange(levels.shape[1])[np.newaxis]
    cosines = np.cos(np.pi * order * (band + 0.5) / levels.shape[1])
    cosines[0] /= 2
    cosines *= np.maximum(order, 1) ** LIFTER
    cepstra = (clipped - weights @ clipped / weights.sum()) @ cosines.T
    padded = np.pad(cepstra, ((2, 2), (0, 0)), mode="edge")
    later, earlier = padded[4:], padded[:-4]
    return _Word(np.stack([cepstra, later - earlier, later + earlier - 2 * cepstra]), weights)


def _parts(weights: Floats) -> Floats:
    place = np.arange(len(weights)) / 8
    belongs = [np.ones(len(weights)), np.maximum(0, 1 - place), np.maximum(0, 1 - np.abs(place - 1))]
    parts: Floats = np.stack([*belongs, np.clip(place - 1, 0, 1)], axis=1) * weights[:, np.newaxis]
    return parts


def _apart(vectors: Floats, codewords: Floats) -> Floats:
    squares: Floats = (vectors**2).sum(axis=1)[:, np.newaxis] - 2 * vectors @ codewords.T + (codewords**2).sum(axis=1)
    return np.maximum(squares, 0)
