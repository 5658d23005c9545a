"""Kneser-Ney: distributions that sum to one, the textbook formula on bigrams, and a cache that is a count."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.baselines.kneser_ney import KneserNey, with_document_cache

V = 7
ARTICLES = st.lists(st.lists(st.integers(0, V - 1), min_size=1, max_size=15), min_size=1, max_size=4)


def joined(articles: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    tokens = np.array([token for article in articles for token in article])
    return tokens, np.cumsum([0, *map(len, articles)])[:-1]


@settings(deadline=None)
@given(ARTICLES, st.lists(st.integers(0, V - 1), max_size=4), st.integers(1, 5))
def test_probabilities_sum_to_one_after_any_history(articles: list[list[int]], history: list[int], order: int) -> None:
    model = KneserNey(*joined(articles), V, order)
    asked, starts = joined([[*history, token] for token in range(V)])
    found = model.log_probabilities(asked, starts)[starts + len(history)]
    assert np.exp(found).sum() == pytest.approx(1)


@settings(deadline=None)
@given(ARTICLES)
def test_bigrams_against_a_loop(articles: list[list[int]]) -> None:
    """Half a count is taken from each where counts of counts are too few to say more, as here with small texts."""
    bigrams = Counter(pair for article in articles for pair in pairwise(article))
    contexts: dict[int, set[int]] = defaultdict(set)
    for before, token in bigrams:
        contexts[token].add(before)
    for article in articles:
        contexts[article[0]].add(-1)
    continuations = Counter({token: len(before) for token, before in contexts.items()})
    for counts in (bigrams, continuations):
        if all(any(n == times for n in counts.values()) for times in (1, 2, 3, 4)):
            return
    total, kinds = sum(continuations.values()), len(continuations)
    model = KneserNey(*joined(articles), V, 2)
    for before in range(V):
        after = {token: n for (first, token), n in bigrams.items() if first == before}
        for token in range(V):
            low = max(continuations[token] - 0.5, 0) / total + 0.5 * kinds / total / V
            whole = sum(after.values())
            expected = max(after.get(token, 0) - 0.5, 0) / whole + 0.5 * len(after) / whole * low if whole else low
            found = model.log_probabilities(np.array([before, token]), np.array([0]))[1]
            assert np.exp(found) == pytest.approx(expected)


@given(ARTICLES)
def test_the_cache_is_the_share_so_far(articles: list[list[int]]) -> None:
    tokens, starts = joined(articles)
    uniform = np.full(len(tokens), -np.log(V))
    cached = np.exp(with_document_cache(uniform, tokens, starts, 0.25))
    expected = []
    for article in articles:
        for at, token in enumerate(article):
            share = article[:at].count(token) / at if at else None
            expected.append(1 / V if share is None else 0.25 * share + 0.75 / V)
    assert cached.tolist() == pytest.approx(expected)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="corpus is empty"):
        KneserNey(np.zeros(0, int), np.zeros(0, int), V, 2)
    with pytest.raises(ValueError, match="order of 6"):
        KneserNey(np.array([1]), np.array([0]), V, 6)
