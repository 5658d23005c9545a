"""Beginnings of sentences, as they are heard word by word, and models that know what is meant before the end.

A beginning has no last pair with the edge of the sentence; that pair is how a model knows that nothing more comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from device.safu.contexts import Floats
from device.safu.mixed_code import features_of

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """What has been heard so far."""

    words: Words
    ended: bool

    @property
    def features(self) -> list[str]:
        """Words, pairs and pieces of words.

        >>> Heard(("on",), ended=False).features[:2], Heard(("on",), ended=True).features[-1]
        (['on', '<s> on'], 'on </s>')
        """
        features = features_of(self.words)
        return features if self.ended else features[:-1]


def beginnings(words: Words) -> list[Heard]:
    """Every beginning of a sentence, the whole of it last.

    >>> [" ".join(heard.words) for heard in beginnings(("turn", "it", "on"))]
    ['turn', 'turn it', 'turn it on']
    """
    return [Heard(words[:count], count == len(words)) for count in range(1, len(words) + 1)]


class PrefixModel(Protocol):
    """Beginnings to labels."""

    classes: Sequence[str]

    def fit(self, sentences: Sequence[Words], labels: Sequence[str]) -> None:
        """Learn from scratch, from whole sentences."""

    def probabilities(self, heard: Sequence[Heard]) -> Floats:
        """(N, classes)"""
