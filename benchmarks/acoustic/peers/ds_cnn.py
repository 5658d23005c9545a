"""A small depthwise separable network, which may look at all lessons and their copies in noise again and again.

It convolves over time only: cepstra and their differences are its channels, each divided by its deviation. What it is
trained on is stretched, shifted, masked and blurred by noise, in another way at each look.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from benchmarks.acoustic.float_switch import best_beside_each_other
from benchmarks.acoustic.peers.lesson import DIGITS, lesson_frames
from benchmarks.acoustic.sound import Floats, Heard
from device.acoustic.streams import CEPSTRA, Word
from device.acoustic.windows import Window

_FRAMES, _CHANNELS, _WIDTH, _REACH, _BLOCKS = 40, 2 * CEPSTRA, 48, 5, 4
_STEPS, _BATCH, _RATE = 600, 48, 6e-3
_STRETCHED, _SHIFTED = 0.15, 3.0
_MASKED = 6
"""Frames, and channels, that are left out at most."""
_NOISE = 1.0
"""Deviation of what is added to every number, which have 1 themselves."""


class DsCnn:
    """A `Learner` of 19,000 weights; trained anew on all lessons when asked after a lesson."""

    def __init__(self) -> None:
        self._looks: list[Floats] = []
        self._digits: list[int] = []
        self._turn = self._fitted = 0
        self._deviations: Floats = np.ones(_CHANNELS)
        self._network: nn.Module | None = None

    def learn_one(self, heard: Heard, sound: int, digit: int) -> None:
        for _, spoken in lesson_frames(heard.sounds[sound], self._turn):
            self._looks.append(_look(spoken))
            self._digits.append(digit)
        self._turn += 1

    def answers(self, heard: Heard, sounds: Sequence[int]) -> list[list[tuple[Window, int]]]:
        if self._network is None or self._fitted != len(self._digits):
            looks = np.stack(self._looks)
            self._deviations = looks.std(axis=(0, 2), keepdims=True)
            self._network, self._fitted = _trained(looks / self._deviations, self._digits), len(self._digits)
        answered = []
        with torch.no_grad():
            for at in sounds:
                candidates = heard.candidates[at]
                looks = np.array([_look(each) for each in candidates.words]).reshape(-1, _CHANNELS, _FRAMES)
                logits = self._network(_tensor(looks / self._deviations))
                sure = torch.log_softmax(logits, 1).double().numpy()
                answered.append(best_beside_each_other(candidates.windows, sure))
        return answered


def _look(spoken: Word) -> Floats:
    """(CHANNELS, FRAMES): 0.8 s, what is longer is cut."""
    frames = np.concatenate([spoken.vectors[0], spoken.vectors[1]], axis=1)[:_FRAMES].astype(np.float64)
    return np.pad(frames.T, ((0, 0), (0, _FRAMES - len(frames))))


def _tensor(looks: Floats) -> torch.Tensor:
    return torch.tensor(looks, dtype=torch.float32)


def _network() -> nn.Module:
    half = _REACH // 2
    layers = [nn.Conv1d(_CHANNELS, _WIDTH, _REACH, padding=half), nn.BatchNorm1d(_WIDTH), nn.ReLU()]
    for _ in range(_BLOCKS):
        layers += [nn.Conv1d(_WIDTH, _WIDTH, _REACH, padding=half, groups=_WIDTH), nn.BatchNorm1d(_WIDTH), nn.ReLU()]
        layers += [nn.Conv1d(_WIDTH, _WIDTH, 1), nn.BatchNorm1d(_WIDTH), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool1d(2), nn.Flatten(), nn.Dropout(0.2), nn.Linear(2 * _WIDTH, DIGITS))


def _trained(looks: Floats, digits: Sequence[int]) -> nn.Module:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network, inputs, labels = _network(), _tensor(looks), torch.tensor(digits)
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=_RATE, total_steps=_STEPS)
    for _ in range(_STEPS):
        batch = torch.randint(len(inputs), (_BATCH,))
        looked = _otherwise(inputs[batch])
        loss = nn.functional.cross_entropy(network(looked), labels[batch], label_smoothing=0.05)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return network.eval()


def _otherwise(looks: torch.Tensor) -> torch.Tensor:
    masked = _masked(_masked(_warped(looks), 1), 2)
    return masked + _NOISE * torch.randn_like(masked)


def _warped(looks: torch.Tensor) -> torch.Tensor:
    """Each stretched in time and shifted; silence comes from outside."""
    count, _, length = looks.shape
    stretch = torch.exp(_STRETCHED * (2 * torch.rand(count, 1) - 1))
    at = torch.arange(length) * stretch + _SHIFTED * (2 * torch.rand(count, 1) - 1)
    places = (2 * at + 1) / length - 1
    grid = torch.stack([places, torch.zeros_like(places)], dim=-1)[:, None]  # (B, 1, T, 2)
    return nn.functional.grid_sample(looks[:, :, None], grid, align_corners=False)[:, :, 0]


def _masked(looks: torch.Tensor, axis: int) -> torch.Tensor:
    """Each without a few neighbours on an axis."""
    count, length = len(looks), looks.shape[axis]
    begin, width = torch.randint(length, (count, 1)), torch.randint(_MASKED + 1, (count, 1))
    place = torch.arange(length)
    left = (place < begin) | (place >= begin + width)
    return looks * left.unsqueeze(3 - axis)
