"""The image of a streaming model: what `safu_stream.c` reads, section by section (`image.py`).

    shape         activation, tokens, dimensions, block, hidden units, outputs; the shifts of comparisons, of the
                  attended sum, of hidden units, of the three layers; version of the model
    vectors       int8, one row a token, padded to a multiple of four
    weights       of attention, hidden and output layer: int8, interleaved
    multipliers   of each: 8 bits a row, padded
    biases        of each: int16 a row, padded
    names         of the outputs, UTF-8, each with a zero at its end; or none

Left out: the texts of the tokens that are heard, which a chip never needs.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from device.errors import BundleError
from device.safu.image import Kind, pack_image, unpack_image
from device.safu.integer_stream import LAYERS, IntegerStream, Layer
from device.safu.interleaved import deinterleave, interleave, padded

_ACTIVATIONS: Sequence[Literal["tanh", "relu", "linear", "softmax"]] = ("tanh", "relu", "linear", "softmax")
_SHAPE = struct.Struct("<13I")
_SECTIONS = 2 + 3 * len(LAYERS) + 1
_MOST_TOKENS, _MOST_UNITS = 65_535, 4_096


@dataclass(frozen=True, slots=True)
class StreamImage:
    """Raises `ValueError` for what a chip cannot hold, naming the part."""

    model: IntegerStream
    names: tuple[str, ...] = ()
    """Of the outputs; or none."""
    version: int = 0

    def __post_init__(self) -> None:
        tokens, dimensions = self.model.vectors.shape
        hidden, outputs = len(self.model.hidden.bias), len(self.model.output.bias)
        for name, found, most in (
            ("vocabulary", tokens, _MOST_TOKENS),
            ("output layer", outputs, _MOST_TOKENS),
            ("vectors", dimensions, _MOST_UNITS),
            ("block", self.model.block, _MOST_UNITS),
            ("hidden layer", hidden, _MOST_UNITS),
        ):
            if not 1 <= found <= most:
                raise ValueError(f"the {name} of {found} should be of 1 to {most} for a chip")
        if self.names and len(self.names) != outputs:
            raise ValueError(f"{len(self.names)} names for {outputs} outputs")
        if any("\0" in name for name in self.names):
            raise ValueError("the name of an output has a zero in it, which ends names on a chip")

    def pack(self) -> bytes:
        """The image as bytes."""
        model = self.model
        layers = model.layers
        (tokens, dimensions), hidden, outputs = model.vectors.shape, len(model.hidden.bias), len(model.output.bias)
        sizes = (_ACTIVATIONS.index(model.activation), tokens, dimensions, model.block, hidden, outputs)
        vectors = np.zeros((tokens, padded(dimensions)), np.int8)
        vectors[:, :dimensions] = model.vectors
        names = b"".join(name.encode() + b"\0" for name in self.names)
        return pack_image(
            Kind.STREAM,
            [
                _SHAPE.pack(*sizes, *model.shifts, *(layer.shift for layer in layers), self.version),
                vectors.tobytes(),
                *(interleave(layer.weights).tobytes() for layer in layers),
                *(_padded(layer.multipliers, "u1") for layer in layers),
                *(_padded(layer.bias, "<i2") for layer in layers),
                names,
            ],
        )

    @classmethod
    def unpack(cls, data: bytes) -> StreamImage:
        """The inverse of `pack`. Raises `BundleError`, saying what is wrong."""
        kind, sections = unpack_image(data)
        if kind is not Kind.STREAM:
            raise BundleError(f"an image of {kind.name.lower()} is no streaming model")
        try:
            return _parse(sections)
        except (ValueError, IndexError, struct.error) as error:
            raise BundleError(f"the image does not hold what it says: {error}") from error


def stream_memory_bytes(model: IntegerStream) -> int:
    """What `safu_stream_bytes` says: the memory of a chip that changes, without the struct."""
    block, hidden = padded(model.block), padded(len(model.hidden.bias))
    return 2 * (block + padded(model.vectors.shape[1]) + max(hidden, 2 * block))


def _parse(sections: Sequence[bytes]) -> StreamImage:
    if len(sections) != _SECTIONS:
        raise ValueError(f"{len(sections)} sections, not {_SECTIONS}")
    activation, tokens, dimensions, block, hidden, outputs, *shifts, version = _SHAPE.unpack(sections[0])
    shapes = ((block, block), (hidden, dimensions), (outputs, hidden))
    arrays: dict[str, npt.NDArray[Any]] = {}
    for number, (name, (rows, columns)) in enumerate(zip(LAYERS, shapes, strict=True)):
        weights, multipliers, bias = sections[2 + number :: 3][:3]
        arrays |= {
            f"{name}_weights": deinterleave(np.frombuffer(weights, np.uint8), rows, columns),
            f"{name}_multipliers": _unpadded(multipliers, "u1", rows),
            f"{name}_shift": np.array([shifts[3 + number]], np.int32),
            f"{name}_bias": _unpadded(bias, "<i2", rows),
        }
    layers = [Layer.of_arrays(name, arrays, *shape) for name, shape in zip(LAYERS, shapes, strict=True)]
    vectors = np.frombuffer(sections[1], np.int8).reshape(tokens, padded(dimensions))
    if vectors[:, dimensions:].any():
        raise ValueError("the padding of the vectors should be zero")
    *names, last = sections[-1].decode().split("\0")
    if last:
        raise ValueError("the last name has no end")
    model = IntegerStream(
        _ACTIVATIONS[activation], vectors[:, :dimensions].copy(), (shifts[0], shifts[1], shifts[2]), *layers
    )
    return StreamImage(model, tuple(names), version)


def _padded(values: npt.NDArray[np.int32], kind: str) -> bytes:
    whole = np.zeros(padded(len(values)), kind)
    whole[: len(values)] = values
    return whole.tobytes()


def _unpadded(data: bytes, kind: str, count: int) -> npt.NDArray[np.int32]:
    values = np.frombuffer(data, kind)
    if len(values) != padded(count) or values[count:].any():
        raise ValueError(f"{len(values)} numbers for {count} rows, or padding that is not zero")
    return values[:count].astype(np.int32)
