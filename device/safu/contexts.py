"""What the model sees of the words: the document context, the sum of everything since the utterance began.

A feature is a word, or a pair of neighbours (order tells "turn on" from "on turn"); together they are the bag of
features, and a model of this context alone is the bag-of-features model, named as what it is. Sums are never
normalised: a unit sum would pull every explicit solution towards its prior. Left out: block and radial contexts,
which need vectors with a distance.
"""

from __future__ import annotations

from collections.abc import Sequence

EDGE = "^"


def document_context(words: Sequence[str]) -> tuple[str, ...]:
    """The features of the words so far, in the order in which they came, repetitions included.

    >>> document_context(("turn", "on"))
    ('turn', '^ turn', 'on', 'turn on')
    """
    pairs = zip((EDGE, *words), words, strict=False)
    return tuple(feature for before, word in pairs for feature in (word, f"{before} {word}"))
