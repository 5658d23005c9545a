r"""Attention without queries and keys (arXiv 2311.07510, modified self-attention).

The newest vector x_1 is compared with the block X (k, D) of the last k vectors, newest first, itself included: `c =
x_1 X^T`. The comparisons are fed *forward* through W (B, B): `a = softmax(c W[:k, :k])`, and the block goes on as
`a_j x_j`. Attention thus learns where to look from how alike the words are, not from what they are.

**Hidden targets.** Nobody labels attention; what position j *should* have got follows from a differential criterion.
Let U_j be the explicit solution that predicts the label embedding y from position j alone. The loss of the attended
model at uniform attention is `L = -y . log_softmax(sum_j a_j x_j U_j)`; moving attention towards j lowers it, to
first order, by how much better j alone does than the others: `s_j = y . log_softmax(x_j U_j)`. The
entropy-regularised maximiser of `sum_j t_j s_j + H(t) / beta` over distributions t is `t = softmax(beta s)` (set the
gradient `s_j - (log t_j + 1) / beta` equal to a constant). So t is the target, c the non-negative input, and W an
explicit solution like any other layer. A beta of 4-10 was best on text, one round enough: a second, with U under the
new attention, was worse.

Left out: heads, positions (a position has its own row and column of W), gradients (`trainer/network.py`).
"""

from __future__ import annotations

import numpy as np

from device.safu.contexts import EMPTY, Floats, Tokens, lookup
from device.safu.explicit_solution import weights_of


def comparisons(vectors: Floats, window: Tokens) -> Floats:
    """(N, B): the inner product of the newest vector of each window (N, B) with each of its vectors; 0 where empty."""
    block = lookup(vectors, window)
    compared: Floats = np.einsum("nd,nkd->nk", block[:, 0], block)
    return compared


def attend(compared: Floats, weights: Floats, window: Tokens) -> Floats:
    """(N, B): attention, in sum 1 over the positions that are not empty; all zero where every one is."""
    present = window != EMPTY
    logits = np.where(present, compared @ weights, -np.inf)
    highest = np.max(logits, axis=1, keepdims=True, initial=-1e30)
    exponents = np.exp(logits - highest)
    attention: Floats = (exponents / np.maximum(exponents.sum(axis=1, keepdims=True), 1e-30)).astype(np.float32)
    return attention


def hidden_targets(scores: Floats, sharpness: float) -> Floats:
    """(N, B): `softmax(beta s)` of how well each position alone predicts the label, s in nats, -inf where empty.

    >>> hidden_targets(np.array([[-1.0, -1.0, -np.inf]]), 4.0).tolist()
    [[0.5, 0.5, 0.0]]
    """
    exponents = np.exp(sharpness * (scores - scores.max(axis=1, keepdims=True)))
    targets: Floats = exponents / exponents.sum(axis=1, keepdims=True)
    return targets


def attention_solution(compared: Floats, targets: Floats, eps: float) -> Floats:
    """(B, B): the explicit solution of W from comparisons (N, B) and hidden targets (N, B)."""
    norm = float(compared.sum(axis=1).mean())
    solved: Floats = weights_of((compared.T @ targets + eps).astype(np.float64), norm).astype(np.float32)
    return solved


class CachedComparisons:
    """Comparisons of tokens whose vectors stand still: computed once a token, forgotten when they change."""

    def __init__(self, vectors: Floats) -> None:
        self._vectors = vectors
        self._rows: dict[int, Floats] = {}

    def between(self, newest: int, window: Tokens) -> Floats:
        """(k,): the comparisons of one token with those of a window, `EMPTY` ones 0."""
        row = self._rows.get(newest)
        if row is None:
            row = self._rows[newest] = self._vectors @ self._vectors[newest]
        compared: Floats = np.where(window == EMPTY, 0, row[window])
        return compared

    def invalidate(self, vectors: Floats) -> None:
        """From now on these are the vectors."""
        self._vectors = vectors
        self._rows.clear()
