"""Co-occurrence vectors: a token is its own code and the codes of its neighbours (arXiv 2311.07510, section on
vectors).

For each token of the vocabulary: its own code, the mean code of the tokens just before it, of those just after it,
and of all within a radius, concatenated, unit sum. One pass, no gradients, all numbers non-negative. Tokens used
alike get vectors alike, so what is learned of one helps the other.
"""

from __future__ import annotations

import numpy as np

from device.safu.contexts import Floats, Tokens, dialogue_of


def cooccurrence_vectors(tokens: Tokens, starts: Tokens, codes: Floats, radius: int = 4) -> Floats:
    """(V, 4 b): vectors of all tokens that the codes (V, b) know; one never seen has its own code alone, twice over.

    Raises `ValueError` for an empty corpus or a token without a code.
    """
    if not len(tokens):
        raise ValueError("there is nothing to count: the corpus is empty")
    if tokens.max() >= len(codes):
        raise ValueError(f"token {tokens.max()} has no code: there are {len(codes)}")
    left, right, around = (np.zeros_like(codes) for _ in range(3))
    for lag in range(1, radius + 1):
        earlier, later = pairs(tokens, starts, lag)
        before, after = neighbour_sum(later, earlier, codes), neighbour_sum(earlier, later, codes)
        if lag == 1:
            left, right = before, after
        around += before + after
    return unit_sum(np.concatenate([codes, *map(unit_sum, (left, right, around))], axis=1))


def pairs(tokens: Tokens, starts: Tokens, lag: int) -> tuple[Tokens, Tokens]:
    """All pairs of tokens `lag` apart in one dialogue: the earlier ones, the later ones."""
    at = np.arange(len(tokens) - lag) if lag < len(tokens) else np.arange(0)
    began = dialogue_of(starts, len(tokens))
    at = at[began[at + lag] == began[at]]
    return tokens[at], tokens[at + lag]


def neighbour_sum(tokens: Tokens, neighbours: Tokens, codes: Floats) -> Floats:
    """(V, b): for each token the sum of the codes of its neighbours; equal pairs are counted first, added once.

    >>> neighbour_sum(np.array([0, 0, 1]), np.array([1, 1, 0]), np.eye(2, dtype=np.float32)).tolist()
    [[0.0, 2.0], [1.0, 0.0]]
    """
    size = len(codes)
    keys, counts = np.unique(tokens * size + neighbours, return_counts=True)
    sums = np.zeros_like(codes)
    if len(keys):
        token, neighbour = np.divmod(keys, size)
        firsts = np.flatnonzero(np.r_[True, token[1:] != token[:-1]])
        weighted = codes[neighbour] * counts[:, np.newaxis].astype(np.float32)
        sums[token[firsts]] = np.add.reduceat(weighted, firsts, axis=0)
    return sums


def nearest(vectors: Floats, token: int, count: int) -> list[tuple[int, float]]:
    """The `count` tokens whose vectors have the highest cosine with that of `token`, itself left out.

    >>> nearest(np.array([[1, 0], [0, 1], [2, 1]], np.float32), 0, 1)[0][0]
    2
    """
    lengths = np.linalg.norm(vectors, axis=1)
    cosines = vectors @ vectors[token] / np.maximum(lengths * lengths[token], 1e-12)
    cosines[token] = -np.inf
    return [(int(other), float(cosines[other])) for other in np.argsort(-cosines)[:count]]


def unit_sum(rows: Floats) -> Floats:
    """Rows of non-negative numbers with sum 1; rows of zeros stay."""
    sums = rows.sum(axis=1, keepdims=True)
    unit: Floats = (rows / np.where(sums > 0, sums, 1)).astype(np.float32)
    return unit
