"""A home that needs no recordings: three people's words that nobody ever said, a noise, a button and a relay.

Once a hand presses the wrong button, and takes it back.

Words are glides and hisses, "spoken" a little longer, higher or louder every time. The same on every machine. Left out:
real speech (`benchmarks/acoustic`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from device.acoustic.spectrum import RATE_HZ
from firmware_export.sound import Event, Samples, Shape

WORDS = 3
"""Actions; word `WORDS` means none of them."""
SHAPE = Shape(WORDS, 8, 32)
"""What it needs."""
_GLIDES_HZ = ((500, 1_300, 0.0), (1_600, 450, 0.0), (800, 900, 0.8), (600, 2_500, 0.3))
"""Of each word the pitch at its beginning and end, and how much of it is hiss."""
_ROUNDS = 6


def fixed_story() -> list[Event]:
    """A blank switch that hears each word, and is told by a hand or by nobody what it meant."""
    return list(_events(np.random.default_rng(0)))


def fixed_questions() -> tuple[list[Event], list[int]]:
    """Words that are heard afterwards, and the action that each means; -1 is none."""
    random = np.random.default_rng(1)
    order = random.permutation([*range(WORDS + 1)] * 3).tolist()
    return [_quiet(1.0, random), *(_said(word, random) for word in order)], [
        word if word < WORDS else -1 for word in order
    ]


def right(said: Sequence[str], meant: Sequence[int]) -> int:
    """How many questions were answered as they are meant, by the last lines of what a firmware said."""
    actions = [int(line.split()[1]) if line.startswith("relay") else -1 for line in said[-len(meant) :]]
    return sum(a == b for a, b in zip(actions, meant, strict=True))


def _events(random: np.random.Generator) -> Iterator[Event]:
    yield _quiet(1.0, random)
    for number in range(_ROUNDS):
        for word in random.permutation(WORDS + 1).tolist():
            yield _said(word, random)
            yield ("press", word) if word < WORDS else ("nobody", 0) if number % 2 else ("no", 0)
    yield _said(0, random)
    yield from (("press", 1), ("forget", 0), ("press", 0))


def _said(word: int, random: np.random.Generator) -> Samples:
    """Half a second, and a pause."""
    first, last, hiss = _GLIDES_HZ[word]
    length = int(RATE_HZ * random.uniform(0.4, 0.55))
    pitch_hz = np.linspace(first, last, length) * random.uniform(0.95, 1.05)
    voice = np.sin(2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ) * (0.6 + 0.4 * np.sin(np.arange(length) * 0.09))
    breath = np.diff(random.normal(0, 0.7, length + 1))
    swell = 3_000 * random.uniform(0.5, 1.5) * np.sqrt(np.sin(np.pi * np.arange(length) / length))
    spoken = np.rint(swell * ((1 - hiss) * voice + hiss * breath)).astype(np.int16)
    return np.concatenate([spoken, _quiet(0.6, random)])


def _quiet(seconds: float, random: np.random.Generator) -> Samples:
    return np.rint(random.normal(0, 4, int(RATE_HZ * seconds))).astype(np.int16)
