"""Naive Bayes over the phones and pairs of phones that PocketSphinx hears, of lessons in quiet and in noise.

Its phones come from a model of American English at 16 kHz. It hears samples, so the noise of its copies is made of
samples, too: of random colour, louder and softer every tenth of a second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from benchmarks.acoustic.peers.lesson import DIGITS
from benchmarks.acoustic.sound import Floats, Heard, levelled
from device.acoustic.end_pointer import Sound
from device.acoustic.spectrum import HOP, RATE_HZ
from device.acoustic.windows import Window, word_of
from device.audio.resample import resample_all
from device.messages import FRAME_BYTES
from device.transcribers.phones import PhoneTranscriber

_SMOOTHING = 0.3
_BELOW_DB = (20, 15, 10, 5)
"""Energy of a word over that of the noise, one copy each."""


class Phones:
    """A `Learner`."""

    _known: ClassVar[dict[tuple[int, int], Counter[str]]] = {}
    """Phones of sounds that were heard before, by stream and number: hearing takes longest."""

    def __init__(self) -> None:
        self._counts: list[Counter[str]] = [Counter() for _ in range(DIGITS)]

    def learn_one(self, heard: Heard, sound: int, digit: int) -> None:
        self._counts[digit].update(self._phones(heard, sound))
        for copy in noisy(heard, sound):
            self._counts[digit].update(_phones_of(copy))

    def answers(self, heard: Heard, sounds: Sequence[int]) -> list[list[tuple[Window, int]]]:
        features = {feature for counts in self._counts for feature in counts}
        totals = [sum(counts.values()) + _SMOOTHING * len(features) for counts in self._counts]
        answered = []
        for at in sounds:
            window = word_of(heard.sounds[at])
            heard_as = self._phones(heard, at)
            scores = [
                sum(times * np.log((counts[phone] + _SMOOTHING) / total) for phone, times in heard_as.items())
                for counts, total in zip(self._counts, totals, strict=True)
            ]
            answered.append([(window, int(np.argmax(scores)))] if window else [])
        return answered

    def _phones(self, heard: Heard, at: int) -> Counter[str]:
        key = (id(heard), at)
        if key not in self._known:
            self._known[key] = _phones_of(_samples(heard, heard.sounds[at]))
        return self._known[key]


def _samples(heard: Heard, sound: Sound) -> Floats:
    return heard.samples[sound.began * HOP : (sound.began + len(sound.frames)) * HOP].astype(np.float64)


def noisy(heard: Heard, at: int) -> Iterator[Floats]:
    """Copies of a sound in noise that is so far below the word in it."""
    sound = heard.sounds[at]
    samples = _samples(heard, sound)
    first, end = word_of(sound) or (0, len(sound.frames))
    level = np.sqrt(np.mean(samples[first * HOP : end * HOP] ** 2))
    random = np.random.default_rng(at)
    for below in _BELOW_DB:
        yield samples + levelled(_noise(len(samples), random), level / 10 ** (below / 20))


def _noise(length: int, random: np.random.Generator) -> Floats:
    frequencies = np.maximum(np.fft.rfftfreq(length, 1 / RATE_HZ), 100)
    white = np.fft.rfft(random.normal(size=length))
    coloured = np.fft.irfft(white / frequencies ** random.uniform(0, 1), length)
    tenths = np.arange(length) / (RATE_HZ / 10)
    louder = 0.6 * random.normal(size=int(tenths[-1]) + 2)
    noise: Floats = coloured * np.exp(np.interp(tenths, np.arange(len(louder)), louder))
    return noise


def _phones_of(samples: Floats) -> Counter[str]:
    """How often each phone and each pair of neighbours comes; beginning and end are neighbours, too."""
    pcm = resample_all(_as_integers(samples), RATE_HZ).astype("<i2").tobytes()
    recogniser = _recogniser()
    recogniser.start()
    for begin in range(0, len(pcm), FRAME_BYTES):
        recogniser.transcribe(pcm[begin : begin + FRAME_BYTES])
    phones = ("<", *recogniser.finish(), ">")
    return Counter([*phones, *(" ".join(pair) for pair in pairwise(phones))])


def _as_integers(samples: Floats) -> npt.NDArray[np.int16]:
    return np.clip(np.rint(samples), -(2**15), 2**15 - 1).astype(np.int16)


@cache
def _recogniser() -> PhoneTranscriber:
    return PhoneTranscriber()
