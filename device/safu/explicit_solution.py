"""The explicit solution of a softmax layer: one pass over the data, no gradients (arXiv 2311.07498, theorem 1).

For non-negative inputs H (N, D) and targets Y (N, C) whose rows sum to 1, with `F = H^T Y + eps` and `S = F.sum(0)`:

- *hidden layers*: `U = log F - ((K - 1) / K) log S`, K the mean L1 norm of the inputs. The papers derive it for
  inputs of one norm; for others the mean is near the optimum (`benchmarks/results/mean_norm.png`).
- *action heads*: `logits = h (log F - log S) + log n`, n the lessons per action: the prior is counted by lessons,
  not spread over the words of each. With one-hot inputs, summed, this *is* multinomial naive Bayes with smoothing
  eps.

F is a sum of outer products, so a lesson is an addition and taking one back a subtraction; counts are integers, so
both are exact in any order, and two halves merge. eps goes inside the sum S as well. In `ActionHeads` eps is a row
vector times a mass: what a column believes before it is taught (a Dirichlet prior), which may differ by column.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating[Any]]

_GROWTH = 64


class ExplicitHead:
    """Integer counts F without eps: inputs x actions, growing in both directions."""

    def __init__(self) -> None:
        self._counts = np.zeros((_GROWTH, _GROWTH), np.int64)
        self._totals = np.zeros(_GROWTH, np.int64)
        self._columns: list[str] = []
        self._column_of: dict[str, int] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The actions, in the order in which they were first taught."""
        return tuple(self._columns)

    @property
    def totals(self) -> Rows:
        """(actions,): the sums of the counts over all inputs."""
        return self._totals[: len(self._columns)]

    def add_column(self, action: str) -> int:
        """The column of `action`, a new one of zeros if it is new."""
        column = self._column_of.get(action)
        if column is None:
            column = self._column_of[action] = len(self._columns)
            self._columns.append(action)
            self._grow(0, column + 1)
        return column

    def learn_one(self, inputs: Rows, units: Rows, action: str) -> None:
        """Add `units` at the rows `inputs`, repetitions summed. Negative units take back what was learned."""
        column = self.add_column(action)
        if inputs.size:
            self._grow(int(inputs.max()) + 1, 0)
            np.add.at(self._counts[:, column], inputs, units)
            self._totals[column] += units.sum()

    def merge(self, other: ExplicitHead) -> None:
        """Add all that `other` has learned."""
        for column, action in enumerate(other.columns):
            rows = np.flatnonzero(other._counts[:, column])
            self.learn_one(rows, other._counts[rows, column], action)

    def rows(self, inputs: Rows) -> Rows:
        """(len(inputs), actions): the counts of some inputs, zeros for those never taught."""
        self._grow(int(inputs.max(initial=-1)) + 1, 0)
        return self._counts[inputs, : len(self._columns)]

    def _grow(self, rows: int, columns: int) -> None:
        have = self._counts.shape
        need = (
            rows if rows <= have[0] else rows + rows // 2,
            columns if columns <= have[1] else columns + columns // 2,
        )
        if need[0] > have[0] or need[1] > have[1]:
            bigger = np.zeros((max(have[0], need[0]), max(have[1], need[1])), np.int64)
            bigger[: have[0], : have[1]] = self._counts
            self._counts = bigger
            self._totals = np.pad(self._totals, (0, bigger.shape[1] - len(self._totals)))


def head_weights(counts: Floats, smoothing: Floats, totals: Floats) -> Floats:
    """`log F - log S`: (inputs, actions), (inputs, actions), (actions,) -> (inputs, actions).

    `smoothing` is eps at these inputs, `totals` is S over *all* inputs, eps included. All of F must be positive.
    The logits of an input vector h are `h @ weights`, plus the log prior.

    >>> counts = np.array([[3.0, 0.0], [1.0, 4.0]])
    >>> weights = head_weights(counts, np.full((2, 2), 0.5), np.array([5.0, 5.0]))
    >>> np.exp(np.array([1.0, 0.0]) @ weights).round(2).tolist()  # (3 + .5) / 5, (0 + .5) / 5
    [0.7, 0.1]
    """
    weights: Floats = np.log(counts + smoothing) - np.log(totals)
    return weights


def hidden_solution(inputs: Floats, targets: Floats, eps: float, mean_norm: float | None = None) -> Floats:
    """(D, C): the weights of a softmax layer without a bias, from (N, D) inputs and (N, C) targets.

    `mean_norm` is K, by default the mean L1 norm of the inputs. Raises `ValueError` for inputs that are negative or not
    finite, naming row and column, for no inputs at all, and for targets that know one class only.

    >>> hidden_solution(np.eye(2), np.eye(2), eps=0.5).round(2).tolist()  # K = 1: no term in S
    [[0.41, -0.69], [-0.69, 0.41]]
    """
    norm = float(check(inputs, targets).sum(axis=1).mean()) if mean_norm is None else mean_norm
    return weights_of(inputs.T @ targets + eps, norm)


def weights_of(associations: Floats, mean_norm: float) -> Floats:
    """(D, C): `log F - ((K - 1) / K) log S` of associations F that are all positive."""
    weights: Floats = np.log(associations) - (mean_norm - 1) / mean_norm * np.log(associations.sum(axis=0))
    return weights


def action_solution(inputs: Floats, targets: Floats, eps: float) -> tuple[Floats, Floats]:
    """(D, C) weights and (C,) bias of an action head. Raises `ValueError` like `hidden_solution`.

    >>> weights, bias = action_solution(np.array([[2.0, 1.0], [0.0, 1.0]]), np.eye(2), eps=1.0)
    >>> np.exp(weights).round(2).tolist(), np.exp(bias).tolist()
    ([[0.6, 0.33], [0.4, 0.67]], [0.5, 0.5])
    """
    associations = check(inputs, targets).T @ targets + eps
    lessons = targets.sum(axis=0)
    return head_weights(associations - eps, np.full_like(associations, eps), associations.sum(axis=0)), np.log(
        np.maximum(lessons, np.finfo(float).tiny) / lessons.sum()
    )


def check(inputs: Floats, targets: Floats) -> Floats:
    """The inputs, if an explicit solution can be made of them. Raises `ValueError` if not."""
    if not len(inputs):
        raise ValueError("there is nothing to learn from: no inputs")
    if len(inputs) != len(targets):
        raise ValueError(f"{len(inputs)} inputs but {len(targets)} targets")
    bad = ~np.isfinite(inputs) | (inputs < 0)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise ValueError(
            f"the input in row {row}, column {column} is {inputs[row, column]}; explicit solutions need inputs "
            "that are finite and not negative"
        )
    if (targets.sum(axis=0) > 0).sum() < 2:
        raise ValueError("all targets are of one class: there is nothing to tell apart")
    return inputs
