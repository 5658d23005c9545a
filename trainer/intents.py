"""Intents from texts: the same model with actions instead of tokens at the output, and the stages to it.

The document context is the bag of features in the mixed code, the block context attends over the last words. A bag is
divided by the square root of the number of words, or long sentences would speak louder than they know. Settings were
chosen on the folds of `nlu_home/dev.csv`; what else was tried is in `benchmarks/README.md`. Left out: prefixes,
devices, numbers, which are the household's own business (`device/anticipator.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from rich.progress import Progress
from torch.nn import functional

from device.safu.bit_cipher import codebook
from device.safu.bundle import Bundle, Header
from device.safu.contexts import EMPTY, Floats, Tokens
from device.safu.hidden import Activation, softmax
from device.safu.mixed_code import MixedCode
from device.safu.model import Architecture, Inputs, Safu, Weights
from device.safu.quantise import quantise
from trainer.factorised import factors, shrunk_information, straighten
from trainer.finetune import Stage, Trainer
from trainer.lessons import check_lessons
from trainer.network import Batch, SafuNetwork, as_tensor
from trainer.talk import TalkVectors


@dataclass(frozen=True, slots=True)
class IntentSettings:
    """Everything that is chosen rather than learned."""

    bits: int = 2_816
    """Rows of the mixed code."""
    exact: int = 1_408
    """Features with a row of their own."""
    hidden: int = 64
    activation: Activation = "tanh"
    block: int = 0
    """Last words that attention looks at: none, they add nothing to the bag of commands this short."""
    block_bits: int = 64
    """Of their code."""
    vocabulary: int = 1_000
    """Words with a code; others are not in the block."""
    attention: bool = True
    warm: bool = True
    shrink: float = 100.0
    """A feature believes in the mean lesson as much as in so many of its own; or coincidences are never forgotten."""
    temper: float = 0.3
    """Of the warm start: words of a sentence are not independent, whatever naive Bayes says."""
    spread: float = 0.5
    """Standard deviation of the hidden sums it starts with."""
    rate: float = 4e-3
    dropout: float = 0.5
    epochs: int = 20
    batch: int = 32
    smoothing: float = 0.1
    """Of the labels."""
    averaging: float = 0.998
    """Of the weights over the steps."""
    talk_strength: float = 6.0
    """Of vectors learned from unlabelled talk, where there are some."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class IntentEncoder:
    """Texts to the contexts of a model."""

    code: MixedCode
    ranks: dict[str, int]
    block: int
    talk: TalkVectors | None = None
    talk_strength: float = 0.0

    def encode(self, texts: Sequence[str]) -> Inputs:
        """The contexts of whole sentences."""
        split = [text.split() for text in texts]
        document = np.zeros((len(texts), self.code.bits), np.float32)
        window = np.full((len(texts), max(self.block, 1)), EMPTY)
        for row, words in enumerate(split):
            places, weights = self.code.encode_words(words)
            np.add.at(document[row], places, weights)
            last = [self.ranks.get(word, EMPTY) for word in words[::-1][: self.block]]
            window[row, : len(last)] = last
        document /= np.sqrt([[max(1, len(words))] for words in split]).astype(np.float32)
        if self.talk is not None:
            document = np.concatenate([document, self.talk_strength * self.talk.encode(split)], axis=1)
        return Inputs(window if self.block else None, document)


class SafuIntents:
    """An `IntentModel` (see `trainer/baselines/intent_text.py`) that is a SAFU."""

    encoder: IntentEncoder
    model: Safu

    def __init__(self, settings: IntentSettings | None = None, talk: TalkVectors | None = None) -> None:
        self.settings = settings or IntentSettings()
        self.talk = talk
        self.classes: Sequence[str] = ()

    def fit(self, texts: Sequence[str], labels: Sequence[str], progress: Progress | None = None) -> None:
        """Learn from scratch."""
        check_lessons(texts, labels)
        self.classes = sorted(set(labels))
        place = {name: number for number, name in enumerate(self.classes)}
        targets = np.eye(len(place), dtype=np.float32)[[place[label] for label in labels]]
        s = self.settings
        self.fit_targets(texts, targets * (1 - s.smoothing) + s.smoothing / len(place), progress, hard=targets)

    def fit_targets(
        self, texts: Sequence[str], targets: Floats, progress: Progress | None = None, hard: Floats | None = None
    ) -> None:
        """Learn (N, classes) probabilities, as a teacher gives them; `classes` must be set."""
        s = self.settings
        self.encoder = encoder_for(texts, s, self.talk)
        inputs = self.encoder.encode(texts)
        architecture, weights = start(inputs, targets if hard is None else hard, s)
        network = SafuNetwork(architecture, weights, s.dropout)
        if s.epochs:
            train(network, inputs, targets, s, progress)
        self.model = Safu(architecture, network.weights())

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """(N, classes)"""
        return softmax(self.model.logits(self.encoder.encode(texts)))

    def bundle(self) -> Bundle:
        """The model as a file has it, in floats. Raises `ValueError` for contexts that a file does not describe."""
        if self.talk is not None or self.encoder.block:
            raise ValueError("only a bag of features is described by a file")
        header = Header(self.model.architecture, actions=tuple(self.classes), features=self.encoder.code.frequent)
        return Bundle(header, self.model)

    @property
    def stored_bytes(self) -> int:
        """Four bytes a number; the vectors of the block are computed, not stored."""
        return sum(array.nbytes for name, array in self.model.weights.arrays().items() if name != "vectors")


def encoder_for(texts: Sequence[str], settings: IntentSettings, talk: TalkVectors | None) -> IntentEncoder:
    """The code and the words of some texts."""
    split = [text.split() for text in texts]
    counts = Counter(word for words in split for word in words)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))[: settings.vocabulary]
    ranks = {word: rank for rank, word in enumerate(ranked)}
    code = MixedCode.fit(split, settings.bits, settings.exact)
    return IntentEncoder(code, ranks, settings.block, talk, settings.talk_strength)


def start(inputs: Inputs, targets: Floats, settings: IntentSettings) -> tuple[Architecture, Weights]:
    """Weights before any gradient: factors of the explicit solution, or random ones."""
    s = settings
    rows = 0 if inputs.document is None else inputs.document.shape[1]
    architecture = Architecture(
        vocabulary=s.vocabulary if s.block else 0,
        dimensions=s.block_bits if s.block else 0,
        outputs=targets.shape[1],
        block=s.block,
        attention=s.attention and bool(s.block),
        scale=float(s.block),
        document=rows,
        hidden=s.hidden,
        activation=s.activation,
    )
    rng = np.random.default_rng(s.seed)
    arrays = {name: np.zeros(shape, np.float32) for name, shape in architecture.shapes().items()}
    if s.block:
        arrays["vectors"] = codebook(s.vocabulary, s.block_bits)
    arrays["bias"] = np.log(targets.mean(axis=0) + 1e-9).astype(np.float32)
    if not s.warm:
        arrays["document"] = (rng.standard_normal((rows, s.hidden)) * 0.1).astype(np.float32)
        arrays["output"] = (rng.standard_normal(arrays["output"].shape) / s.hidden**0.5).astype(np.float32)
        return architecture, Weights(**arrays)
    weights = Weights(**(arrays | _warm_layers(inputs, targets, s, rng)))
    return architecture, straighten(architecture, weights, inputs, s.spread)


def _warm_layers(
    inputs: Inputs, targets: Floats, settings: IntentSettings, rng: np.random.Generator
) -> dict[str, Floats]:
    """The document's mutual information with the actions, factorised; units left over start at random, unheard."""
    document = np.abs(np.empty((0, 0), np.float32) if inputs.document is None else inputs.document)
    information, marginal = shrunk_information(document.T @ targets, settings.shrink)
    scale = np.sqrt(marginal)[:, np.newaxis]
    rank = min(settings.hidden, targets.shape[1])
    left, right = factors([settings.temper * information * scale], rank, rng)
    hidden = (rng.standard_normal((len(left), settings.hidden)) * 0.05).astype(np.float32)
    hidden[:, :rank] = left / scale
    output = np.zeros((settings.hidden, targets.shape[1]), np.float32)
    output[:rank] = right
    return {"document": hidden, "output": output}


def train(
    network: SafuNetwork, inputs: Inputs, targets: Floats, settings: IntentSettings, progress: Progress | None = None
) -> int:
    """Backpropagation on all lessons, in random batches; returns the steps made."""
    size = min(settings.batch, len(targets))
    document = None if inputs.document is None else torch.from_numpy(inputs.document)
    window = None if inputs.window is None else as_tensor(inputs.window)
    wanted = torch.tensor(targets, dtype=torch.float32)

    def batches(rng: np.random.Generator) -> list[Tokens]:
        order = rng.permutation(len(targets))
        return [order[at : at + size] for at in range(0, len(order) - size + 1, size)]

    def loss(at: Tokens) -> torch.Tensor:
        batch = Batch(None if window is None else window[at], None if document is None else document[at])
        return functional.cross_entropy(network(batch), wanted[at])

    trainer = Trainer(network, lambda rng: iter(batches(rng)), loss, seed=settings.seed)
    steps = settings.epochs * (len(targets) // size)
    return trainer.run(Stage(settings.rate, steps=steps, averaging=settings.averaging), progress)


class IntegerIntents:
    """What `SafuIntents` is on a small device: integers alone, from the features on."""

    def __init__(self, trained: SafuIntents) -> None:
        if trained.talk is not None:
            raise ValueError("vectors of talk have no integer form")
        self.classes = trained.classes
        self.code = trained.encoder.code
        self.model = quantise(trained.model.architecture, trained.model.weights)

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """(N, classes), of 15 bits."""
        units = np.zeros((len(texts), self.code.bits), np.int64)
        words = np.zeros(len(texts), np.int64)
        for number, text in enumerate(texts):
            rows, heard, words[number] = self.code.units_of(text.split())
            units[number, rows] = heard
        return self.model.probabilities(units, words) / 2**15

    @property
    def stored_bytes(self) -> int:
        """The model, and a hash of 32 bits for every feature with a row of its own."""
        return self.model.stored_bytes + 4 * len(self.code.frequent)
