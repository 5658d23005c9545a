"""Weights of the parts: what a library finds on the same opinions, and near what was believed from few."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from device.safu.calibration import Calibration, CalibrationPrior

MEANS, DEVIATIONS = (1.0, 3.0), (0.3, 3.0)
PRIOR = CalibrationPrior(MEANS, DEVIATIONS, (0.05, 0.05))


def opinions(count: int, sharpness: float) -> list[tuple[np.ndarray, int]]:
    """Evidence of two parts, of which the first knows nothing and the second is right as often as it says."""
    rng = np.random.default_rng(1)
    made = []
    for _ in range(count):
        useful = rng.standard_normal(5)
        shares = np.exp(sharpness * useful)
        made.append((np.stack([rng.standard_normal(5), useful]), int(rng.choice(5, p=shares / shares.sum()))))
    return made


def taught(made: list[tuple[np.ndarray, int]]) -> Calibration:
    calibration = Calibration(PRIOR)
    for evidence, right in made:
        calibration.learn_one(evidence, right)
    return calibration


def cost(weights: np.ndarray, made: list[tuple[np.ndarray, int]]) -> float:
    nats = 0.5 * (((weights - np.array(MEANS)) / np.array(DEVIATIONS)) ** 2).sum()
    for evidence, right in made:
        logits = weights @ evidence
        nats += np.log(np.exp(logits).sum()) - logits[right]
    return float(nats)


def test_the_weights_are_those_a_library_finds() -> None:
    made = opinions(100, 2.0)
    found = minimize(cost, np.array(MEANS), args=(made,), bounds=[(0.05, None)] * 2).x
    assert taught(made).weights == pytest.approx(found.tolist(), abs=1e-3)


def test_a_part_that_knows_nothing_is_not_believed() -> None:
    useless, useful = taught(opinions(200, 2.0)).weights
    assert useless < 0.3
    assert useful == pytest.approx(2.0, abs=0.5)


def test_one_lesson_changes_little() -> None:
    assert taught(opinions(1, 2.0)).weights == pytest.approx(MEANS, rel=0.5)


def test_probabilities_mean_what_they_say() -> None:
    calibration = taught(opinions(200, 2.0))
    tested = opinions(600, 2.0)[200:]
    shares = [calibration.probabilities(evidence) for evidence, _ in tested]
    said = np.mean([share.max() for share in shares])
    right = np.mean([share.argmax() == answer for share, (_, answer) in zip(shares, tested, strict=True)])
    assert said == pytest.approx(right, abs=0.06)


def test_the_least_likely_of_many_are_impossible() -> None:
    calibration = Calibration(PRIOR)
    shares = calibration.probabilities(np.stack([np.zeros(50), np.arange(50.0)]))
    assert shares.sum() == pytest.approx(1.0)
    assert (shares > 0).sum() < 20
    calibration.learn_one(np.stack([np.zeros(50), np.arange(50.0)]), 0)  # even if that was the right one
    assert np.isfinite(calibration.weights).all()
