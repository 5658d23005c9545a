"""Eight bits and integers alone: close to the floats, and proven not to overflow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from device.safu.hidden import softmax
from device.safu.integer_reference import MAX_UNITS, UNITS, IntegerModel, softmax_of, tanh_of
from device.safu.model import Architecture, Inputs, Safu, Weights
from device.safu.quantise import factors_of, quantise, quantise_rows

RNG = np.random.default_rng(0)


def model(activation: str) -> tuple[Architecture, Weights]:
    architecture = Architecture(0, 0, 5, document=40, hidden=12, activation=activation)  # type: ignore[arg-type]
    scales = {"document": 0.4, "output": 0.5, "bias": 1.0, "hidden_bias": 0.3}
    return architecture, Weights(
        **{name: RNG.standard_normal(shape) * scales[name] for name, shape in architecture.shapes().items()}
    )


@given(arrays.arrays(float, (4, 7), elements=st.floats(-1e6, 1e6)))
@example(np.full((4, 7), 5e-324))
def test_rows_are_within_half_a_step(weights: np.ndarray) -> None:
    values, scales = quantise_rows(weights)
    assert (np.abs(values * scales[:, np.newaxis] - weights) <= scales[:, np.newaxis] * 0.5001).all()


@given(st.floats(1e-6, 16_000))
def test_factors_are_within_a_part_in_ten_thousand(real: float) -> None:
    found = factors_of(np.array([real]))
    assert found.multipliers[0] / 2.0 ** found.shifts[0] == pytest.approx(real, rel=1e-4)


@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
def test_integers_say_what_floats_say(activation: str) -> None:
    architecture, weights = model(activation)
    units = RNG.integers(0, 3, (200, 40))
    words = RNG.integers(1, 12, 200)
    document = units / UNITS / np.sqrt(words)[:, np.newaxis]
    floats = softmax(Safu(architecture, weights).logits(Inputs(document=document)))
    integers = quantise(architecture, weights).probabilities(units, words)
    assert integers.dtype == np.int32
    assert np.abs(integers / 2**15 - floats).max() < 0.03


@given(arrays.arrays(np.int32, (2, 6), elements=st.integers(-(2**31) + 1, 2**31 - 1)))
def test_looked_up_probabilities_are_probabilities(logits: np.ndarray) -> None:
    shares = softmax_of(logits)
    assert (shares >= 0).all()
    assert (np.abs(shares.sum(axis=1) - 2**15) <= 6).all()
    assert (shares.argmax(axis=1) == logits.argmax(axis=1)).all() or (
        np.sort(shares)[:, -1] == np.sort(shares)[:, -2]
    ).any()


def test_looked_up_tanh_is_tanh() -> None:
    sums = np.arange(-32_768, 32_768)
    assert np.abs(tanh_of(sums) / 2**15 - np.tanh(sums / 2**11)).max() < 2e-4


def test_the_heaviest_input_reaches_no_further_than_proven() -> None:
    architecture, weights = model("linear")
    integers = quantise(architecture, weights)
    bounds = {name: bound for name, bound, _ in integers.bounds()}
    column = int(np.abs(integers.inputs).max(axis=0).argmax())
    units = np.zeros((1, 40), np.int64)
    units[0, column] = MAX_UNITS
    assert np.abs(units @ integers.inputs.T.astype(np.int64)).max() <= bounds["sum of inputs"]
    integers.logits(units, np.array([1]))


def test_what_could_overflow_is_refused() -> None:
    fine = quantise(*model("tanh"))
    with pytest.raises(ValueError, match="bias could reach"):
        replace(fine, bias=np.full(5, 2**30, np.int32))
    wide = np.full((5, 600_000), 127, np.int8)
    with pytest.raises(ValueError, match="sum of hidden units could reach"):
        IntegerModel("tanh", fine.inputs, fine.input_factors, fine.hidden_bias, wide, fine.output_factors, fine.bias)


def test_what_has_no_integer_form_is_refused() -> None:
    architecture, weights = model("tanh")
    with pytest.raises(ValueError, match="only models of the document context"):
        quantise(replace(architecture, block=2), weights)
    with pytest.raises(ValueError, match="softmax, has no integer form"):
        quantise(replace(architecture, activation="softmax"), weights)
    with pytest.raises(ValueError, match="row 0, column 1 is not finite"):
        quantise_rows(np.array([[0.0, np.nan]]))
