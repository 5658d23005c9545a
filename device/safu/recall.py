"""The document context at the output: a token said before in this dialogue is likelier to be said again.

Recollections (`contexts.recollection`) are one-hot and decayed; their path to the output is a table, because what a
token that came n times says about itself depends on n and on how common it is anyway, not on which one it is. Its
explicit solution is the ratio of how often such tokens came next to how often the rest of the model expected them
to.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from device.safu.contexts import Floats, Tokens

CLASSES, DEGREES = 8, 8
"""Of how common a token is, by its rank; of how much of it is recalled."""


HORIZON = 1_400
"""Tokens after which one that was not said again is forgotten."""


def classes_of(ranks: Tokens) -> Tokens:
    """0 for the commonest 8 tokens, then one class per doubling of the rank.

    >>> classes_of(np.array([0, 7, 8, 23, 24, 8000])).tolist()
    [0, 0, 1, 1, 2, 7]
    """
    classes: Tokens = np.minimum(CLASSES - 1, np.log2(1 + ranks / 8).astype(np.int64))
    return classes


def degrees_of(recollection: Floats) -> Tokens:
    """0 for next to nothing recalled, then one degree per doubling, the highest for 8 or more.

    >>> degrees_of(np.array([1e-3, 0.2, 1.0, 2.0, 100.0], np.float32)).tolist()
    [0, 1, 4, 5, 7]
    """
    degrees: Tokens = np.clip(np.floor(np.log2(np.maximum(recollection, 1e-9)) + 4), 0, DEGREES - 1).astype(np.int64)
    return degrees


def recall_logits(recollection: Floats, table: Floats) -> Floats:
    """(N, V) recollections and the table (CLASSES, DEGREES) -> (N, V), 0 for what was not said."""
    classes = classes_of(np.arange(recollection.shape[1]))
    logits: Floats = np.where(recollection > 0, table[classes, degrees_of(recollection)], 0).astype(table.dtype)
    return logits


def recall_solution(recollection: Floats, expected: Floats, said: npt.NDArray[np.int64]) -> Floats:
    """(CLASSES, DEGREES): log observed over expected, against the same for tokens not recalled.

    `recollection` (N, V), `expected` (N, V) the probabilities without recall, `said` (N,) the tokens that came.
    """
    live = recollection > 0
    keys = classes_of(np.arange(recollection.shape[1])) * DEGREES + degrees_of(recollection)
    came = np.arange(len(said)), said
    recalled = live[came]
    observed = np.bincount(keys[came][recalled], minlength=CLASSES * DEGREES)
    hoped = np.bincount(keys[live], weights=expected[live], minlength=CLASSES * DEGREES)
    rest = np.log((~recalled).sum() + 1) - np.log(expected[~live].sum() + 1)
    table: Floats = (np.log(observed + 1) - np.log(hoped + 1) - rest).astype(np.float32)
    return table.reshape(CLASSES, DEGREES)
