"""A language model from running text: the settings, and the stages from nothing to trained.

Settings were chosen on the last tenth of the training articles of wikitext-2's validation text, never on the test
text; what else was tried is in `benchmarks/README.md`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import torch
from rich.progress import Progress
from torch.nn import functional

from device.safu.model import Architecture, Weights
from trainer.batches import Feeding, TextBatches
from trainer.corpus import Corpus
from trainer.finetune import Stage, Trainer
from trainer.history import History
from trainer.network import SafuNetwork
from trainer.warm_start import WarmStart, cold_start, vectors_of, warm_start


@dataclass(frozen=True, slots=True)
class LanguageSettings:
    """Everything that is chosen rather than learned."""

    bits: int = 128
    """Of the tokens' code; vectors are four times as long."""
    architecture: Architecture = field(
        default_factory=lambda: Architecture(
            vocabulary=0, dimensions=0, outputs=0, block=5, scale=6.0, recall=True, decay=0.998, hidden=128
        )
    )
    """Vocabulary, dimensions and outputs are filled in from the corpus."""
    warm: WarmStart | None = field(default_factory=WarmStart)
    """None for a cold start."""
    rate: float = 1e-2
    dropout: float = 0.4
    batch: int = 256
    feeding: Feeding = "bucketed"
    thawed_share: float = 0.0
    """Of the time, at the end, with the vectors thawed."""
    thawed_rate: float = 2e-5
    seed: int = 0


@dataclass(slots=True)
class LanguageModel:
    """A network that may be trained on, its text, and the CPU seconds that its start took."""

    network: SafuNetwork
    history: History
    settings: LanguageSettings
    solve_cpu_s: float

    def train(self, cpu_s: float, progress: Progress | None = None) -> int:
        """Train for so many CPU seconds more, frozen and then thawed as the settings say; returns the steps made."""
        s = self.settings
        thawed_s = cpu_s * s.thawed_share
        batches = TextBatches(self.history, self.network.architecture, s.feeding)
        said = torch.tensor(self.history.corpus.tokens)
        trainer = Trainer(
            self.network,
            lambda rng: batches.epoch(s.batch, rng),
            lambda at: functional.cross_entropy(self.network(batches.batch(at)), said[at]),
            seed=s.seed,
        )
        steps = trainer.run(Stage(s.rate, cpu_s=cpu_s - thawed_s), progress) if cpu_s > thawed_s else 0
        if thawed_s:
            steps += trainer.run(Stage(s.rate / 4, cpu_s=thawed_s, vectors_rate=s.thawed_rate), progress)
        return steps


def start(corpus: Corpus, vocabulary: int, settings: LanguageSettings) -> LanguageModel:
    """Vectors and weights before any gradient. Raises `ValueError` for an empty corpus."""
    started_s = time.process_time()
    vectors = vectors_of(corpus, vocabulary, settings.bits)
    architecture = replace(
        settings.architecture, vocabulary=vocabulary, dimensions=vectors.shape[1], outputs=vocabulary
    )
    history = History(corpus, architecture.decay)
    weights: Weights
    if settings.warm is None:
        weights = cold_start(corpus, architecture, vectors, settings.seed)
    else:
        weights = warm_start(history, architecture, vectors, settings.warm, settings.seed)
    solve_cpu_s = time.process_time() - started_s
    return LanguageModel(SafuNetwork(architecture, weights, settings.dropout), history, settings, solve_cpu_s)
