"""The file of eight bits: what LiteRT makes of it is what was said of it, and close to the sixteen bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("ai_edge_litert")

from device.backends.eight_bits import INPUT_ZERO, EightBits, Int8
from device.backends.litert import Runtime, flat_file
from device.errors import BackendError
from device.safu.integer_reference import Factors, IntegerModel, softmax_of
from tests.integer_models import extreme, made, ordinary

MODEL = made()
OFF_BY_ONE = 0.002
"""Share of the outputs that may be."""


def compared(model: IntegerModel, inputs: Int8) -> npt.NDArray[np.int64]:
    """How far each output is from the reference."""
    eight_bits = EightBits.of(model)
    runtime = Runtime(flat_file(eight_bits))
    found = np.concatenate([runtime.logits(row) for row in inputs])
    steps: npt.NDArray[np.int64] = np.abs(found.astype(np.int64) - eight_bits.logits(inputs))
    return steps


@pytest.mark.parametrize("seed", range(3))
def test_litert_rounds_once(seed: int) -> None:
    model = made(seed, bits=800, hidden=64, actions=64)
    eight_bits = EightBits.of(model)
    random = np.random.default_rng(seed).integers(-128, 128, (500, 800)).astype(np.int8)
    said = [
        eight_bits.inputs(units, words[:, np.newaxis]) for units, words in (ordinary(model, 500), extreme(model, 200))
    ]
    steps = compared(model, np.concatenate([random, *said]))
    assert steps.max() <= 1
    assert (steps > 0).mean() <= OFF_BY_ONE


def test_eight_bits_are_close_to_sixteen() -> None:
    units, words = ordinary(MODEL, 2_000)
    eight_bits = EightBits.of(MODEL)
    shares = softmax_of(eight_bits.integers(eight_bits.logits(eight_bits.inputs(units, words[:, np.newaxis]))))
    wanted = MODEL.probabilities(units, words)
    assert np.abs(shares - wanted).max() < 0.1 * 2**15
    assert (shares.argmax(axis=1) == wanted.argmax(axis=1)).mean() > 0.97


def test_no_input_takes_a_logit_beyond_its_greatest_step() -> None:
    eight_bits = EightBits.of(MODEL)
    towards = np.where(np.sign(MODEL.outputs.astype(int)) @ MODEL.inputs.astype(int) > 0, 127, INPUT_ZERO)
    reached = eight_bits.logits(np.concatenate([towards, -1 - towards]).astype(np.int8))
    exact = MODEL.logits((towards + 128).clip(0, 4), np.ones(20, np.int64)) / 2**10
    assert exact.max() <= (127 - eight_bits.logit_zero) * eight_bits.logit_scale
    assert reached.max() < 127


def test_features_keep_their_proportions_whatever_the_number_of_words() -> None:
    eight_bits = EightBits.of(MODEL)
    for words in range(65):
        none, half, whole = (eight_bits.inputs(np.array([0, 1, 2]), words).astype(int) - INPUT_ZERO).tolist()
        assert (none, whole) == (0, 2 * half)
        assert half / 63 == pytest.approx(max(words, 1) ** -0.5, rel=0.02 if words <= 12 else 0.07)


def test_weights_too_small_for_their_bias_take_a_larger_scale() -> None:
    tiny = Factors(np.where(np.arange(32) < 8, 0, 2**14).astype(np.int32), np.full(32, 46, np.int32))
    model = replace(MODEL, input_factors=tiny, hidden_bias=np.full(32, 2**29, np.int32))
    eight_bits = EightBits.of(model)
    assert np.isfinite(eight_bits.hidden.scales).all()
    units, words = ordinary(model, 20)
    inputs = eight_bits.inputs(units, words[:, np.newaxis])
    assert compared(model, inputs).max() <= 1
    exact = model.logits(units, words) / 2**10
    assert np.abs(eight_bits.integers(eight_bits.logits(inputs)) / 2**10 - exact).max() < 0.5


def test_nothing_but_zeros_is_a_model() -> None:
    zero = replace(MODEL, outputs=np.zeros_like(MODEL.outputs), bias=np.zeros_like(MODEL.bias))
    assert compared(zero, np.zeros((1, 500), np.int8)).max() == 0


@pytest.mark.parametrize("activation", ["relu", "linear"])
def test_an_activation_without_a_range_is_refused_by_name(activation: str) -> None:
    with pytest.raises(BackendError, match=f"its activation {activation} has no form in eight bits"):
        EightBits.of(made(activation=activation))
