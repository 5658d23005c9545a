"""What a peer hears of a lesson: its word and the copies of it in noise that the switch counts, too."""

from __future__ import annotations

import numpy as np

from benchmarks.acoustic.sound import Floats
from device.acoustic.end_pointer import Sound
from device.acoustic.noise import noisier
from device.acoustic.streams import Word, word
from device.acoustic.windows import around, word_of

DIGITS = 10


def lesson_frames(sound: Sound, turn: int) -> list[tuple[Floats, Word]]:
    """The word of a lesson and its copies in noise, as levels and as vectors; none if there is no word in it."""
    window = word_of(sound)
    if window is None:
        return []
    ways = [(sound, window), *noisier(sound, window, turn)]
    return [(around(each, place).astype(np.float64), word(around(each, place), each.room)) for each, place in ways]
