"""Batches of positions of a text, and two ways to feed contexts of different lengths.

*Bucketed*: every batch holds positions whose documents are about equally long, so a window is as long as it must be
and nothing is padded in vain. *Packed*: all windows have the full length and a mask says what belongs to the
document; it is what transformers do. `benchmarks.language_model --full` compares them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch

from device.safu.bit_cipher import codebook
from device.safu.contexts import Floats, Tokens, dialogue_of, windows
from device.safu.model import Architecture
from device.safu.recall import HORIZON
from trainer.corpus import Corpus
from trainer.network import Batch, as_tensor

Feeding = Literal["bucketed", "packed"]
_BUCKET = 16
"""Batches that are sorted by length together."""


class TextBatches:
    """Contexts at positions of a text, as batches."""

    def __init__(self, corpus: Corpus, architecture: Architecture, feeding: Feeding = "bucketed") -> None:
        self.corpus = corpus
        self._architecture = architecture
        self._feeding = feeding
        self._began = dialogue_of(corpus.starts, len(corpus.tokens))
        self._amounts, self._again = said_before(corpus, architecture.decay)
        self._codes = codebook(architecture.vocabulary, architecture.document) if architecture.document else None

    def batch(self, positions: Tokens) -> Batch:
        """The contexts at some positions."""
        a = self._architecture
        near = self._window(positions, max(a.block, a.radial, 1))
        if not (a.recall or a.document):
            return Batch(as_tensor(near))
        longest = int((positions - self._began[positions]).max(initial=1))
        length = HORIZON if self._feeding == "packed" else max(1, min(HORIZON, longest))
        rows, tokens, amounts = self._recall(positions, length)
        document = None
        if self._codes is not None:
            wide = np.zeros((len(positions), a.vocabulary), np.float32)
            wide[rows, tokens] = amounts
            document = torch.from_numpy(wide @ self._codes)
        return Batch(as_tensor(near), document, as_tensor(rows * a.outputs + tokens), torch.from_numpy(amounts))

    def _recall(self, positions: Tokens, length: int) -> tuple[Tokens, Tokens, Floats]:
        """(R,) rows, tokens and decayed amounts: every token of each document at its newest occurrence."""
        past = positions[:, np.newaxis] - 1 - np.arange(length)
        at = np.maximum(past, 0)
        newest = (past >= self._began[positions][:, np.newaxis]) & (self._again[at] >= positions[:, np.newaxis])
        rows, ages = np.nonzero(newest)
        found = at[rows, ages]
        amounts = self._amounts[found] * np.float32(self._architecture.decay) ** ages.astype(np.float32)
        return rows, self.corpus.tokens[found], amounts.astype(np.float32)

    def epoch(self, size: int, rng: np.random.Generator) -> Iterator[Tokens]:
        """Every position once, in random batches of `size`; the last few that do not fill one are left out."""
        order = rng.permutation(len(self.corpus.tokens))
        if self._feeding == "packed":
            chunks = [order[at : at + size] for at in range(0, len(order) - size + 1, size)]
        else:
            chunks = []
            for at in range(0, len(order), size * _BUCKET):
                group = order[at : at + size * _BUCKET]
                group = group[np.argsort(group - self._began[group], kind="stable")]
                chunks += [group[k : k + size] for k in range(0, len(group) - size + 1, size)]
        for number in rng.permutation(len(chunks)):
            yield chunks[number]

    def _window(self, positions: Tokens, length: int) -> Tokens:
        return windows(self.corpus.tokens, self._began, positions, length)


def said_before(corpus: Corpus, decay: float) -> tuple[Floats, Tokens]:
    """(T,) how often each token had been said in its document by then, decayed; (T,) where it is said next.

    >>> amounts, again = said_before(Corpus(np.array([5, 7, 5, 5]), np.array([0, 3])), 0.5)
    >>> amounts.tolist(), again.tolist()
    ([1.0, 1.0, 1.25, 1.0], [2, 4, 4, 4])
    """
    began = dialogue_of(corpus.starts, len(corpus.tokens)).tolist()
    amounts = np.ones(len(corpus.tokens), np.float32)
    again = np.full(len(corpus.tokens), len(corpus.tokens))
    last: dict[int, int] = {}
    for at, token in enumerate(corpus.tokens.tolist()):
        before = last.get(token, -1)
        if before >= began[at]:
            amounts[at] += amounts[before] * decay ** (at - before)
            again[before] = at
        last[token] = at
    return amounts, again
