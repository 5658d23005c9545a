"""The explicit solution of an action head: one pass over the lessons, no gradients (arXiv 2311.07498).

`F = H^T Y + eps`, `S = F.sum(0)`, `logits = h (log F - log S) + log n`, with H the (non-negative) inputs of the
lessons, Y their actions and n the lessons per action. F is a sum of outer products, so a lesson is an addition and
taking one back a subtraction; counts are integers, so both are exact in any order. With one-hot inputs, summed, this
*is* multinomial naive Bayes with smoothing eps. Here eps is a row vector times a mass: what a column believes
before it is taught (a Dirichlet prior), which may differ by column. Left out: hidden layers, `log n` itself (the
caller knows the prior better than the counts do).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_GROWTH = 64


class ExplicitHead:
    """Integer counts F without eps: inputs x actions, growing in both directions."""

    def __init__(self) -> None:
        self._counts = np.zeros((_GROWTH, _GROWTH), np.int64)
        self._columns: list[str] = []
        self._column_of: dict[str, int] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The actions, in the order in which they were first taught."""
        return tuple(self._columns)

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
