"""The streaming model in C answers as the integers do, after every token; what is wrong has a name."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.errors import ExportError
from device.safu.hidden import ACTIVATIONS, Activation
from device.safu.image import Kind, pack_image, unpack_image
from device.safu.integer_stream import IntegerStream
from device.safu.stream_image import StreamImage, stream_memory_bytes
from firmware_export.host_stream import HostStream
from tests.streams import integer_stream, windows_of

WITHIN_REACH = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)


def on_chip(chip: ctypes.CDLL, model: IntegerStream) -> HostStream:
    return HostStream(chip, StreamImage(model).pack(), len(model.output.bias))


def compared(chip: ctypes.CDLL, model: IntegerStream, tokens: np.ndarray) -> int:
    stream, logits = on_chip(chip, model), model.logits(windows_of(tokens, model.block))
    assert stream.best() == 0
    for token, expected in zip(tokens.tolist(), logits, strict=True):
        stream.step(token)
        assert stream.logits().tolist() == expected.tolist()
        assert stream.best() == expected.argmax()
    return logits.size


@WITHIN_REACH
@given(
    st.sampled_from(ACTIVATIONS),
    st.tuples(st.integers(1, 40), st.integers(1, 20), st.integers(1, 7), st.integers(1, 30)),
    st.integers(0, 2**32 - 1),
)
def test_any_shape(chip: ctypes.CDLL, activation: Activation, sizes: tuple[int, int, int, int], seed: int) -> None:
    tokens, dimensions, block, hidden = sizes
    model = integer_stream(activation, tokens=tokens, dimensions=dimensions, block=block, hidden=hidden)
    compared(chip, model, np.random.default_rng(seed).integers(0, tokens, 2 * block + 3))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_size_that_is_promised(chip: ctypes.CDLL, activation: Activation) -> None:
    model = integer_stream(activation, tokens=1000, dimensions=64, block=16, hidden=64)
    assert compared(chip, model, np.random.default_rng(0).integers(0, 1000, 60)) == 60_000


def test_a_token_that_does_not_exist_changes_nothing(chip: ctypes.CDLL) -> None:
    stream = on_chip(chip, integer_stream())
    stream.step(3)
    before = stream.logits()
    for token in (30, 65_536, 2**32 - 1):
        with pytest.raises(ExportError, match="SAFU_OUT_OF_RANGE"):
            stream.step(token)
    assert stream.logits().tolist() == before.tolist()
    stream.step(4)
    fresh = on_chip(chip, integer_stream())
    fresh.step(3)
    fresh.step(4)
    assert stream.logits().tolist() == fresh.logits().tolist()


def test_the_memory_that_is_asked_for_is_enough(chip: ctypes.CDLL) -> None:
    model = integer_stream()
    stream = on_chip(chip, model)
    stream.begin(stream_memory_bytes(model))
    with pytest.raises(ExportError, match="SAFU_TOO_LITTLE_MEMORY"):
        stream.begin(stream_memory_bytes(model) - 1)


def test_a_damaged_image_is_refused(chip: ctypes.CDLL) -> None:
    data = StreamImage(integer_stream()).pack()
    for cut in range(0, len(data), 37):
        with pytest.raises(ExportError, match=r"SAFU_(NOT_AN_IMAGE|TRUNCATED)"):
            HostStream(chip, data[:cut], 30)
    flipped = bytearray(data)
    flipped[200] ^= 1
    with pytest.raises(ExportError, match="SAFU_DAMAGED"):
        HostStream(chip, bytes(flipped), 30)
    with pytest.raises(ExportError, match="SAFU_OTHER_KIND"):
        HostStream(chip, pack_image(Kind.INTENTS, []), 30)


def test_an_image_that_lies_is_refused(chip: ctypes.CDLL) -> None:
    _, sections = unpack_image(StreamImage(integer_stream()).pack())
    for number in range(len(sections) - 1):
        with pytest.raises(ExportError, match="SAFU_BAD_SHAPE"):
            HostStream(chip, pack_image(Kind.STREAM, [*sections[:number], b"12345", *sections[number + 1 :]]), 30)
    shape = np.frombuffer(sections[0], np.uint32)
    for place in range(len(shape) - 1):  # the last one is the version
        for wrong in {0, 2**31, 2**32 - 1} if place in (1, 2, 3, 4, 5, 9, 10, 11) else {31, 2**32 - 1}:
            lying = shape.copy()
            lying[place] = wrong
            with pytest.raises(ExportError, match="SAFU_BAD_SHAPE"):
                HostStream(chip, pack_image(Kind.STREAM, [lying.tobytes(), *sections[1:]]), 30)


@WITHIN_REACH
@given(st.integers(0, 2**32 - 1))
def test_no_weights_lead_out_of_bounds(chip: ctypes.CDLL, seed: int) -> None:
    """An image whose numbers nobody proved anything of: answers mean nothing, but there are some."""
    rng = np.random.default_rng(seed)
    _, sections = unpack_image(StreamImage(integer_stream("tanh")).pack())
    wild = [sections[0], *(rng.integers(0, 256, len(section)).astype(np.uint8).tobytes() for section in sections[1:])]
    stream = HostStream(chip, pack_image(Kind.STREAM, wild), 30)
    for token in rng.integers(0, 30, 9).tolist():
        stream.step(token)
        assert 0 <= stream.best() < 30
