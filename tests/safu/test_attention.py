"""Attention: its distribution, its cache, and the derivation of its hidden targets, checked by differences."""

from __future__ import annotations

import numpy as np
import pytest

from device.safu.attention import (
    CachedComparisons,
    attend,
    attention_solution,
    comparisons,
    hidden_targets,
)
from device.safu.contexts import EMPTY

RNG = np.random.default_rng(0)
VECTORS = RNG.random((20, 6))
WINDOW = np.array([[3, 4, 5, 6], [7, 1, EMPTY, EMPTY], [2, EMPTY, EMPTY, EMPTY]])


def test_comparisons_are_inner_products_with_the_newest() -> None:
    compared = comparisons(VECTORS, WINDOW)
    assert compared[0, 2] == pytest.approx(VECTORS[3] @ VECTORS[5])
    assert compared[1].tolist()[2:] == [0, 0]


def test_a_shorter_context_uses_the_corner_of_w() -> None:
    weights = RNG.standard_normal((4, 4))
    attention = attend(comparisons(VECTORS, WINDOW), weights, WINDOW)
    compared = comparisons(VECTORS, WINDOW[1:2, :2]) @ weights[:2, :2]
    expected = np.exp(compared) / np.exp(compared).sum()
    assert attention[1, :2] == pytest.approx(expected[0])
    assert attention.sum(axis=1) == pytest.approx(1)
    assert attend(np.zeros((1, 4)), weights, np.full((1, 4), EMPTY)).sum() == 0


def test_cached_comparisons_are_the_same_until_vectors_change() -> None:
    cached = CachedComparisons(VECTORS)
    assert cached.between(7, WINDOW[1]) == pytest.approx(comparisons(VECTORS, WINDOW)[1])
    changed = VECTORS + 1
    cached.invalidate(changed)
    assert cached.between(7, WINDOW[1]) == pytest.approx(comparisons(changed, WINDOW)[1])


def test_hidden_targets_maximise_what_they_were_derived_from() -> None:
    """`sum t s + H(t) / beta`: no small step along the simplex makes it greater."""
    scores, beta = RNG.standard_normal((1, 5)), 1.0
    targets = hidden_targets(scores, beta)[0]

    def value(t: np.ndarray) -> float:
        return float(t @ scores[0] - (t * np.log(t)).sum() / beta)

    for first in range(5):
        for second in range(5):
            step = np.zeros(5)
            step[first] += 1e-4
            step[second] -= 1e-4
            assert value(targets + step) <= value(targets) + 1e-12


def test_moving_attention_to_a_better_position_lowers_the_loss() -> None:
    """The first-order claim of the derivation, by central differences on a layer of two positions."""
    inputs, layers = RNG.random((2, 6)), RNG.standard_normal((2, 6, 3))
    label = np.array([0.2, 0.5, 0.3])

    def loss(weight: float) -> float:
        sums = weight * inputs[0] @ layers[0] + (1 - weight) * inputs[1] @ layers[1]
        return float(-label @ (sums - np.log(np.exp(sums).sum())))

    alone = [float(inputs[k] @ layers[k] @ label) for k in range(2)]
    sums = 0.5 * inputs[0] @ layers[0] + 0.5 * inputs[1] @ layers[1]
    believed = np.exp(sums) / np.exp(sums).sum()
    expected = -(alone[0] - alone[1]) + believed @ (inputs[0] @ layers[0] - inputs[1] @ layers[1])
    assert (loss(0.5 + 1e-5) - loss(0.5 - 1e-5)) / 2e-5 == pytest.approx(expected, rel=1e-6)


def test_the_solution_of_w_prefers_what_the_targets_prefer() -> None:
    compared = np.tile([1.0, 0.2, 0.2], (50, 1))
    targets = np.tile([0.8, 0.1, 0.1], (50, 1))
    solved = attention_solution(compared, targets, 1e-3)
    attention = attend(compared[:1], solved, np.zeros((1, 3), int))
    assert attention[0].argmax() == 0
