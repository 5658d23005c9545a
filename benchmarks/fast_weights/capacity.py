"""The first number of keys that a memory cannot hold, by doubling and then bisection: a run of training a question.

Assumes that what holds many keys holds fewer. The authors train at every number and stop when a loss gets no better;
here a run ends as soon as its verdict is clear, so its last loss is no figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from benchmarks.fast_weights.reference import THRESHOLD

_CLEARLY_HELD = 0.2 * THRESHOLD  # softmax comes down to half of the threshold and may go up again
_WINDOW, _AHEAD = 10, 3


def first_above(grid: Sequence[int], above: Callable[[int], bool]) -> int:
    """The first of the grid that is above; one step beyond its end if none is.

    >>> first_above(range(20, 620, 20), lambda count: count >= 140)
    140
    """
    low, high = -1, 0  # the last known to be held, the next to try
    while high < len(grid) and not above(grid[high]):
        low, high = high, max(high + 1, min(2 * high + 1, len(grid) - 1))
    while high - low > 1:
        middle = (low + high) // 2
        if above(grid[middle]):
            high = middle
        else:
            low = middle
    return grid[high] if high < len(grid) else 2 * grid[-1] - grid[-2]


def ends_above(losses: Iterable[float]) -> bool:
    """Whether a run ends above 0.05: stops asking at 0.01, or when three times the progress of the last 1,000 steps
    would not reach 0.05.
    """
    best: list[float] = []
    last = float("inf")
    for last in losses:
        if last <= _CLEARLY_HELD:
            return False
        best.append(min([last, *best[-1:]]))
        if len(best) > _WINDOW and best[-1] - _AHEAD * (best[-1 - _WINDOW] - best[-1]) > THRESHOLD:
            return True
    return not last <= THRESHOLD
