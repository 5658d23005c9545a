"""What the model sees of the words: the document context, the sum of everything since the utterance began.

A model of this context alone is the bag of words, and is named as what it is. Sums are never normalised: a unit sum
would pull every explicit solution towards its prior. Left out: block and radial contexts, which need vectors with a
distance; pairs of neighbours, which with a handful of lessons cost more right actions than they saved wrong ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable


def document_context(tokens: Iterable[str]) -> Counter[str]:
    """How often each token has come so far, in the order in which they came first.

    >>> dict(document_context(["on", "and", "on"]))
    {'on': 2, 'and': 1}
    """
    return Counter(tokens)
