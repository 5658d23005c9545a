"""Vectors to tokens: the household's own frames as code, and soft assignment to the nearest of them.

Each lesson donates the frames that are farthest from what is known, until the code is full; a random choice of frames
is as good as k-means. A vector is shared by the nearest codewords, the nearer the more: soft tokens are worth two to
three points at five lessons a word. Left out: what tokens mean (`counts.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from device.acoustic.arithmetic import Int64s, rounded
from device.acoustic.streams import CEPSTRA, FULL_WEIGHT, STREAMS, Word, distances

PARTS = ("beginning", "middle", "end")
"""When a token comes: around the first frame, 160 ms later, 320 ms later and on. All parts together are the word."""
TOKEN_BITS = 4
"""A token is counted in sixteenths of a frame."""
_NEAREST = 8
_GIVEN, _LEAST_GIVEN = 12, 3
"""A lesson donates a twelfth of what is free in each stream, three frames at least: the first lessons the most."""
SHARE_BITS = 8
STRANGE_BITS = 8
_PLACE_BITS, _WEIGHT_BITS = 4, 4
_SHARES = 24
"""Entries of the table of shares; they span a mean error."""

MOST_VECTORS = 1 << 16
"""Then their number and the sums of their errors are halved: no sum grows for ever, and the newest weigh most."""

Tokens = npt.NDArray[np.int64]
"""(W, streams, codewords, parts) in sixteenths of a frame"""


@dataclass(frozen=True, slots=True)
class Heirs:
    """New codewords among the older ones: what was counted at those may have been these."""

    codes: Int64s
    """(streams, new, nearest) older codewords"""
    shares: Int64s
    """How alike each new one is to them, with 8 fractional bits; 0 from two mean errors on."""


class Codebook:
    """Codewords of each stream, and how far vectors are from them on average."""

    def __init__(self, size: int) -> None:
        self.codewords = np.zeros((len(STREAMS), size, CEPSTRA), np.int8)
        self.used = 0
        self._errors = np.zeros(len(STREAMS), np.int64)
        self._vectors = 0

    @property
    def stored_bytes(self) -> int:
        """Codewords, sums and a number."""
        return int(self.codewords.nbytes + self._errors.nbytes) + 4

    def donate(self, word: Word) -> Heirs:
        """Take codewords from a word; return what each new one is to inherit."""
        vectors = word.vectors[:, word.weights >= FULL_WEIGHT // 2]
        room = self.codewords.shape[1] - self.used
        given = min(max(_LEAST_GIVEN, room // _GIVEN), room, vectors.shape[1])
        heirs = np.zeros((2, len(STREAMS), given, min(_NEAREST, self.used)), np.int64)
        self._vectors += vectors.shape[1] if self.used else 0
        for stream, candidates in enumerate(vectors):
            least = np.full(len(candidates), 2**30)
            if self.used:
                least = distances(candidates, self.codewords[stream, : self.used]).min(axis=1)
                self._errors[stream] += least.sum()
            chosen = []
            for _ in range(given):
                chosen.append(int(least.argmax()))
                least = np.minimum(least, distances(candidates, candidates[chosen[-1], np.newaxis])[:, 0])
            if self.used and chosen:
                heirs[:, stream] = self._likeness(stream, candidates[chosen])
            self.codewords[stream, self.used : self.used + given] = candidates[chosen]
        if self._vectors >= MOST_VECTORS:
            self._errors //= 2
            self._vectors //= 2
        self.used += given
        return Heirs(*heirs)

    def tokens(self, words: Sequence[Word]) -> tuple[Tokens, Int64s]:
        """How often each codeword was heard in each of W words, in each part of it; and how strange each word is.

        That is (W,) how far its vectors are from the code on average, in 1/256 of a mean error.
        """
        size = self.codewords.shape[1]
        word_of = np.repeat(np.arange(len(words)), [len(word.weights) for word in words])
        parts = np.concatenate([_parts(word.weights.astype(np.int64)) for word in words])  # (T, parts)
        weights = np.concatenate([word.weights for word in words])
        strange = np.zeros(len(words), np.int64)
        counted = np.zeros((len(words), len(STREAMS), size, len(PARTS)), np.int64)
        for stream in range(len(STREAMS) if self.used else 0):
            codes, shares, apart = self._share(stream, np.concatenate([word.vectors[stream] for word in words]))
            far = np.bincount(word_of, apart * weights) // np.bincount(word_of, weights)  # exact: far below 2^53
            strange += (far.astype(np.int64) << STRANGE_BITS) // self._error(stream)
            cells = (word_of[:, np.newaxis] * size + codes).ravel()
            for part in range(len(PARTS)):
                weighed = (shares * parts[:, part, np.newaxis]).ravel()
                sums = np.bincount(cells, weighed, len(words) * size)  # exact: far below 2^53
                counted[:, stream, :, part] = sums.reshape(len(words), size)
        half = 1 << (SHARE_BITS + _PLACE_BITS + _WEIGHT_BITS - TOKEN_BITS - 1)
        return (counted + half) // (2 * half), strange // len(STREAMS)

    def nearest(self, word: Word) -> Int64s:
        """(streams, T): the codeword that is nearest to each vector; no vectors if there is no code yet."""
        if not self.used:
            return np.zeros((len(STREAMS), 0), np.int64)
        known = self.codewords[:, : self.used]
        return np.stack([distances(v, c).argmin(axis=1) for v, c in zip(word.vectors, known, strict=True)])

    def _share(self, stream: int, vectors: npt.NDArray[np.int8]) -> tuple[Int64s, Int64s, Int64s]:
        """(T, nearest): the nearest codewords and their shares with 8 fractional bits; (T,) how far the nearest is."""
        codes, apart = self._near(stream, vectors)
        least = apart.min(axis=1)
        further = apart - least[:, np.newaxis]
        raw = _table()[np.minimum(further * _SHARES // self._error(stream), _SHARES - 1)]
        return codes, (raw << SHARE_BITS) // raw.sum(axis=1, keepdims=True), least

    def _likeness(self, stream: int, vectors: npt.NDArray[np.int8]) -> tuple[Int64s, Int64s]:
        """(T, nearest): the nearest codewords, and how alike each is, whatever the others are.

        What was counted at a codeword lay about a mean error around it: so the same curve, twice as wide.
        """
        codes, apart = self._near(stream, vectors)
        entries = apart * (_SHARES // 2) // self._error(stream)
        return codes, np.where(entries < _SHARES, _table()[np.minimum(entries, _SHARES - 1)], 0)

    def _near(self, stream: int, vectors: npt.NDArray[np.int8]) -> tuple[Int64s, Int64s]:
        """(T, nearest): the nearest codewords, the first of equals, and their squared distances."""
        apart = distances(vectors, self.codewords[stream, : self.used])
        order = apart * self.used + np.arange(self.used)  # no two are equal
        near = min(_NEAREST, self.used)
        codes = np.argpartition(order, near - 1, axis=1)[:, :near].astype(np.int64)
        return codes, np.take_along_axis(apart, codes, axis=1)

    def _error(self, stream: int) -> int:
        """Mean squared distance of vectors to the nearest codeword, at least 1."""
        return max(1, int(self._errors[stream]) // max(1, self._vectors))


def _parts(weights: Int64s) -> Int64s:
    """(T, parts): how much each frame belongs to each part, in sixteenths, times its weight.

    Parts are so many milliseconds after the beginning and not shares of the whole, so that the beginning of a word can
    be understood before its end is known; whole words are told apart as well by either.
    """
    place = np.arange(len(weights)) * 2
    belongs = np.stack(
        [
            np.maximum(0, 16 - place),
            np.maximum(0, 16 - np.abs(place - 16)),
            np.clip(place - 16, 0, 16),
        ],
        axis=1,
    )
    parts: Int64s = belongs * weights[:, np.newaxis]
    return parts


@cache
def _table() -> Int64s:
    """(24,): exp(-4 d) for d from 0 to 1 mean error, 8 fractional bits."""
    return rounded(2**SHARE_BITS * np.exp(-4 * np.arange(_SHARES) / _SHARES))
