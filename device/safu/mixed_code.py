"""The mixed code: features of words, the most frequent one-hot, all others hashed to two bits (DESIGN section 2.1).

Rich features, words, pairs of words and pieces of words, are far more than a small device has rows for. The frequent
ones are told apart exactly; of the rest each has two bits of half weight, so that two features are rarely taken for
each other, and a misheard word still shares most of its pieces with the right one. Unit L1 norm, like every code. A
feature is known by the CRC-32 of its UTF-8 alone, so that a chip needs no texts. Left out: text as a chip reads it,
byte by byte (`text.py`).
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt

from device.safu.integer_reference import MAX_UNITS, MAX_WORDS, UNITS, Ints

PIECES = (3, 4, 5)
"""Lengths of the pieces of words."""


def features_of(words: Sequence[str]) -> list[str]:
    """Words, neighbouring pairs with the edges of the sentence, and the pieces of every `<word>`.

    >>> features_of(["lamp"])
    ['lamp', '<s> lamp', '#<la', '#<lam', '#<lamp', '#lam', '#lamp', '#lamp>', '#amp', '#amp>', '#mp>', 'lamp </s>']
    """
    features = []
    for before, word in zip(["<s>", *words], words, strict=False):
        features += word_features(before, word)
    return [*features, f"{words[-1]} </s>"] if words else []


def word_features(before: str, word: str) -> list[str]:
    """What one more word adds: itself, the pair with the word before it, its pieces as they begin."""
    marked = f"<{word}>"
    pieces = [
        f"#{marked[at : at + length]}" for at in range(len(marked)) for length in PIECES if at + length <= len(marked)
    ]
    return [word, f"{before} {word}", *pieces]


def digest_of(feature: str) -> int:
    """What is kept of a feature."""
    return zlib.crc32(feature.encode())


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
        self._hashed_from = len(frequent)
        self._exact: Mapping[int, int] = {digest_of(feature): row for row, feature in enumerate(frequent)}
        if len(self._exact) < len(frequent):
            raise ValueError("two of the exact features cannot be told apart by their CRC")

    @classmethod
    def of_digests(cls, digests: Sequence[int], bits: int) -> MixedCode:
        """The code of an image, which knows its exact features by their CRC alone."""
        code = cls((), bits)
        code._hashed_from, code._exact = len(digests), {digest: row for row, digest in enumerate(digests)}
        return code

    @classmethod
    def fit(cls, texts: Iterable[Sequence[str]], bits: int, exact: int) -> MixedCode:
        """The code whose `exact` features are the most frequent ones of some texts; ties in alphabetical order.

        Of two with one CRC, the more frequent one stands for both.
        """
        counts = Counter(feature for words in texts for feature in features_of(words))
        ranked = sorted(counts, key=lambda feature: (-counts[feature], feature))
        told_apart: dict[int, str] = {}
        for feature in ranked:
            told_apart.setdefault(digest_of(feature), feature)
        return cls(list(told_apart.values())[:exact], bits)

    def encode(self, feature: str) -> tuple[int, ...]:
        """The one row of a frequent feature, the two of any other."""
        return self.rows_of(digest_of(feature))

    def rows_of(self, digest: int) -> tuple[int, ...]:
        """The same, of a feature's CRC."""
        row = self._exact.get(digest)
        if row is not None:
            return (row,)
        shared = self.bits - self._hashed_from
        first = digest % shared
        second = (first + 1 + digest // shared % (shared - 1)) % shared
        return (self._hashed_from + first, self._hashed_from + second)

    def encode_words(self, words: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Rows and weights of all features of a sentence; the weights of one feature sum to 1."""
        codes = [self.encode(feature) for feature in features_of(words)]
        rows = [row for code in codes for row in code]
        weights = [1 / len(code) for code in codes for _ in code]
        return np.array(rows, np.int64), np.array(weights, np.float32)

    def units_of(self, words: Sequence[str], *, ended: bool = True) -> tuple[Ints, Ints, int]:
        """What integers hear of a sentence: (n,) rows, each once, the (n,) units on them, and how many words count.

        Words beyond `MAX_WORDS` and features beyond `MAX_UNITS` come too late. `ended`: no more words are to come.
        """
        first = words[:MAX_WORDS]
        features = features_of(first)
        digests = map(digest_of, features if ended else features[:-1])
        return *self.units_of_digests(digests), len(first)

    def units_of_digests(self, digests: Iterable[int]) -> tuple[Ints, Ints]:
        """(n,) rows, each once, and the (n,) units on them, of the CRCs of features in their order."""
        heard: Counter[int] = Counter()
        for digest in islice(digests, MAX_UNITS // UNITS):
            rows = self.rows_of(digest)
            heard.update(dict.fromkeys(rows, UNITS // len(rows)))
        return np.array(list(heard), np.int64), np.array(list(heard.values()), np.int64)
