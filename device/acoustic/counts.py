"""Tokens to actions: the explicit head of a softmax layer in bytes, a column an action (`device/safu/action_heads.py`).

    evidence = sum of tokens * (log2(F + 3/8) - log2(S + 3/8 N)),  F counts of a column, S their sum over N codewords

One pass, no gradients; with one column it is naive Bayes over soft tokens. A column that is full halves itself: what
is new then weighs as much as what is old. Each column counts in steps of its own, which its evidence does not depend
on. Left out: rejection (`rejection.py`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from device.acoustic.arithmetic import Int64s, log2_of
from device.acoustic.codebook import PARTS, SHARE_BITS, Heirs, Tokens
from device.acoustic.streams import STREAMS

FULL = 255
_INHERITED_BITS = 1
"""A new codeword begins with half of what was counted where it is as alike as can be."""
_EIGHTHS = 3
"""Of a step of counting: what every cell holds before it is taught."""


Weights = npt.NDArray[np.float64]


class Counts:
    """(columns, streams, codewords, parts) bytes, for a fixed number of columns."""

    def __init__(self, columns: int, codewords: int) -> None:
        self.cells = np.zeros((columns, len(STREAMS), codewords, len(PARTS)), np.uint8)
        self.halvings = np.zeros(columns, np.uint8)
        """A column counts in 2^halvings sixteenths of a frame."""
        self._known: Weights | None = None

    @property
    def stored_bytes(self) -> int:
        return int(self.cells.nbytes + self.halvings.nbytes)

    def inherit(self, heirs: Heirs, used: int) -> None:
        """Codewords were added, up to `used`."""
        self._known = None
        new = slice(used - heirs.codes.shape[1], used)
        if heirs.codes.shape[2]:
            for stream in range(len(STREAMS)):
                older = self.cells[:, stream, heirs.codes[stream]].astype(np.int64)  # (columns, new, nearest, parts)
                share = heirs.shares[stream, :, :, np.newaxis]
                sums = (older * share).sum(axis=2) >> (SHARE_BITS + _INHERITED_BITS)
                self.cells[:, stream, new] = np.minimum(sums, FULL)

    def learn_one(self, tokens: Tokens, column: int) -> None:
        """Count (W, streams, codewords, parts) tokens of W ways to hear one word: half the first, half the others."""
        self._known = None
        times = max(1, len(tokens) - 1)
        total = times * tokens[0] + tokens[1:].sum(axis=0)
        while True:
            step = times + len(tokens) - 1 << int(self.halvings[column])
            more = self.cells[column] + (total + step // 2) // step
            if more.max() <= FULL:
                self.cells[column] = more
                return
            self.cells[column] = (self.cells[column].astype(np.int64) + 1) >> 1
            self.halvings[column] += 1

    def evidence(self, tokens: Tokens, actions: int) -> tuple[Int64s, Int64s]:
        """(W, columns) for each column, and (W,) for the first `actions` columns in one pool, in 1/4096 bits."""
        if self._known is None:
            cells = self.cells.astype(np.int64)
            pool = (cells[:actions] << self.halvings[:actions, None, None, None]).sum(axis=0, keepdims=True)
            self._known = _weights(np.concatenate([cells, pool])).T.astype(np.float64)
        flat = tokens.reshape(len(tokens), -1).astype(np.float64)
        sums = (flat @ self._known).astype(np.int64)  # exact: floats hold integers below 2^53, and are fast
        return sums[:, :-1], sums[:, -1]


def _weights(cells: Int64s) -> Int64s:
    """(columns, streams * codewords * parts): what a token says by its part, and by being in the word at all."""
    size, cells = cells.shape[2], np.concatenate([cells, cells.sum(axis=3, keepdims=True)], axis=3)
    totals = cells.sum(axis=2, keepdims=True)
    weights = log2_of(8 * cells + _EIGHTHS) - log2_of(8 * totals + _EIGHTHS * size)
    return (weights[..., :-1] + weights[..., -1:]).reshape(len(cells), -1)
