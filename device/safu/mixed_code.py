"""The mixed code: features of words, the most frequent one-hot, all others hashed to two bits (DESIGN section 2.1).

Rich features, words, pairs of words and pieces of words, are far more than a small device has rows for. The frequent
ones are told apart exactly; of the rest each has two bits of half weight, so that two features are rarely taken for
each other, and a misheard word still shares most of its pieces with the right one. Unit L1 norm, like every code.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

PIECES = (3, 4, 5)
"""Lengths of the pieces of words."""


def features_of(words: Sequence[str]) -> list[str]:
    """Words, neighbouring pairs with the edges of the sentence, and the pieces of every `<word>`.

    >>> features_of(["lamp"])
    ['lamp', '<s> lamp', '#<la', '#lam', '#amp', '#mp>', '#<lam', '#lamp', '#amp>', '#<lamp', '#lamp>', 'lamp </s>']
    """
    features = []
    for before, word in zip(["<s>", *words], words, strict=False):
        features += word_features(before, word)
    return [*features, f"{words[-1]} </s>"] if words else []


def word_features(before: str, word: str) -> list[str]:
    """What one more word adds: itself, the pair with the word before it, its pieces."""
    marked = f"<{word}>"
    pieces = [f"#{marked[at : at + length]}" for length in PIECES for at in range(len(marked) - length + 1)]
    return [word, f"{before} {word}", *pieces]


class MixedCode:
    """Features to rows of a table of `bits` rows, of which `exact` belong to one feature each.

    >>> code = MixedCode(["on", "off"], bits=6)
    >>> code.encode("off"), len(code.encode("never seen")), min(code.encode("never seen")) >= 2
    ((1,), 2, True)
    """

    def __init__(self, frequent: Sequence[str], bits: int) -> None:
        if bits - len(frequent) < 2:
            raise ValueError(f"{bits} bits are too few for {len(frequent)} exact features and two more to hash into")
        self.bits = bits
        self.frequent = tuple(frequent)
        self._exact: Mapping[str, int] = {feature: row for row, feature in enumerate(frequent)}

    @classmethod
    def fit(cls, texts: Iterable[Sequence[str]], bits: int, exact: int) -> MixedCode:
        """The code whose `exact` features are the most frequent ones of some texts; ties in alphabetical order."""
        counts = Counter(feature for words in texts for feature in features_of(words))
        ranked = sorted(counts, key=lambda feature: (-counts[feature], feature))
        return cls(ranked[:exact], bits)

    def encode(self, feature: str) -> tuple[int, ...]:
        """The one row of a frequent feature, the two of any other."""
        row = self._exact.get(feature)
        if row is not None:
            return (row,)
        shared = self.bits - len(self.frequent)
        digest = zlib.crc32(feature.encode())
        first = digest % shared
        second = (first + 1 + digest // shared % (shared - 1)) % shared
        return (len(self.frequent) + first, len(self.frequent) + second)

    def encode_words(self, words: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Rows and weights of all features of a sentence; the weights of one feature sum to 1."""
        codes = [self.encode(feature) for feature in features_of(words)]
        rows = [row for code in codes for row in code]
        weights = [1 / len(code) for code in codes for _ in code]
        return np.array(rows, np.int64), np.array(weights, np.float32)
