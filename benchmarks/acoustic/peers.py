"""Peers of the switch on the same windows: nearest centroid, dynamic time warping, a small network, phones.

They hear the same frames and the same copies in noise, and answer in the window that they know best themselves. The
network may look at all lessons again and again; PocketSphinx's phones come from a model of American English.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from benchmarks.acoustic.float_switch import best_beside_each_other
from benchmarks.acoustic.sound import Floats, Heard
from device.acoustic.end_pointer import Sound
from device.acoustic.noise import noisier
from device.acoustic.spectrum import BANDS, HOP
from device.acoustic.streams import Word, word
from device.acoustic.windows import Window, around, word_of
from device.audio.resample import resample_all
from device.messages import FRAME_BYTES
from device.transcribers.phones import PhoneTranscriber

_DIGITS = 10


def lesson_frames(sound: Sound, turn: int) -> list[tuple[Floats, Word]]:
    """The word of a lesson and its copies in noise, as levels and as vectors."""
    window = word_of(sound)
    if window is None:
        return []
    ways = [(sound, window), *noisier(sound, window, turn)]
    return [(around(each, place).astype(np.float64), word(around(each, place), each.room)) for each, place in ways]


class Centroid:
    """The mean of all lessons of a word, squeezed to eight columns of time."""

    def __init__(self) -> None:
        self._sums, self._turn = np.zeros((_DIGITS, 8 * BANDS)), 0

    def learn_one(self, heard: Heard, sound: int, digit: int) -> None:
        for levels, _ in lesson_frames(heard.sounds[sound], self._turn):
            self._sums[digit] += squeezed(levels)
        self._turn += 1

    def answers(self, heard: Heard, sounds: Sequence[int]) -> list[list[tuple[Window, int]]]:
        known = np.abs(self._sums).sum(axis=1) > 0
        means = self._sums / np.maximum(np.linalg.norm(self._sums, axis=1, keepdims=True), 1e-9)
        answered = []
        for at in sounds:
            windows = heard.candidates[at].windows
            looks = [squeezed(around(heard.sounds[at], window).astype(np.float64)) for window in windows]
            nearness = np.stack(looks) @ means.T if looks else np.zeros((0, _DIGITS))
            answered.append(best_beside_each_other(windows, np.where(known, nearness, -np.inf)))
        return answered


def squeezed(levels: Floats) -> Floats:
    """(8 * BANDS,): clipped, centred, eight stretches of time, of length 1."""
    clipped = np.maximum(levels, np.percentile(levels, 99) - 66)
    centred = clipped - clipped.mean(axis=0)
    columns = np.stack([part.mean(axis=0) for part in np.array_split(centred, 8)]) if len(centred) >= 8 else centred[:8]
    flat = np.resize(columns, (8, BANDS)).ravel()
    return np.asarray(flat / max(1e-9, float(np.linalg.norm(flat))))


class Dtw:
    """The nearest lesson by dynamic time warping of cepstra and their differences, clean lessons only."""

    def __init__(self) -> None:
        self._templates: list[Floats] = []
        self._digits: list[int] = []

    def learn_one(self, heard: Heard, sound: int, digit: int) -> None:
        for _, spoken in lesson_frames(heard.sounds[sound], 0)[:1]:
            self._templates.append(_dtw_frames(spoken))
            self._digits.append(digit)

    def answers(self, heard: Heard, sounds: Sequence[int]) -> list[list[tuple[Window, int]]]:
        longest = max(map(len, self._templates))
        padded = np.stack([np.pad(each, ((0, longest - len(each)), (0, 0))) for each in self._templates])
        lengths = np.array([len(each) for each in self._templates])
        digits = np.array(self._digits)
        answered = []
        for at in sounds:
            candidates = heard.candidates[at]
            nearness = np.full((len(candidates.words), _DIGITS), -np.inf)
            for place, spoken in enumerate(candidates.words):
                costs = warped(_dtw_frames(spoken), padded, lengths)
                np.maximum.at(nearness[place], digits, -costs)
            answered.append(best_beside_each_other(candidates.windows, nearness))
        return answered


def _dtw_frames(spoken: Word) -> Floats:
    return np.concatenate([spoken.vectors[0], spoken.vectors[1]], axis=1).astype(np.float64)[::2]  # every 40 ms


def warped(frames: Floats, templates: Floats, lengths: np.ndarray) -> Floats:
    """(M,): the cost per frame of the best path through each of (M, T, D) templates."""
    local = np.sqrt(np.maximum(_squares(frames, templates), 0))  # (T', M, T)
    best = np.cumsum(local[0], axis=1)
    for row in local[1:]:
        new = np.empty_like(best)
        new[:, 0] = best[:, 0] + row[:, 0]
        reach = np.minimum(best[:, 1:], best[:, :-1])
        for column in range(1, best.shape[1]):
            new[:, column] = row[:, column] + np.minimum(reach[:, column - 1], new[:, column - 1])
        best = new
    costs: Floats = best[np.arange(len(best)), lengths - 1] / (lengths + len(frames))
    return costs


def _squares(frames: Floats, templates: Floats) -> Floats:
    products = np.einsum("td,mud->tmu", frames, templates)
    squares: Floats = (frames**2).sum(1)[:, None, None] - 2 * products + (templates**2).sum(2)[None]
    return squares


class DsCnn:
    """A depthwise separable network of 12,000 weights, trained on all lessons and their copies at each question."""

    def __init__(self) -> None:
        self._looks: list[Floats] = []
        self._digits: list[int] = []
        self._fitted = 0
        self._network: nn.Module | None = None

    def learn_one(self, heard: Heard, sound: int, digit: int) -> None:
        for levels, _ in lesson_frames(heard.sounds[sound], len(self._digits)):
            self._looks.append(_look(levels))
            self._digits.append(digit)

    def answers(self, heard: Heard, sounds: Sequence[int]) -> list[list[tuple[Window, int]]]:
        if self._network is None or self._fitted != len(self._digits):
            self._network, self._fitted = _trained(np.stack(self._looks), self._digits), len(self._digits)
        answered = []
        with torch.no_grad():
            for at in sounds:
                windows = heard.candidates[at].windows
                looks = [_look(around(heard.sounds[at], window).astype(np.float64)) for window in windows]
                logits = self._network(_tensor(np.stack(looks))) if looks else torch.zeros((0, _DIGITS))
                answered.append(best_beside_each_other(windows, torch.log_softmax(logits, 1).double().numpy()))
        return answered


_COLUMNS = 40


def _look(levels: Floats) -> Floats:
    """(COLUMNS, BANDS): clipped and centred, 0.8 s, what is longer is cut."""
    clipped = np.maximum(levels, np.percentile(levels, 99) - 66)
    centred = (clipped - clipped.mean(axis=0))[:_COLUMNS] / 20
    return np.pad(centred, ((0, _COLUMNS - len(centred)), (0, 0)))


def _tensor(looks: Floats) -> torch.Tensor:
    return torch.tensor(looks[:, None], dtype=torch.float32)


def _trained(looks: Floats, digits: Sequence[int]) -> nn.Module:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    layers: list[nn.Module] = [nn.Conv2d(1, 48, (8, 4), stride=2, padding=(3, 1)), nn.BatchNorm2d(48), nn.ReLU()]
    for _ in range(4):
        layers += [nn.Conv2d(48, 48, 3, padding=1, groups=48), nn.BatchNorm2d(48), nn.ReLU()]
        layers += [nn.Conv2d(48, 48, 1), nn.BatchNorm2d(48), nn.ReLU()]
    network = nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d((2, 1)), nn.Flatten(), nn.Dropout(0.2), nn.Linear(96, _DIGITS)
    )
    inputs, labels = _tensor(looks), torch.tensor(digits)
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=1e-2)
    steps = 300
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=6e-3, total_steps=steps)
    for _ in range(steps):
        batch = torch.randint(len(inputs), (48,))
        loss = nn.functional.cross_entropy(network(_shifted(inputs[batch])), labels[batch], label_smoothing=0.05)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return network.eval()


def _shifted(looks: torch.Tensor) -> torch.Tensor:
    return torch.roll(looks, int(torch.randint(-4, 5, ()).item()), 2)


class Phones:
    """Naive Bayes over the phones and pairs of phones that PocketSphinx hears, quiet lessons only."""

    _recognisers: ClassVar[list[PhoneTranscriber]] = []
    _known: ClassVar[dict[tuple[int, int], Counter[str]]] = {}

    def __init__(self) -> None:
        self._counts: list[Counter[str]] = [Counter() for _ in range(_DIGITS)]

    def learn_one(self, heard: Heard, sound: int, digit: int) -> None:
        self._counts[digit].update(self._phones(heard, sound))

    def answers(self, heard: Heard, sounds: Sequence[int]) -> list[list[tuple[Window, int]]]:
        features = {feature for counts in self._counts for feature in counts}
        totals = [sum(counts.values()) + 0.3 * len(features) for counts in self._counts]
        answered = []
        for at in sounds:
            window = word_of(heard.sounds[at])
            heard_as = self._phones(heard, at)
            scores = [
                sum(times * np.log((counts[phone] + 0.3) / total) for phone, times in heard_as.items())
                for counts, total in zip(self._counts, totals, strict=True)
            ]
            answered.append([(window, int(np.argmax(scores)))] if window else [])
        return answered

    def _phones(self, heard: Heard, at: int) -> Counter[str]:
        key = (id(heard), at)
        if key not in self._known:
            self._known[key] = self._heard(heard, heard.sounds[at])
        return self._known[key]

    def _heard(self, heard: Heard, sound: Sound) -> Counter[str]:
        if not self._recognisers:
            self._recognisers.append(PhoneTranscriber())
        recogniser = self._recognisers[0]
        samples = heard.samples[sound.began * HOP : (sound.began + len(sound.frames)) * HOP]
        pcm = resample_all(samples, 8_000).astype("<i2").tobytes()
        recogniser.start()
        for begin in range(0, len(pcm), FRAME_BYTES):
            recogniser.transcribe(pcm[begin : begin + FRAME_BYTES])
        phones = recogniser.finish()
        return Counter([*phones, *(" ".join(pair) for pair in pairwise(phones))])
