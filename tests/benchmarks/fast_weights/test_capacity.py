"""Capacity: the search on made-up rules, the verdict on made-up runs."""

from __future__ import annotations

import pytest

from benchmarks.fast_weights.capacity import ends_above, first_above
from benchmarks.fast_weights.reference import GRID


@pytest.mark.parametrize("capacity", [*GRID, 620])
def test_the_first_above_is_found_in_few_questions(capacity: int) -> None:
    asked: list[int] = []

    def above(count: int) -> bool:
        asked.append(count)
        return count >= capacity

    assert first_above(GRID, above) == capacity
    assert len(asked) == len(set(asked)) <= 10


def test_a_run_that_is_clearly_below_is_not_trained_on() -> None:
    run = iter([0.3, 0.04, 0.009, 0.9])
    assert not ends_above(run)
    assert next(run) == 0.9


def test_a_run_that_is_too_slow_is_not_trained_on() -> None:
    run = iter([0.2 - 0.0001 * evaluation for evaluation in range(100)])
    assert ends_above(run)
    assert len(list(run)) > 80


def test_a_run_that_is_still_coming_down_is_trained_on() -> None:
    assert not ends_above(0.5 * 0.95**evaluation for evaluation in range(100))


@pytest.mark.parametrize(("last", "expected"), [(0.011, False), (0.05, False), (0.051, True), (float("nan"), True)])
def test_a_run_that_ends_undecided_counts_by_its_last_loss(last: float, expected: bool) -> None:
    assert ends_above([0.3, 0.06, last]) is expected
