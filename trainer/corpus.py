"""Running text as tokens: articles, a vocabulary in order of frequency, and where each article starts.

The format is that of wikitext: a paragraph a line, words split by spaces, an article starts at a ` = Title = ` line.
A plain text without such lines is one article.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from device.safu.contexts import Tokens
from device.safu.vocabulary import UNKNOWN

END = "<eos>"
Article = list[str]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Tokens of all articles in one row, and the position at which each article starts."""

    tokens: Tokens
    starts: Tokens


def read_articles(path: Path) -> list[Article]:
    """The words of each article; every line ends in `END`. Raises `ValueError` for a text without words."""
    articles: list[Article] = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            words = line.split()
            if not words:
                continue
            title = len(words) > 2 and words[0] == words[-1] == "=" and words[1] != "="
            if title or not articles:
                articles.append([])
            articles[-1] += [*words, END]
    if not articles:
        raise ValueError(f"{path} holds no words")
    return articles


def vocabulary_of(articles: Iterable[Article], size: int) -> list[str]:
    """The `size` most frequent words, `UNKNOWN` among them for all others, most frequent first."""
    counts = Counter(word for article in articles for word in article)
    known = [word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if word != UNKNOWN]
    kept = {word: counts[word] for word in known[: size - 1]}
    kept[UNKNOWN] = counts.total() - sum(kept.values())
    return sorted(kept, key=lambda word: (-kept[word], word))


def encode(articles: Sequence[Article], vocabulary: Sequence[str]) -> Corpus:
    """Words as their places in the vocabulary.

    >>> corpus = encode([["a", "b"], ["c"]], ["a", "<unk>"])
    >>> corpus.tokens.tolist(), corpus.starts.tolist()
    ([0, 1, 1], [0, 2])
    """
    place = {word: rank for rank, word in enumerate(vocabulary)}
    unknown = place[UNKNOWN]
    tokens = [place.get(word, unknown) for article in articles for word in article]
    starts = np.cumsum([0, *map(len, articles)])[:-1]
    return Corpus(np.array(tokens, np.int64), starts.astype(np.int64))
