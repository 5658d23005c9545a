"""Tokens to ranks, in the order in which they were first learned.

A blank device starts with none and grows; a rank, once given, never changes between two rebuilds, so that the
state stays a pure function of the ordered lessons. Left out: frequency ranks, which need a corpus; a bundle's
vocabulary comes in frequency order and keeps it.
"""

from __future__ import annotations

UNKNOWN = "<unk>"
"""The token that stands for every word that is none, where a vocabulary has it."""


class Vocabulary:
    """A two-way table of at most `capacity` tokens.

    >>> vocabulary = Vocabulary(capacity=2)
    >>> [vocabulary.add(token) for token in ("turn", "on", "turn")]
    [0, 1, 0]
    >>> vocabulary.add("off") is None, vocabulary.rank("on"), vocabulary.token(0), len(vocabulary)
    (True, 1, 'turn', 2)
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._ranks: dict[str, int] = {}
        self._tokens: list[str] = []

    def __len__(self) -> int:
        return len(self._tokens)

    def add(self, token: str) -> int | None:
        """The rank of `token`, a new one if it is new; None once the table is full."""
        rank = self._ranks.get(token)
        if rank is None and len(self._tokens) < self.capacity:
            rank = self._ranks[token] = len(self._tokens)
            self._tokens.append(token)
        return rank

    def rank(self, token: str) -> int | None:
        return self._ranks.get(token)

    def token(self, rank: int) -> str:
        """Raises `IndexError` for a rank nobody has."""
        return self._tokens[rank]
