"""The graph equals the integer reference: on a million outputs, on any weights, whatever the input."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

import onnx

from device.backends.onnx import graph, session
from device.safu.integer_reference import MAX_UNITS, Factors, IntegerModel, Ints, softmax_of
from device.safu.mixed_code import MixedCode
from tests.integer_models import extreme, made, ordinary

DATA = Path(os.environ.get("SAFU_DATA", Path(__file__).parents[3] / "shared" / "data"))
BATCH = 500


def differing(model: IntegerModel, units: Ints, words: Ints) -> int:
    """Of logits and probabilities together."""
    logits, shares = session(graph(model, sparse=False).SerializeToString()).run(
        ["logits", "probabilities"], {"units": units.astype(np.int32), "words": words}
    )
    wanted = model.logits(units, words)
    return int((logits != wanted).sum() + (shares != softmax_of(wanted)).sum())


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
def test_the_graph_is_well_formed(activation: str, sparse: bool) -> None:
    onnx.checker.check_model(graph(made(activation=activation), sparse=sparse), full_check=True)


@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
def test_of_a_million_outputs_none_differs(activation: str) -> None:
    model = made(activation=activation, bits=800, hidden=64, actions=64)
    outputs = found = 0
    for seed in range(6):
        for make in (ordinary, extreme):
            units, words = make(model, BATCH, seed)
            found += differing(model, units, words)
            outputs += 2 * BATCH * 64
    assert (found, outputs) == (0, 768_000)


@pytest.mark.skipif(not (DATA / "nlu_home").is_dir(), reason="nlu_home/dev.csv is not here; $SAFU_DATA names it")
def test_of_real_sentences_none_differs() -> None:
    with (DATA / "nlu_home" / "dev.csv").open(newline="", encoding="utf-8") as file:
        texts = [row["utterance"].lower().split() for row in csv.DictReader(file)]
    code = MixedCode.fit(texts[::10], 800, 400)
    model = made(bits=800, hidden=64, actions=64)
    for at in range(0, len(texts), BATCH):
        batch = texts[at : at + BATCH]
        units, words = np.zeros((len(batch), 800), np.int64), np.zeros(len(batch), np.int64)
        for number, text in enumerate(batch):
            rows, heard, words[number] = code.units_of(text)
            units[number, rows] = heard
        assert differing(model, units, words) == 0


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_any_weights_give_the_same(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))

    def factors(size: int) -> Factors:
        top, most = data.draw(st.sampled_from([1, 255, 2**15 - 1])), data.draw(st.sampled_from([1, 15, 46]))
        return Factors(
            rng.integers(0, top + 1, size).astype(np.int32), rng.integers(1, most + 1, size).astype(np.int32)
        )

    def biases(size: int) -> np.ndarray:
        most = data.draw(st.sampled_from([0, 2**12, 2**30 - 1]))
        return rng.integers(-most, most + 1, size).astype(np.int32)

    def weights(*shape: int) -> np.ndarray:
        return rng.integers(-128, 128, shape).astype(np.int8)

    activation: Any = data.draw(st.sampled_from(["tanh", "relu", "linear"]))
    try:
        model = IntegerModel(activation, weights(6, 30), factors(6), biases(6), weights(9, 6), factors(9), biases(9))
    except ValueError:
        assume(False)
    units = rng.integers(0, data.draw(st.sampled_from([3, MAX_UNITS // 30])), (50, 30))
    assert differing(model, units, rng.integers(-3, 90, 50)) == 0


def test_the_sparse_graph_takes_batches_filled_up_with_nothing() -> None:
    model = made()
    units, words = ordinary(model, 50)
    rows = np.argsort(units == 0, axis=1, kind="stable")[:, : (units > 0).sum(axis=1).max()]
    spoken = np.take_along_axis(units, rows, axis=1).astype(np.int32)
    sparse = session(graph(model, sparse=True).SerializeToString())
    (logits,) = sparse.run(["logits"], {"rows": rows, "units": spoken, "words": words})
    np.testing.assert_array_equal(logits, model.logits(units, words))
