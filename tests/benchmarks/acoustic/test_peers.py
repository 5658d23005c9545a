"""Peers of the switch: each tells made-up words apart, and its own arithmetic is what its docstring says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.acoustic.accuracy import Learner
from benchmarks.acoustic.peers.centroid import Centroid, squeezed
from benchmarks.acoustic.peers.ds_cnn import DsCnn
from benchmarks.acoustic.peers.dtw import Dtw, Floats32, in_a_row, warped
from benchmarks.acoustic.sound import Heard
from device.acoustic.streams import CEPSTRA, STREAMS, Word
from tests.acoustic import made_up

ORDER = [0, 1, 2] * 4


def heard(seed: int) -> Heard:
    """Three words, four times each."""
    samples = made_up.stream(ORDER, np.random.default_rng(seed)).astype(np.float64)
    heard = Heard(samples, [])
    assert len(heard.sounds) == len(ORDER)
    return heard


@pytest.mark.parametrize("peer", [Centroid, Dtw, DsCnn])
def test_three_words_are_told_apart(peer: type[Learner]) -> None:
    learner, lessons = peer(), heard(0)
    for sound, digit in enumerate(ORDER):
        learner.learn_one(lessons, sound, digit)
    answers = learner.answers(heard(1), range(len(ORDER)))
    assert [best[0][1] for best in answers] == ORDER


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_warping_finds_the_best_path_of_each_lesson(lengths: list[int], length: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    lessons = [random.normal(size=(each, 3)).astype(np.float32) for each in lengths]
    frames = random.normal(size=(length, 3)).astype(np.float32)
    costs = warped(frames, in_a_row(lessons))
    for cost, lesson in zip(costs, lessons, strict=True):
        slow = best_path(frames, lesson)
        assert cost > 1e6 if np.isinf(slow) else cost == pytest.approx(slow, abs=1e-4)


def best_path(frames: Floats32, lesson: Floats32) -> float:
    """The same, cell by cell; infinite where the lesson is too long for steps of two."""
    cost = np.full((len(frames), len(lesson)), np.inf)
    for at, frame in enumerate(frames):
        for place, other in enumerate(lesson):
            before = cost[at - 1, max(0, place - 2) : place + 1].min() if at else (0.0 if place == 0 else np.inf)
            cost[at, place] = before + np.sum((frame - other) ** 2)
    return float(cost[-1, -1] / len(frames))


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_squeezing_keeps_the_mean(length: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).integers(-128, 128, (len(STREAMS), length, CEPSTRA)).astype(np.int8)
    spoken = Word(vectors, np.ones(length, np.uint8))
    assert squeezed(spoken).mean(axis=0) == pytest.approx(vectors[0].mean(axis=0))
