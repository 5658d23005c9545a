"""The sound of a home: words of its people as one stream with pauses, noise under it, and other people's speech.

Everything is at 8 kHz, so that nothing gives the digits away by their bandwidth. Every word is played at one level;
the pauses hold faint noise. Kitchen noise is laid under each word and half the pauses around it so that word and noise
have the energies that the signal-to-noise ratio says.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from rich.progress import Progress

from device.acoustic.decimator import Decimator
from device.acoustic.end_pointer import Sound, sounds_of
from device.acoustic.spectrum import HOP, RATE_HZ, frames_of
from device.acoustic.switch import Candidates, candidates
from device.acoustic.windows import Window

Floats = npt.NDArray[np.float64]
NOISES: dict[str, float | None] = {"clean": None, "20db": 20.0, "10db": 10.0}
"""Name and signal-to-noise ratio in dB."""
LEVEL = 1_260.0
"""Root mean square of every word."""
_ROOM = LEVEL / 10 ** (50 / 20)
"""Of the faint noise in the pauses: 50 dB below."""
_PAUSES_S = (0.5, 1.1)
_FADE = RATE_HZ // 20


@dataclass(frozen=True, slots=True)
class Take:
    """One spoken digit."""

    digit: int
    number: int
    samples: Floats


@dataclass(frozen=True, slots=True)
class Spoken:
    """Where in a stream a take is, in samples."""

    take: Take
    begin: int
    end: int


class Heard:
    """A stream as it is heard: sounds, and the windows that may be words."""

    def __init__(self, samples: Floats, words: Sequence[Spoken]) -> None:
        self.samples = np.clip(np.rint(samples), -(2**15), 2**15 - 1).astype(np.int16)
        self.words = words
        self.sounds = sounds_of(frames_of(self.samples))

    @cached_property
    def candidates(self) -> list[Candidates]:
        """Of each sound."""
        return [candidates(sound) for sound in self.sounds]

    @cached_property
    def sound_of(self) -> list[int | None]:
        """Of each word the number of the sound that overlaps it most."""
        spans = [_span(sound, self._widest(at)) for at, sound in enumerate(self.sounds)]
        return [most_overlapping(word, spans) for word in self.words]

    def _widest(self, at: int) -> Window:
        windows = self.candidates[at].windows
        return (min((begin for begin, _ in windows), default=0), max((end for _, end in windows), default=0))

    def understood(self, word: int, answers: Sequence[tuple[Window, int]]) -> int | None:
        """What was answered in the window that overlaps a word most, of answers to the sound that it is in."""
        at = self.sound_of[word]
        if at is None:
            return None
        best = most_overlapping(self.words[word], [_span(self.sounds[at], window) for window, _ in answers])
        return None if best is None else answers[best][1]


def _span(sound: Sound, window: Window) -> tuple[int, int]:
    return (sound.began + window[0]) * HOP, (sound.began + window[1]) * HOP


def most_overlapping(word: Spoken, spans: Sequence[tuple[int, int]]) -> int | None:
    """The number of the span that has most of a word, None if none has any."""
    overlaps = [min(end, word.end) - max(begin, word.begin) for begin, end in spans]
    best = max(range(len(spans)), key=overlaps.__getitem__, default=None)
    return best if best is not None and overlaps[best] > 0 else None


def speakers(data: Path) -> dict[str, list[Take]]:
    """The takes of every speaker of `digits/`."""
    found: dict[str, list[Take]] = {}
    for path in sorted((data / "digits").glob("*/*.flac")):
        digit, speaker, number = path.stem.split("_")
        found.setdefault(speaker, []).append(Take(int(digit), int(number), load(path)))
    return found


def kitchen(data: Path, half: int) -> Floats:
    """One half of the kitchen's noise."""
    noise = load(data / "speech_to_intent" / "kitchen.flac")
    return np.array_split(noise, 2)[half]


def other_speech(data: Path) -> dict[str, list[Floats]]:
    """Clips of people who are not of the home, by corpus: `precise`, `wake_words`, `orders`."""
    with (data / "keywords" / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] != "noise"]
    paths = {
        "precise": [data / "keywords" / row["path"] for row in rows if row["path"].startswith("precise/")],
        "wake_words": [data / "keywords" / row["path"] for row in rows if not row["path"].startswith("precise/")],
        "orders": sorted((data / "speech_to_intent" / "clips").glob("*.flac")),
    }
    return {corpus: list(_readable(found)) for corpus, found in paths.items()}


def _readable(paths: Sequence[Path]) -> Iterator[Floats]:
    for path in paths:
        try:
            yield load(path)
        except soundfile.LibsndfileError as error:
            print(f"{path}: {error}", file=sys.stderr)


def load(path: Path) -> Floats:
    """A recording at 8 kHz."""
    samples, rate = soundfile.read(path, dtype="int16")
    if rate not in (RATE_HZ, 2 * RATE_HZ):
        raise ValueError(f"{path} is at {rate} Hz; expected 8 or 16 kHz")
    return np.asarray(samples if rate == RATE_HZ else Decimator().halve(samples), np.float64)


def stream(takes: Sequence[Take], random: np.random.Generator) -> tuple[Floats, list[Spoken]]:
    """Takes one after the other, with pauses."""
    parts, words = [np.zeros(RATE_HZ)], []
    at = RATE_HZ
    for take in takes:
        pause = np.zeros(int(RATE_HZ * random.uniform(*_PAUSES_S)))
        words.append(Spoken(take, at, at + len(take.samples)))
        parts += [levelled(take.samples), pause]
        at += len(take.samples) + len(pause)
    samples = np.concatenate(parts)
    return samples + random.normal(0, _ROOM, len(samples)), words


def levelled(samples: Floats, level: float = LEVEL) -> Floats:
    """The same at one level."""
    return samples * (level / max(1e-9, float(np.sqrt(np.mean(samples**2)))))


def with_noise(samples: Floats, words: Sequence[Spoken], noise: Floats, snr_db: float | None) -> Floats:
    """A stream with noise under it."""
    if snr_db is None:
        return samples
    borders = [(a.end + b.begin) // 2 for a, b in pairwise(words)]
    under = np.resize(noise, len(samples))
    gains = np.empty(len(samples))
    for begin, end in zip([0, *borders], [*borders, len(samples)], strict=True):
        gains[begin:end] = LEVEL / 10 ** (snr_db / 20) / np.sqrt(np.mean(under[begin:end] ** 2))
    smooth = np.convolve(np.pad(gains, _FADE // 2, mode="edge"), np.ones(_FADE) / _FADE, "same")
    return samples + under * smooth[_FADE // 2 : _FADE // 2 + len(samples)]


def home(data: Path, progress: Progress, *, quick: bool) -> dict[str, dict[str, Heard]]:
    """Every speaker's words in every noise, as they are heard."""
    noise = kitchen(data, 1)
    people = speakers(data)
    heard: dict[str, dict[str, Heard]] = {}
    for name, takes in progress.track(list(people.items()), description="listening"):
        chosen = [take for take in takes if take.number < (25 if quick else 50)]
        random = np.random.default_rng(0)
        samples, words = stream([chosen[at] for at in random.permutation(len(chosen))], random)
        heard[name] = {
            label: Heard(with_noise(samples, words, noise, snr_db), words) for label, snr_db in NOISES.items()
        }
    return heard


def talk(clips: Sequence[Floats], random: np.random.Generator) -> Heard:
    """Other people's speech as a stream."""
    takes = [Take(-1, number, clip) for number, clip in enumerate(clips)]
    return Heard(*stream(takes, random))


def rounds(words: Sequence[Spoken], random: np.random.Generator) -> Iterator[list[int]]:
    """Words so that each round has one take of every digit, in random order."""
    numbers = sorted({word.take.number for word in words})
    for number in random.permutation(numbers).tolist():
        members = [at for at, word in enumerate(words) if word.take.number == number]
        yield random.permutation(members).tolist()
