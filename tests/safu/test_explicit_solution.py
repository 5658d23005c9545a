"""The explicit solution against formulas, scikit-learn, and its own promises of exactness."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.naive_bayes import MultinomialNB

from device.safu.explicit_solution import ExplicitHead, action_solution, hidden_solution

COUNTS = arrays.arrays(np.int64, (12, 5), elements=st.integers(0, 6))
LABELS = arrays.arrays(np.int64, 12, elements=st.integers(0, 2))


@given(COUNTS, LABELS)
def test_an_action_head_is_multinomial_naive_bayes(counts: np.ndarray, labels: np.ndarray) -> None:
    labels[:3] = [0, 1, 2]
    weights, bias = action_solution(counts.astype(float), np.eye(3)[labels], eps=0.5)
    bayes = MultinomialNB(alpha=0.5).fit(counts, labels)
    assert pytest.approx(bayes.feature_log_prob_) == weights.T
    assert bias == pytest.approx(bayes.class_log_prior_)


@given(arrays.arrays(float, (9, 4), elements=st.floats(0, 8)), LABELS)
def test_a_hidden_layer_is_its_formula(inputs: np.ndarray, labels: np.ndarray) -> None:
    inputs[0] = 1
    targets = np.eye(3)[np.r_[0, 1, labels[:7]]]
    solved = hidden_solution(inputs, targets, eps=0.1)
    k = inputs.sum() / len(inputs)
    for row in range(4):
        for column in range(3):
            associations = [sum(inputs[n, d] * targets[n, column] for n in range(9)) + 0.1 for d in range(4)]
            expected = np.log(associations[row]) - (k - 1) / k * np.log(sum(associations))
            assert solved[row, column] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("inputs", "targets", "complaint"),
    [
        (np.array([[1.0, 2.0], [3.0, -4.0]]), np.eye(2), "row 1, column 1 is -4.0"),
        (np.array([[np.nan, 2.0], [3.0, 4.0]]), np.eye(2), "row 0, column 0 is nan"),
        (np.array([[np.inf, 2.0], [3.0, 4.0]]), np.eye(2), "row 0, column 0 is inf"),
        (np.zeros((0, 2)), np.zeros((0, 2)), "no inputs"),
        (np.ones((2, 2)), np.array([[1.0, 0], [1, 0]]), "one class"),
        (np.ones((2, 2)), np.eye(3), "2 inputs but 3 targets"),
    ],
)
def test_bad_inputs_are_named(inputs: np.ndarray, targets: np.ndarray, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        hidden_solution(inputs, targets, eps=0.1)
    with pytest.raises(ValueError, match=complaint):
        action_solution(inputs, targets, eps=0.1)


LESSON = st.tuples(st.lists(st.integers(0, 30), min_size=1, max_size=5), st.sampled_from("abc"), st.integers(1, 16))


def learned(lessons: list[tuple[list[int], str, int]]) -> ExplicitHead:
    head = ExplicitHead()
    for column in "abc":
        head.add_column(column)
    for rows, action, weight in lessons:
        head.learn_one(np.array(rows), np.full(len(rows), weight), action)
    return head


@settings(deadline=None)
@given(st.lists(LESSON, max_size=12), LESSON, st.integers(0, 12))
def test_counts_are_exact(
    lessons: list[tuple[list[int], str, int]], more: tuple[list[int], str, int], cut: int
) -> None:
    every = np.arange(31)
    whole = learned(lessons)
    before = whole.rows(every).copy()
    whole.learn_one(np.array(more[0]), np.full(len(more[0]), more[2]), more[1])
    whole.learn_one(np.array(more[0]), np.full(len(more[0]), -more[2]), more[1])
    assert (whole.rows(every) == before).all()
    merged = learned(lessons[:cut])
    merged.merge(learned(lessons[cut:]))
    assert (merged.rows(every) == before).all()
