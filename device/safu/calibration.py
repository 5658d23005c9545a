"""How much to believe each part of the model: learned from the household's own past.

    log p(action) = sum over the parts of weight * evidence(part, action), normalised

Before every lesson the model had an opinion; the lesson says what was right. The weights under which the last lessons
were likeliest make probabilities mean what they say (Platt 1999; with several inputs it is stacking, Wolpert 1992).
From
few lessons they stay near what made-up houses say: a Gaussian prior. The problem is convex; Newton's steps solve it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.safu.contexts import Floats

_ACTIONS = 12
"""Of an opinion as many actions are kept, the likeliest."""
_IMPOSSIBLE = -1e3


@dataclass(frozen=True, slots=True)
class CalibrationPrior:
    """What is believed of each part before the first lesson."""

    means: tuple[float, ...]
    deviations: tuple[float, ...]
    """How firmly: standard deviations."""
    least: tuple[float, ...]
    """Below this no weight falls: evidence is never believed backwards."""


class Calibration:
    """Keeps the last opinions and what was right."""

    def __init__(self, prior: CalibrationPrior, window: int = 256) -> None:
        self._means = np.array(prior.means)
        self._precisions = np.array(prior.deviations) ** -2.0
        self._least = np.array(prior.least)
        self._opinions = np.zeros((window, len(prior.means), _ACTIONS))  # the right action first
        self._learned = 0
        self._weights = self._means

    @property
    def weights(self) -> tuple[float, ...]:
        """(parts,)"""
        return tuple(self._weights.tolist())

    def probabilities(self, evidence: Floats) -> Floats:
        """(actions,) from (parts, actions); the least likely of many count as impossible."""
        logits = self._weights @ evidence
        likeliest = _likeliest(logits)
        exponents = np.zeros_like(logits)
        exponents[likeliest] = np.exp(logits[likeliest] - logits.max())
        return np.asarray(exponents / exponents.sum())

    def learn_one(self, evidence: Floats, right: int) -> None:
        """The opinion (parts, actions) was held when action `right` was."""
        likeliest = _likeliest(self._weights @ evidence)
        kept = np.array([right, *likeliest[likeliest != right]])[:_ACTIONS]
        opinion = self._opinions[self._learned % len(self._opinions)]
        opinion[:] = 0
        opinion[0] = _IMPOSSIBLE
        opinion[:, : len(kept)] = evidence[:, kept]
        self._learned += 1
        self._solve()

    def _solve(self) -> None:
        """One step of Newton's from the last solution: one more lesson does not move it far."""
        opinions = self._opinions[: self._learned]
        logits = np.einsum("p,npa->na", self._weights, opinions)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        weighed = shares[:, np.newaxis] * opinions  # (N, parts, actions)
        expected = weighed.sum(axis=2)
        gradient = (expected - opinions[:, :, 0]).sum(axis=0) + self._precisions * (self._weights - self._means)
        spread = np.tensordot(weighed, opinions, axes=([0, 2], [0, 2])) - expected.T @ expected
        step = np.linalg.solve(spread + np.diag(self._precisions), gradient)
        self._weights = np.maximum(self._weights - step, self._least)


def _likeliest(logits: Floats) -> npt.NDArray[np.intp]:
    return np.argsort(-logits, kind="stable")[:_ACTIONS]
