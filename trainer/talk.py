"""What unlabelled talk teaches: vectors of words, from the company they keep.

A household says much without ever flipping a switch. The pointwise mutual information of a word with its neighbours
on the left, on the right and around, factorised (Levy and Goldberg 2014), gives words that are used alike vectors
alike, so that the first lesson about "lamp" is a lesson about "lantern" too. Both signs of every dimension get a row,
because inputs of explicit solutions are not negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from device.safu.contexts import Floats
from device.safu.cooccurrence import pairs
from device.safu.vocabulary import UNKNOWN
from trainer.corpus import Corpus, encode, vocabulary_of
from trainer.factorised import factors

_RADIUS = 4
_RARE = 1e-3
"""Share of talk above which a word says little about what is talked of (Arora et al. 2017)."""


@dataclass(frozen=True, slots=True)
class TalkVectors:
    """Words and their (V, dimensions) vectors, each as long as the word is rare."""

    ranks: dict[str, int]
    vectors: Floats

    @classmethod
    def fit(cls, texts: Sequence[Sequence[str]], vocabulary: int = 6_000, dimensions: int = 96) -> TalkVectors:
        """Vectors of the most frequent words of some texts. Raises `ValueError` if there are none."""
        sentences = [["<s>", *words, "</s>"] for words in texts]
        words = vocabulary_of(sentences, vocabulary)
        corpus = encode(sentences, words)
        left, _ = factors([_positive_information(corpus, len(words))], dimensions, np.random.default_rng(0))
        unit = left / np.maximum(np.linalg.norm(left, axis=1, keepdims=True), 1e-6)
        shares = np.bincount(corpus.tokens, minlength=len(words)) / len(corpus.tokens)
        vectors = (unit * (_RARE / (_RARE + shares))[:, np.newaxis]).astype(np.float32)
        return cls({word: rank for rank, word in enumerate(words) if word != UNKNOWN}, vectors)

    def encode(self, texts: Sequence[Sequence[str]]) -> Floats:
        """(N, 2 dimensions): sums of the vectors of the words, positive parts and negative parts."""
        sums = np.zeros((len(texts), self.vectors.shape[1]), np.float32)
        for row, words in enumerate(texts):
            known = [self.ranks[word] for word in words if word in self.ranks]
            sums[row] = self.vectors[known].sum(axis=0)
        return np.concatenate([np.maximum(sums, 0), np.maximum(-sums, 0)], axis=1)


def _positive_information(corpus: Corpus, size: int) -> Floats:
    """(V, 3 V): positive pointwise mutual information with the word before, the word after, and all words near."""
    before, after, near = (np.zeros((size, size), np.float32) for _ in range(3))
    for lag in range(1, _RADIUS + 1):
        earlier, later = pairs(corpus.tokens, corpus.starts, lag)
        if lag == 1:
            np.add.at(before, (later, earlier), 1)
            np.add.at(after, (earlier, later), 1)
        np.add.at(near, (earlier, later), 1)
        np.add.at(near, (later, earlier), 1)
    counts = np.concatenate([before, after, near], axis=1)
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    information: Floats = np.maximum(np.log(np.maximum(counts, 1e-9) / np.maximum(expected, 1e-9)), 0)
    return information
