"""What each position of a text can recall of its document: computed once, looked up for any batch of positions."""

from __future__ import annotations

import numpy as np

from device.safu.contexts import EMPTY, Floats, Tokens, dialogue_of
from device.safu.recall import ECHOES, HORIZON, Cues, echo_cues, recall_cues
from trainer.corpus import Corpus


class History:
    """A text, and where each of its tokens was said before and will be said again.

    >>> history = History(Corpus(np.array([5, 7, 5, 5]), np.array([0, 3])), decay=0.5)
    >>> history.before.tolist(), history.again.tolist(), history.amounts.tolist()
    ([-1, -1, 0, -1], [2, 4, 4, 4], [1.0, 1.0, 1.25, 1.0])
    """

    def __init__(self, corpus: Corpus, decay: float) -> None:
        size = len(corpus.tokens)
        self.corpus = corpus
        self.decay = decay
        self.began = dialogue_of(corpus.starts, size) if size else np.zeros(0, np.int64)
        self.before = np.full(size, EMPTY)
        """(T,) the position at which the same token was said last in this document"""
        self.again = np.full(size, size)
        """(T,) the position at which it is said next"""
        self.amounts = np.ones(size)
        """(T,) how often it has been said by then, decayed"""
        last: dict[int, int] = {}
        for at, token in enumerate(corpus.tokens.tolist()):
            earlier = last.get(token, EMPTY)
            if earlier != EMPTY and earlier >= self.began[at]:
                self.before[at], self.again[earlier] = earlier, at
                self.amounts[at] += self.amounts[earlier] * decay ** (at - earlier)
            last[token] = at

    def recalled(self, positions: Tokens, length: int = HORIZON) -> tuple[Tokens, Tokens, Floats]:
        """(R,) rows, tokens, decayed amounts: every token of each document so far, at its newest occurrence."""
        past = positions[:, np.newaxis] - 1 - np.arange(length)
        at = np.maximum(past, 0)
        newest = (past >= self.began[positions][:, np.newaxis]) & (self.again[at] >= positions[:, np.newaxis])
        rows, ages = np.nonzero(newest)
        found = at[rows, ages]
        return rows, self.corpus.tokens[found], self.amounts[found] * self.decay**ages

    def recall(self, positions: Tokens, length: int = HORIZON) -> Cues:
        """Recall at some positions."""
        return recall_cues(*self.recalled(positions, length))

    def echo(self, positions: Tokens) -> Cues:
        """Echo at some positions."""
        newest = positions - 1
        at = np.where(newest >= self.began[positions], self.before[newest], EMPTY)
        followers = np.full((len(positions), ECHOES), EMPTY)
        for place in range(ECHOES):
            there = at != EMPTY
            followers[there, place] = self.corpus.tokens[at[there] + 1]
            at = np.where(there, self.before[at], EMPTY)
        return echo_cues(followers)
