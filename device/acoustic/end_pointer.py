"""Frames to sounds: when something is louder than the room, and when it is over. It sees only the past.

    quiet --two frames above the room--> sound --8 frames like the room, or far below the peak--> quiet, and a `Sound`
                                           `-- more than 3 s --> quiet; the room is now what was heard, no `Sound`

The room is a running mean of every band while nothing sounds; it lags, so that the first breath of a word is not taken
for the room. Left out: which part of a sound is the word (`windows.py`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from device.acoustic.arithmetic import Int64s, Ints, decibels, shift_right
from device.acoustic.spectrum import BANDS, Frames

LOOK_BACK = 10
"""Frames before the first loud one that belong to a sound: 200 ms."""
LONGEST = 150
"""3 s: as long as any phrase. What is longer is talk, a tap, or a new fan."""
_FIRST = 10
"""Frames to learn a new room from before anything can sound."""
_HANG = 8
"""160 ms: the stop in "six" and "eight" is shorter."""
_START, _KEEP = 208, 92
"""Sums over the bands of how far they are above the room: 4 dB and 1.7 dB a band."""
MARGIN = 8
"""Steps above the room's mean that are only its fluctuation: 3 dB."""
LOUD_BANDS = 6
_ABOVE_ROOM, _BELOW_PEAK = LOUD_BANDS * decibels(5), LOUD_BANDS * decibels(20)
"""In the sum of the loudest bands."""
QUIETEST_ROOM = 50
"""Every room is at least as loud as the noise of a good microphone: five units of 16 bits. Digital silence is none."""
_ROOM_BITS = 8
_FAST, _SLOW = 3, 5
"""The room moves by an eighth, then by a thirty-second of the difference."""
_SETTLED = 60
_LAG = 4


@dataclass(frozen=True, slots=True)
class Sound:
    """Something that was heard, with a little of what was before and after."""

    room: Frames
    """(BANDS,): the level of every band before."""
    frames: Frames
    """(T, BANDS)"""
    began: int = 0
    """Number of its first frame since the beginning."""


def loudness(frames: Ints) -> Int64s:
    """(...,): the sum of the `LOUD_BANDS` loudest bands of (..., BANDS): the peaks of a voice, whatever the noise."""
    loudest: Int64s = np.sort(frames.astype(np.int64), axis=-1)[..., -LOUD_BANDS:].sum(axis=-1)
    return loudest


def excess(frames: Ints, room: Ints) -> Int64s:
    """(T,): how far the bands of (T, BANDS) frames are above the (BANDS,) room, summed."""
    above: Int64s = np.maximum(frames.astype(np.int64) - room - MARGIN, 0).sum(axis=-1)
    return above


def least_loudness(room: Ints) -> int:
    """What is louder is not the (BANDS,) room."""
    return int(loudness(room)) + _ABOVE_ROOM


def is_loud(frames: Ints, room: Ints, peak: int, below_peak: int = _BELOW_PEAK) -> np.ndarray:
    """(T,) bool: frames that are above the room and not too far below the peak."""
    least = max(peak - below_peak, least_loudness(room))
    loud: np.ndarray = (excess(frames, room) > _KEEP) & (loudness(frames) > least)
    return loud


class EndPointer:
    """To be fed every frame; holds the last few seconds and the room."""

    def __init__(self) -> None:
        self.too_long = 0
        """Sounds that were dropped because they did not end."""
        self._held: deque[Frames] = deque(maxlen=LOOK_BACK + LONGEST + _HANG + 1)
        self._room: Int64s = np.zeros(BANDS, np.int64)
        self._heard = self._began = self._last_loud = 0
        self._peak = self._before = 0
        self.is_sounding = False

    @property
    def room(self) -> Frames:
        """(BANDS,): the level of every band while nothing sounds."""
        return np.maximum(shift_right(self._room, _ROOM_BITS), QUIETEST_ROOM).astype(np.uint8)

    def hear(self, frame: Frames) -> Sound | None:
        """Take one (BANDS,) frame; return the sound that has just ended, if one has."""
        self._held.append(frame)
        self._heard += 1
        if self._heard <= _FIRST:
            self._room += (frame.astype(np.int64) << _ROOM_BITS) // _FIRST
            return None
        above = int(excess(frame, self.room))
        if not self.is_sounding:
            self._wait(above)
            self._before = above
        return self._go_on(frame) if self.is_sounding else None

    def _wait(self, above: int) -> None:
        self.is_sounding = (above + self._before) // 2 > _START
        if self.is_sounding:
            self._began = self._last_loud = self._heard - 1
            self._peak = 0
        elif self._heard > _LAG:
            lagged = self._held[-1 - _LAG].astype(np.int64) << _ROOM_BITS
            self._room += shift_right(lagged - self._room, _FAST if self._heard < _SETTLED else _SLOW)

    def _go_on(self, frame: Frames) -> Sound | None:
        now = self._heard - 1
        self._peak = max(self._peak, int(loudness(frame)))
        if is_loud(frame[np.newaxis], self.room, self._peak)[0]:
            self._last_loud = now
        if now - self._began > LONGEST:
            self._room = np.stack(list(self._held)[-40:]).astype(np.int64).sum(axis=0) * (1 << _ROOM_BITS) // 40
            self.too_long += 1
        elif now - self._last_loud < _HANG:
            return None
        self.is_sounding, self._before = False, 0
        began = max(0, self._began - LOOK_BACK)
        frames = np.stack(list(self._held)[began - self._heard :])
        return Sound(self.room, frames, began) if now - self._began <= LONGEST else None


def sounds_of(frames: Frames) -> list[Sound]:
    """All sounds of (T, BANDS) frames, as they are heard."""
    pointer = EndPointer()
    heard = (pointer.hear(frame) for frame in frames)
    return [sound for sound in heard if sound is not None]
