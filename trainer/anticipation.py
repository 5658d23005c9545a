"""A SAFU that is trained on beginnings: the document context of what has been heard, an action at the output.

Every epoch takes each sentence whole and one random beginning of it, both with the label of the whole, so that what it
answers is how probable that will turn out to be. A teacher, if there is one, softens the labels and labels talk that
nobody labelled (`distil.py` does the same for whole sentences). Settings: chosen on the folds of `nlu_home/dev.csv`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch.nn import functional

from device.safu.contexts import Floats, Tokens
from device.safu.hidden import softmax
from device.safu.mixed_code import MixedCode
from device.safu.model import Inputs, Safu
from trainer.finetune import Stage, Trainer
from trainer.intents import IntentSettings, start
from trainer.lessons import check_lessons
from trainer.network import Batch, SafuNetwork
from trainer.prefixes import Heard, PrefixModel, Words, beginnings

ANTICIPATION = replace(IntentSettings(), dropout=0.4, epochs=12, batch=64, averaging=0.995)
_BEGINNINGS = 2
"""Samples a sentence and epoch, the whole one included."""
_AT_ONCE = 1_024


class SafuPrefixes:
    """A `PrefixModel` that is a SAFU."""

    def __init__(self, settings: IntentSettings = ANTICIPATION, teacher: PrefixModel | None = None) -> None:
        self.settings = settings
        self.teacher = teacher
        self.unlabelled: Sequence[Words] = ()
        self.classes: Sequence[str] = ()

    def fit(self, sentences: Sequence[Words], labels: Sequence[str]) -> None:
        """Learn from scratch; a teacher must have been fitted already."""
        check_lessons([" ".join(words) for words in sentences], labels)
        self.classes = sorted(set(labels))
        s = self.settings
        self._code = MixedCode.fit(sentences, s.bits, s.exact)
        everything = [*sentences, *(self.unlabelled if self.teacher is not None else ())]
        heard = [begun for words in everything for begun in beginnings(words)]
        ends = np.cumsum([len(words) for words in everything])
        document = self._document(heard)
        targets = self._targets(labels, heard, [len(words) for words in sentences])
        architecture, weights = start(Inputs(None, document[ends - 1]), targets[ends - 1], s)
        network = SafuNetwork(architecture, weights, s.dropout)
        _train(network, document, targets, ends, s)
        self._model = Safu(architecture, network.weights())

    def probabilities(self, heard: Sequence[Heard]) -> Floats:
        """(N, classes)"""
        parts = [heard[at : at + _AT_ONCE] for at in range(0, len(heard), _AT_ONCE)]
        return np.concatenate([softmax(self._model.logits(Inputs(None, self._document(part)))) for part in parts])

    def _document(self, heard: Sequence[Heard]) -> Floats:
        """(N, bits): bags of features, divided by the root of the number of words as in `intents.py`."""
        document = np.zeros((len(heard), self._code.bits), np.float32)
        for row, begun in enumerate(heard):
            for feature in begun.features:
                code = self._code.encode(feature)
                document[row, list(code)] += 1 / len(code)
        lengths = np.array([[len(begun.words)] for begun in heard], np.float32)
        return np.asarray(document / np.sqrt(lengths))

    def _targets(self, labels: Sequence[str], heard: Sequence[Heard], lengths: Sequence[int]) -> Floats:
        """(N, classes): of every beginning the label of its sentence, smoothed or mixed with the teacher's opinion."""
        place = {name: number for number, name in enumerate(self.classes)}
        rows = np.repeat([place[label] for label in labels], lengths)
        gold = np.eye(len(place), dtype=np.float32)[rows]
        if self.teacher is None:
            s = self.settings.smoothing / 5
            return np.asarray(gold * (1 - s) + s / len(place))
        targets = self.teacher.probabilities(heard).astype(np.float32)
        targets[: len(gold)] = (targets[: len(gold)] + gold) / 2
        return targets


def _train(network: SafuNetwork, document: Floats, targets: Floats, ends: Tokens, settings: IntentSettings) -> None:
    inputs, wanted = torch.from_numpy(document), torch.from_numpy(targets)
    lengths = np.diff(ends, prepend=0)
    size = min(settings.batch, len(ends))

    def batches(rng: np.random.Generator) -> list[Tokens]:
        begun = [ends - 1 - rng.integers(0, lengths) for _ in range(_BEGINNINGS - 1)]
        order = rng.permutation(np.concatenate([ends - 1, *begun]))
        return [order[at : at + size] for at in range(0, len(order) - size + 1, size)]

    def loss(at: Tokens) -> torch.Tensor:
        return functional.cross_entropy(network(Batch(None, inputs[at])), wanted[at])

    trainer = Trainer(network, lambda rng: iter(batches(rng)), loss, seed=settings.seed)
    steps = settings.epochs * (_BEGINNINGS * len(ends) // size)
    trainer.run(Stage(settings.rate, steps=steps, averaging=settings.averaging))
