"""The document context at the output: what was said before in this dialogue is likelier to be said again.

Two one-hot document contexts, both decayed. *Recall*: how often each token was said. *Echo*, which is the document
under attention: what followed the newest token when it was said before (comparisons of one-hot codes are 1 for the same
token and 0 for all others; transformers learn this as induction heads, Olsson et al. 2022, arXiv 2209.11895).

What a recalled token says about itself depends on how much of it is recalled and on how common it is anyway, not on
which one it is. So each path to the output is a small table, and its explicit solution is how often such tokens came
next over how often the rest of the model expected them to. Nothing outlives the dialogue: this is no n-gram table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from device.safu.contexts import EMPTY, Floats, Tokens

CLASSES, DEGREES = 8, 8
"""Of how common a token is, by its rank; of how much of it is recalled."""
ECHOES = 16
"""Times that the newest token was said before, of which it is known what followed."""
ECHO_DEGREES = 40
"""5 of the share of those times, 4 of how many they were, 2 of whether the last was one of them."""
HORIZON = 1_400
"""Tokens after which one that was not said again is forgotten."""


@dataclass(frozen=True, slots=True)
class Cues:
    """What R recalled tokens say: `logits[row, token] += table[cell]`, tables flattened."""

    rows: Tokens
    tokens: Tokens
    cells: Tokens


def classes_of(ranks: Tokens) -> Tokens:
    """0 for the commonest 8 tokens, then one class per doubling of the rank.

    >>> classes_of(np.array([0, 7, 8, 23, 24, 8000])).tolist()
    [0, 0, 1, 1, 2, 7]
    """
    classes: Tokens = np.minimum(CLASSES - 1, np.log2(1 + ranks / 8).astype(np.int64))
    return classes


def recall_cues(rows: Tokens, tokens: Tokens, amounts: Floats) -> Cues:
    """One cue a recalled token: a degree per doubling of its amount, from next to nothing to 8 and more.

    >>> recall_cues(np.zeros(3, int), np.zeros(3, int), np.array([0.01, 1.0, 99.0])).cells.tolist()
    [0, 4, 7]
    """
    degrees = np.clip(np.floor(np.log2(amounts)) + 4, 0, DEGREES - 1).astype(np.int64)
    return Cues(rows, tokens, classes_of(tokens) * DEGREES + degrees)


def echo_cues(followers: Tokens) -> Cues:
    """One cue for each different token among the followers (N, M) of earlier newest tokens, newest first.

    >>> cues = echo_cues(np.array([[5, 6, 5, -1]]))
    >>> cues.tokens.tolist(), (cues.cells % ECHO_DEGREES).tolist()
    ([5, 6], [3, 10])
    """
    heard = followers != EMPTY
    same = (followers[:, :, np.newaxis] == followers[:, np.newaxis, :]) & heard[:, :, np.newaxis]
    fresh = heard & ~np.tril(same, -1).any(axis=2)
    rows, places = np.nonzero(fresh)
    times = heard.sum(axis=1)[rows]
    rarity = np.minimum(4, np.log2(times / same.sum(axis=2)[rows, places]).astype(np.int64))
    many = np.minimum(3, np.log2(times).astype(np.int64))
    tokens = followers[rows, places]
    degrees = (rarity * 4 + many) * 2 + (places == 0)
    return Cues(rows, tokens, classes_of(tokens) * ECHO_DEGREES + degrees)


def add_cues(logits: Floats, cues: Cues, table: Floats) -> Floats:
    """(N, C): the logits, and what the cues say."""
    added = logits.copy()
    np.add.at(added, (cues.rows, cues.tokens), table.ravel()[cues.cells])
    return added


def cue_solution(cues: Cues, expected: Floats, said: Tokens, shape: tuple[int, int]) -> Floats:
    """`shape` table: log of how often cued tokens came over how often they were expected to, one added to both.

    `expected` (N, C) are probabilities without these cues, `said` (N,) the tokens that came. Where no token is cued,
    less comes than was expected; a softmax makes up for a common factor, so the table is relative to that.
    """
    hits = cues.tokens == said[cues.rows]
    hoped = expected[cues.rows, cues.tokens]
    observed = np.bincount(cues.cells[hits], minlength=shape[0] * shape[1])
    due = np.bincount(cues.cells, weights=hoped, minlength=shape[0] * shape[1])
    rest = np.log(len(said) - hits.sum() + 1) - np.log(len(said) - hoped.sum() + 1)
    table: Floats = (np.log(observed + 1) - np.log(due + 1) - rest).astype(np.float32)
    return table.reshape(shape)
