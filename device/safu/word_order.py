"""What little order a handful of lessons can teach: whether a word is followed by a name of the house, by another word,
or by the end of the sentence. Left out: longer memories of order, which are the block context's (`contexts.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from enum import IntEnum

ARTICLES = frozenset({"the", "a", "an", "my", "our", "this", "that"})


class Follower(IntEnum):
    """What comes after a word."""

    END = 0
    NAME = 1
    OTHER = 2


def followers(tokens: Sequence[str], names: Set[str], *, ended: bool) -> Iterator[tuple[str, Follower]]:
    """Each token with what follows it; articles before a name are skipped. Unless `ended`, the last has none yet.

    >>> words = ["turn", "the", "fan", "on"]
    >>> [(word, follower.name) for word, follower in followers(words, {"fan"}, ended=True)]
    [('turn', 'NAME'), ('the', 'NAME'), ('fan', 'OTHER'), ('on', 'END')]
    """
    for position, token in enumerate(tokens):
        after = position + 1
        while after + 1 < len(tokens) and tokens[after] in ARTICLES and tokens[after + 1] in names:
            after += 1
        if after < len(tokens):
            yield token, Follower.NAME if tokens[after] in names else Follower.OTHER
        elif ended:
            yield token, Follower.END


def without_connectors(tokens: Sequence[str], names: Set[str]) -> list[str]:
    """The tokens without what joins two words of names, one word and articles: "the lamp on the counter" is one name.

    >>> without_connectors("is the lamp on the counter on".split(), {"lamp", "counter"})
    ['is', 'the', 'lamp', 'counter', 'on']
    """
    bare = [position for position, token in enumerate(tokens) if token not in ARTICLES]
    joining: set[int] = set()
    for before, middle, after in zip(bare, bare[1:], bare[2:], strict=False):
        if tokens[before] in names and tokens[middle] not in names and tokens[after] in names:
            joining.update(range(before + 1, after))
    return [token for position, token in enumerate(tokens) if position not in joining]
