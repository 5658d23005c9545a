"""Words that nobody ever said: glides and hisses, different every time they are "spoken"."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from device.acoustic.spectrum import RATE_HZ

Samples = npt.NDArray[np.int16]
_SHAPES = ((400, 1200, 0.0), (1500, 500, 0.0), (900, 900, 0.8), (600, 2400, 0.3))
"""Of each word the formant at its beginning and end in Hz, and how much of it is hiss."""


def room(seconds: float, random: np.random.Generator, level: float = 4.0) -> Samples:
    """A quiet room."""
    quiet: Samples = np.rint(random.normal(0, level, int(RATE_HZ * seconds))).astype(np.int16)
    return quiet


def word(number: int, random: np.random.Generator, loudness: float = 3000.0, voice: float = 1.0) -> Samples:
    """Half a second, a little longer or shorter, higher or lower each time; a child's voice is above 1."""
    first, last, hiss = _SHAPES[number]
    length = int(RATE_HZ * 0.45 * random.uniform(0.85, 1.15))
    formant = np.linspace(first, last, length) * voice * random.uniform(0.95, 1.05)
    voice = np.sin(2 * np.pi * np.cumsum(formant) / RATE_HZ) * (0.5 + 0.5 * np.sin(np.arange(length) * 0.09))
    breath = np.convolve(random.normal(0, 1, length), [1, -0.9], "same")
    swell = np.sin(np.pi * np.arange(length) / length) ** 0.5
    spoken: Samples = np.rint(loudness * swell * ((1 - hiss) * voice + hiss * breath)).astype(np.int16)
    return spoken


def stream(numbers: list[int], random: np.random.Generator, loudness: float = 3000.0, voice: float = 1.0) -> Samples:
    """Words with pauses, in a quiet room."""
    parts = [room(0.6, random)]
    for number in numbers:
        parts += [word(number, random, loudness, voice), room(random.uniform(0.5, 0.9), random)]
    return np.concatenate(parts)
