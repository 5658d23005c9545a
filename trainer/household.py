"""The slow model of one household: from its lessons to a bundle of integers that its device runs beside the rest.

Lessons become what the device's own model would see of them (`Anticipator.encode_one`); of words that were taught two
meanings the newest counts. The explicit solution of all counts starts the network (`intents.start`), backpropagation
goes on from there: first on the lessons that the gate leaves for training, and, once it has accepted, a little more on
all of them. Of the samples three in ten are a beginning of at least half of the sentence. Training on shorter ones
made whole sentences worse and beginnings no better (`benchmarks/README.md`).

The same lessons, devices and seed make the same bytes. Left out: whether the result is any good (`gate.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np
import torch
from rich.progress import Progress
from torch.nn import functional

from device.anticipator import SafuAnticipator
from device.errors import TrainerError
from device.messages import FULL_LESSON, Device, Lesson
from device.phrasings import words_of
from device.safu.action_heads import ActionKey
from device.safu.bundle import Bundle, Header
from device.safu.contexts import Floats, Tokens
from device.safu.mixed_code import MixedCode, word_features
from device.safu.model import Inputs
from device.safu.quantise import quantise
from device.safu.slow import SlowModel, action_text
from device.settings import DecisionSettings
from trainer.finetune import Stage, Trainer
from trainer.intents import IntentSettings, start
from trainer.network import Batch, SafuNetwork
from trainer.prefixes import Words

SETTINGS = replace(IntentSettings(), rate=8e-3, averaging=0.99)
STEPS = 1_000
_BEGINNINGS = 0.3
"""Share of the samples that end before the sentence does."""
_MOST_LESSONS = 4_000
"""The newest: their beginnings take a quarter of a gigabyte. Older ones are in the counts."""


@dataclass(frozen=True, slots=True)
class Example:
    """What a model is to learn from one lesson."""

    lesson_id: int
    words: Words
    """As the device's model sees them."""
    meaning: ActionKey
    weight: float
    """Of a whole lesson."""


def examples_of(lessons: Sequence[Lesson], devices: Mapping[str, Device]) -> list[Example]:
    """The lessons that teach something about devices that are still there; of contradictory ones the newest.

    Raises `TrainerError` if there is nothing to tell apart.
    """
    reader = SafuAnticipator(DecisionSettings(), blank=True)
    reader.rebuild(devices, ())
    found = []
    for lesson in lessons[-_MOST_LESSONS:]:
        words, meaning = reader.encode_one(lesson)
        if lesson.weight > 0 and words and (lesson.action.device in devices or not lesson.action.device):
            found.append(Example(lesson.id, words, meaning, min(1.0, lesson.weight / FULL_LESSON)))
    newest = {example.words: example.meaning for example in found}
    kept = [example for example in found if newest[example.words] == example.meaning]
    if len({example.meaning for example in kept}) < 2:
        raise TrainerError("there is nothing to tell apart yet: lessons of two actions are needed")
    return kept


def fit(
    examples: Sequence[Example],
    devices: Mapping[str, Device],
    header: Header,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Bundle:
    """A model of these examples, in integers; of `header` the house, the versions and the figures are kept.

    It has absorbed the lessons that it answers rightly by itself.
    """
    torch.set_num_threads(1)
    s = replace(SETTINGS, seed=seed)
    actions = sorted({example.meaning for example in examples})
    code = MixedCode.fit([example.words for example in examples], s.bits, s.exact)
    data = _data(examples, actions, code)
    ends = np.cumsum(data.lengths) - 1
    architecture, weights = start(Inputs(None, data.documents[ends]), data.gold[ends], s)
    network = SafuNetwork(architecture, weights, s.dropout)
    _train(network, data, s, progress)
    names = {word for device in devices.values() for word in words_of(device.name)}
    told = replace(
        header,
        architecture=architecture,
        actions=tuple(action_text(action) for action in actions),
        features=code.frequent,
        names=tuple(sorted(names)),
    )
    model = quantise(architecture, network.weights())
    slow = SlowModel(Bundle(told, model))
    answered = (each.lesson_id for each in examples if slow.answer(each.words) == each.meaning)
    absorbed = tuple(dict.fromkeys(answered))  # a lesson may weigh several examples
    return Bundle(replace(told, absorbed=absorbed), model)


@dataclass(frozen=True, slots=True)
class _Data:
    """Every beginning of every example, the whole sentence last."""

    documents: Floats
    """(N, bits): bags of features, divided by the root of the number of words."""
    gold: Floats
    """(N, actions)"""
    weights: Floats
    """(N,)"""
    lengths: Tokens
    """(examples,): words of each."""


def _data(examples: Sequence[Example], actions: Sequence[ActionKey], code: MixedCode) -> _Data:
    bits_of = cache(code.encode)
    documents = np.zeros((sum(len(example.words) for example in examples), code.bits), np.float32)
    first = 0
    for example in examples:  # every word adds its features to the beginning before it; the end adds one more pair
        mine = documents[first : first + len(example.words)]
        for row, (before, word) in zip(mine, pairwise(("<s>", *example.words)), strict=True):
            _add(row, map(bits_of, word_features(before, word)))
        np.cumsum(mine, axis=0, out=mine)
        _add(mine[-1], [bits_of(f"{example.words[-1]} </s>")])
        mine /= np.sqrt(np.arange(1, len(mine) + 1, dtype=np.float32))[:, np.newaxis]
        first += len(mine)
    lengths = np.array([len(example.words) for example in examples])
    place = {action: column for column, action in enumerate(actions)}
    gold = np.eye(len(actions), dtype=np.float32)[[place[example.meaning] for example in examples]]
    weights = np.array([example.weight for example in examples], np.float32)
    return _Data(documents, np.repeat(gold, lengths, axis=0), np.repeat(weights, lengths), lengths)


def _add(row: Floats, codes: Iterable[tuple[int, ...]]) -> None:
    for bits in codes:
        for bit in bits:
            row[bit] += 1 / len(bits)


def _train(network: SafuNetwork, data: _Data, settings: IntentSettings, progress: Progress | None) -> None:
    ends = np.cumsum(data.lengths)
    inputs, weights = torch.from_numpy(data.documents), torch.from_numpy(data.weights)
    smoothed = data.gold * (1 - settings.smoothing) + settings.smoothing / data.gold.shape[1]
    targets = torch.from_numpy(smoothed.astype(np.float32))
    size = min(settings.batch, len(ends))

    def batches(rng: np.random.Generator) -> list[Tokens]:
        begun = ends - data.lengths + rng.integers(data.lengths // 2, data.lengths)
        order = rng.permutation(np.where(rng.random(len(ends)) < _BEGINNINGS, begun, ends - 1))
        return [order[at : at + size] for at in range(0, len(order) - size + 1, size)]

    def loss(at: Tokens) -> torch.Tensor:
        each = functional.cross_entropy(network(Batch(None, inputs[at])), targets[at], reduction="none")
        return (each * weights[at]).mean()

    stage = Stage(settings.rate, steps=STEPS, averaging=settings.averaging)
    Trainer(network, lambda rng: iter(batches(rng)), loss, seed=settings.seed).run(stage, progress)
