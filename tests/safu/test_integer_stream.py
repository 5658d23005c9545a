"""The streaming unit in integers: close to the floats, proven not to overflow, and itself again from bytes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.errors import BundleError
from device.safu.bundle import Bundle, Header, pack, unpack
from device.safu.hidden import ACTIVATIONS, Activation, softmax
from device.safu.image import Kind, pack_image, unpack_image
from device.safu.integer_stream import IntegerStream
from device.safu.model import Inputs, Safu, Weights
from device.safu.quantise_stream import quantise_stream
from device.safu.stream_image import StreamImage
from tests.streams import integer_stream, streaming, windows_of

TOKENS = np.random.default_rng(1).integers(0, 30, 200)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_integers_say_what_floats_say(activation: Activation) -> None:
    architecture, weights = streaming(activation)
    window = windows_of(TOKENS, 4)
    floats = softmax(Safu(architecture, weights).logits(Inputs(window=window)))
    integers = quantise_stream(architecture, weights).probabilities(window)
    assert np.abs(integers / 2**15 - floats).max() < 0.05
    assert (integers.argmax(axis=1) == floats.argmax(axis=1)).mean() > 0.9


def test_attention_is_that_of_the_floats() -> None:
    architecture, weights = streaming()
    model, window = quantise_stream(architecture, weights), windows_of(TOKENS, 4)
    block = model.vectors[np.maximum(window, 0)].astype(np.int64) * (window >= 0)[..., np.newaxis]
    expected = Safu(architecture, weights).attention(window) / architecture.scale
    assert model.shares(window, block) / 2**15 == pytest.approx(expected, abs=0.01)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(ACTIVATIONS), st.lists(st.integers(1, 9), min_size=4, max_size=4), st.integers(0, 9))
def test_an_image_and_a_bundle_give_the_model_back(activation: Activation, sizes: list[int], version: int) -> None:
    named = dict(zip(("tokens", "dimensions", "block", "hidden"), sizes, strict=True))
    architecture, weights = streaming(activation, **named)
    image = StreamImage(quantise_stream(architecture, weights), tuple(map(str, range(sizes[0]))), version)
    data = image.pack()
    back = StreamImage.unpack(data)
    assert (back.names, back.version, back.pack()) == (image.names, version, data)
    bundled = unpack(pack(Bundle(Header(architecture), image.model)), "it").model
    assert isinstance(bundled, IntegerStream)
    assert StreamImage(bundled, image.names, version).pack() == data


def test_what_an_image_cannot_hold_is_named() -> None:
    model = integer_stream()
    with pytest.raises(ValueError, match="1 names for 30 outputs"):
        StreamImage(model, ("on",))
    with pytest.raises(ValueError, match="has a zero in it"):
        StreamImage(model, ("\0",) * 30)
    with pytest.raises(BundleError, match="an image of intents is no streaming model"):
        StreamImage.unpack(pack_image(Kind.INTENTS, []))
    _, sections = unpack_image(StreamImage(model).pack())
    for number in range(len(sections) - 1):
        with pytest.raises(BundleError, match="does not hold what it says"):
            StreamImage.unpack(pack_image(Kind.STREAM, [*sections[:number], b"", *sections[number + 1 :]]))


def test_a_bundle_that_does_not_fit_is_refused() -> None:
    architecture, _ = streaming()
    model = integer_stream()
    with pytest.raises(BundleError, match="vectors should be of shape"):
        unpack(pack(Bundle(Header(replace(architecture, dimensions=9)), model)), "it")
    with pytest.raises(BundleError, match="out of range"):
        unpack(pack(Bundle(Header(architecture), replace(model, shifts=(0, 6, 0)))), "it")


def test_what_could_overflow_is_refused() -> None:
    model = integer_stream("tanh")
    with pytest.raises(ValueError, match="the output layer could reach"):
        replace(model, output=replace(model.output, weights=np.full((30, 5_000), 127, np.int8)))
    with pytest.raises(ValueError, match="the comparison could reach"):
        replace(model, vectors=np.full((30, 8), 127, np.int8), shifts=(0, 7, 0))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_no_window_reaches_further_than_proven(activation: Activation) -> None:
    model = integer_stream(activation)
    window = np.array([[token] * 4 for token in range(30)])
    bounds = {name: bound for name, bound, _ in model.bounds()}
    logits = (model.logits(window).astype(np.int64) - model.output.bias) << model.output.shift
    assert np.abs(logits).max() <= bounds["output layer"]


def test_what_has_no_integer_form_is_refused_by_name() -> None:
    architecture, weights = streaming()
    for change, named in (
        ({"radial": 2}, "radial context beside it"),
        ({"document": 3}, "document context beside it"),
        ({"recall": True}, "recall context beside it"),
        ({"block": 0}, "block of size 0"),
        ({"hidden": 0}, "hidden layer of size 0"),
        ({"summed": False}, "concatenated has no integer form"),
    ):
        with pytest.raises(ValueError, match=named):
            quantise_stream(replace(architecture, **change), weights)
    vectors = np.array(weights.vectors)
    vectors[0, 0] = np.inf
    with pytest.raises(ValueError, match="vectors has numbers that are not finite"):
        quantise_stream(architecture, replace(weights, vectors=vectors))
    with pytest.raises(ValueError, match="does not fit 16 bits"):
        quantise_stream(architecture, replace(weights, bias=np.arange(30) * 100.0))
    with pytest.raises(ValueError, match="too great for integers"):
        quantise_stream(architecture, Weights(**(weights.arrays() | {"output": np.eye(12, 30) * 1e6})))


def test_a_token_that_does_not_exist_is_refused() -> None:
    for window in ([[30, 0, 0, 0]], [[-1, -1, -1, -1]], [[0, -2, 0, 0]]):
        with pytest.raises(ValueError, match="tokens should be from 0 to 29"):
            integer_stream().logits(np.array(window))
