"""What everyday talk is made of: the commonest English words, their share of it, and what follows what.

The recogniser uses them as the way out for talk that is not for the house, the model as its idea of what such talk
looks like. `scripts/make_everyday_words.py` made the tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources


@cache
def everyday_words() -> Mapping[str, float]:
    """Words and shares that sum to 1, most frequent first.

    >>> round(sum(everyday_words().values()), 2)
    1.0
    """
    return {word: float(share) for word, share in _rows("everyday_words.tsv")}


@cache
def everyday_pairs() -> Mapping[str, Mapping[str, float]]:
    """Word to the words that follow it noticeably often, with their probabilities.

    >>> everyday_pairs()["of"]["the"] > 3 * everyday_words()["the"]
    True
    """
    following: dict[str, dict[str, float]] = {}
    for before, word, probability in _rows("everyday_pairs.tsv"):
        following.setdefault(before, {})[word] = float(probability)
    return following


def _rows(file: str) -> Iterator[list[str]]:
    table = resources.files("device").joinpath(file).read_text(encoding="ascii")
    return (line.split("\t") for line in table.splitlines())
