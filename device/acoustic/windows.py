"""Where in a sound the word may be: islands above a falling water line. Which one it is, the model says.

In a noisy kitchen the end-pointer holds a clatter and the word for one sound. Fixed thresholds cut the word or keep the
clatter; asking the model which window it knows best is right where thresholds are not (`benchmarks/README.md`). Where
the water reaches the room, a short pause parts islands, too: else a word is glued to what clatters beside it.
"""

from __future__ import annotations

import numpy as np

from device.acoustic.arithmetic import decibels
from device.acoustic.end_pointer import LOUD_BANDS, Sound, is_loud, least_loudness, loudness

_LINES = tuple(LOUD_BANDS * decibels(db) for db in (24, 20, 16, 12))
"""How far below the peak the water may stand."""
_WORD_LINE = LOUD_BANDS * decibels(20)
_GAP = 7
"""Frames below water that do not part an island: 140 ms."""
_SHORT_GAP = 3
"""The same where a line lies below the room: there it would only find again what the one above it found."""
_LEAST = 5
_AS_LOUD = LOUD_BANDS * decibels(15)
AROUND = 4
"""Frames on either side that go with it: the soft beginning and end."""

Window = tuple[int, int]
"""First frame, last frame plus one."""


def windows_of(sound: Sound) -> list[Window]:
    """Every island of every water line once, in order, without the frames around it."""
    peak, least = int(loudness(sound.frames).max(initial=0)), least_loudness(sound.room)
    found: set[Window] = set()
    for line in _LINES:
        loud = is_loud(sound.frames, sound.room, peak, line)
        for gap in (_GAP,) if peak - line > least else (_GAP, _SHORT_GAP):
            found.update(_islands(loud, gap))
    return sorted(island for island in found if island[1] - island[0] >= _LEAST)


def word_of(sound: Sound) -> Window | None:
    """The island with the peak in it: where the word is if nothing is known of it."""
    found = island_at(sound, int(loudness(sound.frames).argmax())) if len(sound.frames) else None
    return found if found and found[1] - found[0] >= _LEAST else None


def island_at(sound: Sound, at: int) -> Window | None:
    """The island that frame `at` is on, measured from its height."""
    loud = is_loud(sound.frames, sound.room, int(loudness(sound.frames[at])), _WORD_LINE)
    return next((island for island in _islands(loud) if island[0] <= at < island[1]), None)


def left_out(sound: Sound, window: Window) -> int:
    """How many frames beside a window are nearly as loud as it, without a pause between: talk goes on there."""
    levels = loudness(sound.frames)
    least = int(levels[slice(*window)].max()) - _AS_LOUD
    peak = int(levels.max())
    islands = _islands(is_loud(sound.frames, sound.room, peak, _LINES[0]))
    begin, end = next((island for island in islands if island[0] <= window[0] < island[1]), window)
    outside = np.concatenate([levels[begin : max(0, window[0] - AROUND)], levels[window[1] + AROUND : end]])
    return int((outside > least).sum())


def around(sound: Sound, window: Window) -> np.ndarray:
    """(T, BANDS): the frames of a window and a few on either side."""
    return sound.frames[max(0, window[0] - AROUND) : window[1] + AROUND]


def _islands(loud: np.ndarray, gap: int = _GAP) -> list[Window]:
    places = np.flatnonzero(loud)
    if not len(places):
        return []
    breaks = np.flatnonzero(np.diff(places) > gap + 1)
    firsts = places[np.concatenate([[0], breaks + 1])]
    lasts = places[np.concatenate([breaks, [len(places) - 1]])]
    return [(int(first), int(last) + 1) for first, last in zip(firsts, lasts, strict=True)]
