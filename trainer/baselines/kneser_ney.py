"""Interpolated modified Kneser-Ney smoothing (Chen and Goodman 1999, equations 26-28), the n-gram model to beat.

The highest order counts n-grams; every lower order counts in how many different contexts an n-gram was seen. Three
discounts an order, from the counts of counts. N-grams never cross the start of an article. Histories and n-grams are
dense ids, rebuilt order by order, so all of it is sorting. Left out: pruning, orders above 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.safu.contexts import Floats, Tokens, dialogue_of


@dataclass(frozen=True, slots=True)
class _Order:
    """N-grams of one length: sorted keys `history * V + token` with discounted probabilities."""

    keys: Tokens
    discounted: Floats
    """(n-grams,)"""
    left_over: Floats
    """(histories,) probability that goes to the next lower order"""


class KneserNey:
    """An n-gram model. Raises `ValueError` for an empty corpus or an order outside 1-5."""

    def __init__(self, tokens: Tokens, starts: Tokens, vocabulary: int, order: int) -> None:
        if not len(tokens):
            raise ValueError("there is nothing to count: the corpus is empty")
        if not 1 <= order <= 5:
            raise ValueError(f"an order of {order} is not between 1 and 5")
        self.vocabulary = vocabulary
        self._orders: list[_Order] = []
        self._ids: list[Tokens] = []
        """Per length, the sorted n-gram keys: an n-gram's place in them is its id as a history."""
        began = dialogue_of(starts, len(tokens))
        grams = self._grams(tokens, began, order)
        for length in range(1, order + 1):
            counts = self._counts(grams, length, order)
            self._orders.append(self._discount(self._ids[length - 1], counts, length))

    @property
    def stored_numbers(self) -> int:
        """Probabilities and left-over masses kept."""
        return sum(len(order.keys) + len(order.left_over) for order in self._orders)

    def log_probabilities(self, tokens: Tokens, starts: Tokens) -> Floats:
        """(T,): natural logs of each token's probability, given what came before it in its article."""
        began = dialogue_of(starts, len(tokens))
        history = np.zeros(len(tokens), np.int64)
        present = np.ones(len(tokens), bool)
        probability = np.full(len(tokens), 1 / self.vocabulary)
        for length, order in enumerate(self._orders, start=1):
            if length > 1:
                history, present = self._histories(tokens, began, length - 1)
            if not len(order.keys):
                continue  # no article was as long as that
            keys = history * self.vocabulary + tokens
            place, found = _find(order.keys, keys)
            discounted = np.where(found & present, order.discounted[place], 0)
            left_over = np.where(present, order.left_over[np.where(present, history, 0)], 1)
            probability = discounted + left_over * probability
        logs: Floats = np.log(probability)
        return logs

    def _grams(self, tokens: Tokens, began: Tokens, order: int) -> list[tuple[Tokens, Tokens]]:
        """Per length: the id of the n-gram that ends at each position where there is one, and those positions."""
        grams = []
        ids = np.zeros(len(tokens), np.int64)
        positions = np.arange(len(tokens))
        for length in range(1, order + 1):
            positions = positions[positions - (length - 1) >= began[positions]]
            # an n-gram is the (n-1)-gram that ends one position before it, and one more token
            history = ids[positions - 1] if length > 1 else np.zeros(len(positions), np.int64)
            keys = history * self.vocabulary + tokens[positions]
            unique, inverse = np.unique(keys, return_inverse=True)
            self._ids.append(unique)
            ids = np.zeros(len(tokens), np.int64)
            ids[positions] = inverse
            grams.append((inverse, positions))
        return grams

    def _counts(self, grams: list[tuple[Tokens, Tokens]], length: int, order: int) -> Tokens:
        """(n-grams,): occurrences at the highest order, else contexts; the start of an article is one."""
        ids, positions = grams[length - 1]
        size = len(self._ids[length - 1])
        if length == order:
            return np.bincount(ids, minlength=size)
        longer, longer_positions = grams[length]
        by_position = np.full(int(positions.max(initial=0)) + 1, -1, np.int64)
        by_position[positions] = ids
        _, first = np.unique(longer, return_index=True)
        continued = np.bincount(by_position[longer_positions[first]], minlength=size)
        # where an article starts nothing comes before the n-gram: it counts as one context
        at_start = np.setdiff1d(positions, longer_positions, assume_unique=True)
        started = np.bincount(np.unique(by_position[at_start]), minlength=size)
        return continued + started

    def _discount(self, keys: Tokens, counts: Tokens, length: int) -> _Order:
        history = keys // self.vocabulary
        histories = len(self._ids[length - 2]) if length > 1 else 1
        total = np.bincount(history, weights=counts, minlength=histories)
        discounts = _discounts(counts)[np.minimum(counts, 3)]
        taken = np.bincount(history, weights=discounts, minlength=histories)
        safe = np.maximum(total, 1)
        left_over = np.where(total > 0, taken / safe, 1)
        return _Order(keys, np.maximum(counts - discounts, 0) / safe[history], left_over)

    def _histories(self, tokens: Tokens, began: Tokens, length: int) -> tuple[Tokens, npt.NDArray[np.bool_]]:
        """(T,): the id of the `length` tokens before each position, and whether they were ever seen."""
        history = np.zeros(len(tokens), np.int64)
        positions = np.arange(len(tokens))
        present = positions - length >= began
        for at in range(length):
            word = tokens[np.maximum(positions - length + at, 0)]
            place, found = _find(self._ids[at], history * self.vocabulary + word)
            present &= found
            history = np.where(present, place, 0)
        return history, present


def with_document_cache(log_probabilities: Floats, tokens: Tokens, starts: Tokens, weight: float) -> Floats:
    """(T,): the model, mixed with the share of each token in its article so far (Kuhn and De Mori 1990)."""
    began = dialogue_of(starts, len(tokens))
    order = np.lexsort((np.arange(len(tokens)), tokens, began))
    same = np.r_[False, (tokens[order][1:] == tokens[order][:-1]) & (began[order][1:] == began[order][:-1])]
    run = np.arange(len(tokens)) - np.maximum.accumulate(np.where(same, 0, np.arange(len(tokens))))
    before = np.empty(len(tokens))
    before[order] = run
    so_far = np.arange(len(tokens)) - began
    share = before / np.maximum(so_far, 1)
    mixed = np.where(so_far > 0, weight * share + (1 - weight) * np.exp(log_probabilities), np.exp(log_probabilities))
    log_mixed: Floats = np.log(mixed)
    return log_mixed


def _discounts(counts: Tokens) -> Floats:
    """(4,): what is taken from counts of 0, 1, 2, and 3 or more; half a count where there is too little to tell."""
    n = np.array([(counts == times).sum() for times in range(1, 5)], float)
    if (n == 0).any():
        return np.array([0, 0.5, 0.5, 0.5])
    y = n[0] / (n[0] + 2 * n[1])
    found = [times - (times + 1) * y * n[times] / n[times - 1] for times in (1, 2, 3)]
    discounts: Floats = np.clip(np.array([0.0, *found]), 0, [0, 1, 2, 3])
    return discounts


def _find(keys: Tokens, wanted: Tokens) -> tuple[Tokens, npt.NDArray[np.bool_]]:
    if not len(keys):
        return np.zeros_like(wanted), np.zeros(len(wanted), bool)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return place, keys[place] == wanted
