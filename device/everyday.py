"""What everyday talk is made of: the commonest English words and their share of it.

The recogniser uses them as the way out for talk that is not for the house, the model as its idea of what such talk
looks like. `scripts/make_everyday_words.py` made the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources


@cache
def everyday_words() -> Mapping[str, float]:
    """Words and shares that sum to 1, most frequent first.

    >>> round(sum(everyday_words().values()), 2)
    1.0
    """
    table = resources.files("device").joinpath("everyday_words.tsv").read_text(encoding="ascii")
    pairs = (line.split("\t") for line in table.splitlines())
    return {word: float(share) for word, share in pairs}
