"""Intents by the explicit solution alone: every feature a row, one pass over the lessons, no gradients.

With one-hot inputs, summed, this is multinomial naive Bayes on the same features, and equal to it. Two numbers make
it more: pieces of words weigh a third, because a word has many of them that all say the same, and less smoothing. They
were chosen on the folds of `nlu_home/dev.csv`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import sparse

from device.safu.contexts import Floats
from device.safu.explicit_solution import head_weights
from device.safu.hidden import softmax
from device.safu.mixed_code import features_of
from trainer.lessons import check_lessons


class ExplicitIntents:
    """An `IntentModel` (see `trainer/baselines/intent_text.py`) without a gradient."""

    def __init__(self, smoothing: float = 0.1, piece_weight: float = 1.0) -> None:
        self.classes: Sequence[str] = ()
        self._smoothing = smoothing
        self._piece_weight = piece_weight
        self._rows: dict[str, int] = {}

    @classmethod
    def with_light_pieces(cls) -> ExplicitIntents:
        """The better of the two."""
        return cls(smoothing=0.03, piece_weight=0.3)

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Learn from scratch."""
        check_lessons(texts, labels)
        self.classes = sorted(set(labels))
        bags = [self._bag(text) for text in texts]
        self._rows = {feature: row for row, feature in enumerate(dict.fromkeys(f for bag in bags for f in bag))}
        place = {name: number for number, name in enumerate(self.classes)}
        columns = [place[label] for label in labels]
        targets = sparse.csr_matrix((np.ones(len(columns)), (np.arange(len(columns)), columns)))
        counts = (self._matrix(bags).T @ targets).toarray()
        smoothing = np.full_like(counts, self._smoothing)
        self._weights = head_weights(counts, smoothing, (counts + smoothing).sum(axis=0))
        lessons = np.bincount(columns)
        self._bias = np.log(lessons / lessons.sum())

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """(N, classes)"""
        return softmax(self._matrix([self._bag(text) for text in texts]) @ self._weights + self._bias)

    @property
    def stored_bytes(self) -> int:
        """8 bytes a number."""
        return int(self._weights.nbytes + self._bias.nbytes)

    def _bag(self, text: str) -> Counter[str]:
        bag: Counter[str] = Counter()
        for feature in features_of(text.split()):
            bag[feature] += self._piece_weight if feature.startswith("#") else 1  # type: ignore[assignment]
        return bag

    def _matrix(self, bags: Sequence[Counter[str]]) -> sparse.csr_matrix:
        known = [(row, self._rows[f], n) for row, bag in enumerate(bags) for f, n in bag.items() if f in self._rows]
        rows, columns, values = zip(*known, strict=True) if known else ((), (), ())
        return sparse.csr_matrix((values, (rows, columns)), (len(bags), len(self._rows)))
