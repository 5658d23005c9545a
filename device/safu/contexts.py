"""What the model sees of the past: block, radial and document contexts, alone or together.

- *block*: the last B vectors, newest first, weighted by attention (`attention.py`) and concatenated, or added up;
- *radial*: the last r vectors, each divided by its distance, summed;
- *document*: everything since the dialogue began, summed, older tokens decayed. Alone it is the bag of words, and a
  model of this context alone is named as what it is.

Sums are never normalised: a unit sum would pull every explicit solution towards its prior (arXiv 2311.07498, K = 1).
A context never reaches across the start of its dialogue. Left out: what the numbers mean (`model.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Tokens = npt.NDArray[np.int64]
EMPTY = -1
"""In a window: nothing was said there yet."""


def document_context(tokens: Iterable[str]) -> Counter[str]:
    """How often each token has come so far, in the order in which they came first.

    >>> dict(document_context(["on", "and", "on"]))
    {'on': 2, 'and': 1}
    """
    return Counter(tokens)


def dialogue_of(starts: Tokens, length: int) -> Tokens:
    """(length,): for each token the position at which its dialogue began. `starts`: ascending, the first is 0.

    >>> dialogue_of(np.array([0, 3]), 5).tolist()
    [0, 0, 0, 3, 3]
    """
    began = np.zeros(length, np.int64)
    began[starts] = starts
    return np.maximum.accumulate(began)


def windows(tokens: Tokens, began: Tokens, positions: Tokens, size: int) -> Tokens:
    """(N, size): the tokens before each of N positions, newest first, `EMPTY` before the dialogue began.

    >>> tokens = np.array([5, 6, 7, 8])
    >>> windows(tokens, dialogue_of(np.array([0, 3]), 4), np.array([2, 3]), 3).tolist()
    [[6, 5, -1], [-1, -1, -1]]
    """
    past = positions[:, np.newaxis] - 1 - np.arange(size)
    return np.where(past >= began[positions][:, np.newaxis], tokens[np.maximum(past, 0)], EMPTY)


def block_context(vectors: Floats, window: Tokens, attention: Floats) -> Floats:
    """(N, B D): the vectors (V, D) of a window (N, B), times their attention (N, B), concatenated."""
    weighted = lookup(vectors, window) * attention[..., np.newaxis]
    return weighted.reshape(len(window), -1)


def summed_block(vectors: Floats, window: Tokens, attention: Floats) -> Floats:
    """(N, D): the vectors (V, D) of a window (N, B), times their attention (N, B), added up.

    >>> summed_block(np.eye(2, dtype=np.float32), np.array([[0, 1, -1]]), np.array([[0.75, 0.25, 0.0]])).tolist()
    [[0.75, 0.25]]
    """
    summed: Floats = np.einsum("nkd,nk->nd", lookup(vectors, window), attention)
    return summed


def radial_context(vectors: Floats, window: Tokens) -> Floats:
    """(N, D): the vectors of a window (N, r), each divided by its distance, summed.

    >>> radial_context(np.eye(2, dtype=np.float32), np.array([[0, 1, -1]])).tolist()
    [[1.0, 0.5]]
    """
    near = (1 / np.arange(1, window.shape[1] + 1)).astype(np.float32)
    summed: Floats = np.einsum("nkd,k->nd", lookup(vectors, window), near)
    return summed


def lookup(vectors: Floats, window: Tokens) -> Floats:
    """(N, B, D): the vector of each token, zero where there is none."""
    found: Floats = vectors[np.maximum(window, 0)] * (window != EMPTY)[..., np.newaxis]
    return found
