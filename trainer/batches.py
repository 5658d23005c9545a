"""Batches of positions of a text, and two ways to feed contexts of different lengths.

*Bucketed*: every batch holds positions whose documents are about equally long, so a window is as long as it must be
and nothing is padded in vain. *Packed*: all windows have the full length and a mask says what belongs to the
document; it is what transformers do. `benchmarks.language_model --full` compares them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from device.safu.contexts import Tokens
from device.safu.model import Architecture
from device.safu.recall import HORIZON
from trainer.associations import inputs_at
from trainer.history import History
from trainer.network import Batch, as_batch

Feeding = Literal["bucketed", "packed"]
_BUCKET = 16
"""Batches that are sorted by length together."""


class TextBatches:
    """Contexts at positions of a text, as batches."""

    def __init__(self, history: History, architecture: Architecture, feeding: Feeding = "bucketed") -> None:
        self.history = history
        self._architecture = architecture
        self._feeding = feeding

    def batch(self, positions: Tokens) -> Batch:
        """The contexts at some positions."""
        horizon = HORIZON
        if self._feeding == "bucketed":
            horizon = max(1, min(HORIZON, int((positions - self.history.began[positions]).max(initial=1))))
        return as_batch(inputs_at(self.history, self._architecture, positions, horizon), self._architecture.outputs)

    def epoch(self, size: int, rng: np.random.Generator) -> Iterator[Tokens]:
        """Every position once, in random batches of `size`; the last few that do not fill one are left out."""
        order = rng.permutation(len(self.history.began))
        if self._feeding == "packed":
            chunks = [order[at : at + size] for at in range(0, len(order) - size + 1, size)]
        else:
            chunks = []
            for at in range(0, len(order), size * _BUCKET):
                group = order[at : at + size * _BUCKET]
                group = group[np.argsort(group - self.history.began[group], kind="stable")]
                chunks += [group[k : k + size] for k in range(0, len(group) - size + 1, size)]
        for number in rng.permutation(len(chunks)):
            yield chunks[number]
