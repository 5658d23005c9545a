"""What every backend promises: the integer reference's answers, exactly or as closely as it says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from device.assembly import backend_for
from device.protocols import Backend
from device.safu.integer_reference import MAX_UNITS, IntegerModel, Ints
from device.settings import ModelSettings, Settings
from tests.integer_models import extreme, made, ordinary
from tests.small_models import SmallModels

CLOSE = {"numpy": 0.0, "onnx": 0.0, "litert": 0.1}
"""How far a probability may be from the reference's."""
MODEL = made()
Make = Callable[[IntegerModel], Backend]


@pytest.fixture(params=CLOSE)
def name(request: pytest.FixtureRequest) -> str:
    for package in {"onnx": ["onnx", "onnxruntime"], "litert": ["ai_edge_litert"]}.get(request.param, []):
        pytest.importorskip(package)
    return str(request.param)


@pytest.fixture
def make(name: str) -> Make:
    return backend_for(Settings(model=ModelSettings(backend=name)))  # type: ignore[arg-type]


def answers(backend: Backend, units: Ints, words: Ints) -> Ints:
    return np.concatenate(
        [backend.probabilities_of(np.flatnonzero(u), u[u > 0], int(n)) for u, n in zip(units, words, strict=True)]
    )


def test_what_people_say_is_answered_as_the_reference_does(name: str, make: Make) -> None:
    units, words = ordinary(MODEL, 400)
    wanted, found = MODEL.probabilities(units, words), answers(make(MODEL), units, words)
    assert np.abs(found - wanted).max() <= CLOSE[name] * 2**15
    sure = wanted.max(axis=1) > 2**15 * (0.5 + CLOSE[name])
    assert sure.sum() > 100
    assert (found.argmax(axis=1) == wanted.argmax(axis=1))[sure].all()


def test_the_furthest_inputs_have_an_answer(name: str, make: Make) -> None:
    units, words = extreme(MODEL, 100)
    found = answers(make(MODEL), units, words)
    assert (found >= 0).all()
    assert (np.abs(found.sum(axis=1) - 2**15) <= found.shape[1]).all()
    if not CLOSE[name]:
        np.testing.assert_array_equal(found, MODEL.probabilities(units, words))


def test_an_answer_is_a_row_of_int32(make: Make) -> None:
    found = make(MODEL).probabilities_of(np.array([3, 1]), np.array([2, 1]), 1)
    assert found.shape == (1, 20)
    assert found.dtype == np.int32


def test_the_order_of_the_rows_says_nothing_and_nothing_is_remembered(make: Make) -> None:
    backend = make(MODEL)
    rows, units = np.arange(40), np.arange(40) % 2 + 1
    first = backend.probabilities_of(rows, units, 4)
    backend.probabilities_of(np.array([7]), np.array([MAX_UNITS]), 64)
    np.testing.assert_array_equal(backend.probabilities_of(rows[::-1], units[::-1], 4), first)


def test_no_words_are_an_input_too(name: str, make: Make) -> None:
    none = np.array([], np.int64)
    wanted = MODEL.probabilities_of(none, none, 0)
    assert np.abs(make(MODEL).probabilities_of(none, none, 0) - wanted).max() <= CLOSE[name] * 2**15


def test_a_trained_model_answers_its_lessons_on_it(name: str, make: Make, small_models: SmallModels) -> None:
    from device.safu.slow import SlowModel
    from tests.small_models import LESSONS

    reference = SlowModel(small_models.bundles[1])
    slow = reference.run_by(make)
    for lesson in LESSONS:
        wanted = reference.predict_one(lesson.words)
        assert slow.answer(lesson.words) == reference.answer(lesson.words)
        assert slow.predict_one(lesson.words) == pytest.approx(wanted, abs=CLOSE[name])
