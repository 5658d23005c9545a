"""The image of a model from features to actions: what `safu_intents.c` reads, section by section (`image.py`).

    shape      activation, rows of the code, exact features, hidden units, actions, version of the model
    digests    CRC-32 of every exact feature, rising: its place is its row
    inputs     one row a feature, 128 more than they are, padded with 128 to a multiple of four units
    outputs    interleaved (`interleaved.py`)
    factors    of the inputs, of the outputs: multiplier, and shift 16 bits to the left of it
    biases     of the hidden units, of the actions: int32
    actions    UTF-8, each with a zero at its end

Left out: the texts of the features, which a chip never needs.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from device.errors import BundleError
from device.safu.image import Kind, pack_image, unpack_image
from device.safu.integer_reference import Factors, IntegerModel
from device.safu.interleaved import deinterleave, interleave, padded
from device.safu.mixed_code import MixedCode, digest_of

_ACTIVATIONS: Sequence[Literal["tanh", "relu", "linear"]] = ("tanh", "relu", "linear")
_SHAPE = struct.Struct("<IIIIII")
_SIGNLESS = 128
"""A chip adds several inputs in one word, which takes that none is negative."""
MAX_HIDDEN, MAX_ROWS, MAX_ACTIONS = 4_096, 2**20, 65_534


@dataclass(frozen=True, slots=True)
class IntentsImage:
    """Raises `ValueError` for what a chip cannot hold, naming the part."""

    digests: npt.NDArray[np.uint32]
    """(exact,), rising"""
    model: IntegerModel
    """The rows of exact features are in the order of their digests."""
    actions: tuple[str, ...]
    version: int = 0

    def __post_init__(self) -> None:
        hidden, rows = self.model.inputs.shape
        for name, found, most in (
            ("hidden layer has", hidden, MAX_HIDDEN),
            ("code has", rows, MAX_ROWS),
            ("actions are", len(self.actions), MAX_ACTIONS),
            ("exact features, with two more rows to hash into, are", len(self.digests) + 2, rows),
        ):
            if not 0 < found <= most:
                raise ValueError(f"the {name} {found}, a chip takes 1 to {most}")
        if len(self.actions) != len(self.model.outputs):
            raise ValueError(f"{len(self.actions)} actions for {len(self.model.outputs)} outputs")
        if any("\0" in action for action in self.actions):
            raise ValueError("the name of an action has a zero in it, which ends names on a chip")
        if (self.digests[1:] <= self.digests[:-1]).any():
            raise ValueError("the digests do not rise")

    @classmethod
    def of(
        cls, model: IntegerModel, features: Sequence[str], actions: Sequence[str], *, version: int = 0
    ) -> IntentsImage:
        """The image of a model whose exact `features` have its first rows. Raises `ValueError` if it has none."""
        MixedCode(features, model.inputs.shape[1])
        digests = np.array([digest_of(feature) for feature in features], np.uint32)
        order = np.argsort(digests)
        inputs = model.inputs.copy()
        inputs[:, : len(order)] = model.inputs[:, order]
        return cls(digests[order], replace(model, inputs=inputs), tuple(actions), version)

    @property
    def code(self) -> MixedCode:
        """Features to rows, without their texts."""
        return MixedCode.of_digests(self.digests.tolist(), self.model.inputs.shape[1])

    def pack(self) -> bytes:
        """The image as bytes."""
        model = self.model
        hidden, rows = model.inputs.shape
        inputs = np.zeros((rows, padded(hidden)), np.int8)
        inputs[:, :hidden] = model.inputs.T
        activation = _ACTIVATIONS.index(model.activation)
        sections = [
            _SHAPE.pack(activation, rows, len(self.digests), hidden, len(self.actions), self.version),
            self.digests.astype("<u4").tobytes(),
            (inputs.view(np.uint8) + np.uint8(_SIGNLESS)).tobytes(),
            interleave(model.outputs).tobytes(),
            _packed(model.input_factors),
            _packed(model.output_factors),
            model.hidden_bias.astype("<i4").tobytes(),
            model.bias.astype("<i4").tobytes(),
            b"".join(action.encode() + b"\0" for action in self.actions),
        ]
        return pack_image(Kind.INTENTS, sections)

    @classmethod
    def unpack(cls, data: bytes) -> IntentsImage:
        """The inverse of `pack`. Raises `BundleError`, saying what is wrong."""
        kind, sections = unpack_image(data)
        if kind != Kind.INTENTS:
            raise BundleError(f"the image is of kind {kind.name.lower()}, not intents")
        try:
            shape, digests, inputs, outputs, input_factors, output_factors, hidden_bias, bias, names = sections
            activation, rows, exact, hidden, actions, version = _SHAPE.unpack(shape)
            model = IntegerModel(
                _ACTIVATIONS[activation],
                _inputs(inputs, rows, hidden),
                _unpacked(input_factors, hidden),
                _numbers(hidden_bias, "<i4", hidden),
                deinterleave(np.frombuffer(outputs, np.uint8), actions, hidden),
                _unpacked(output_factors, actions),
                _numbers(bias, "<i4", actions),
            )
            return cls(_numbers(digests, "<u4", exact), model, tuple(names.decode().split("\0")[:-1]), version)
        except (ValueError, IndexError, struct.error) as error:
            raise BundleError(f"the image does not hold what it says: {error}") from error


def _inputs(data: bytes, rows: int, hidden: int) -> npt.NDArray[np.int8]:
    """(H, b)"""
    signless = np.frombuffer(data, np.uint8).reshape(rows, padded(hidden))[:, :hidden]
    return np.ascontiguousarray((signless - np.uint8(_SIGNLESS)).view(np.int8).T)


def _numbers(data: bytes, kind: str, count: int) -> npt.NDArray[Any]:
    return np.frombuffer(data, kind).reshape(count).astype(np.dtype(kind).newbyteorder("="))


def _packed(factors: Factors) -> bytes:
    words: npt.NDArray[np.uint32] = factors.multipliers.astype("<u4") | factors.shifts.astype("<u4") << np.uint32(16)
    return words.tobytes()


def _unpacked(data: bytes, count: int) -> Factors:
    words = _numbers(data, "<u4", count)
    return Factors((words & 0xFFFF).astype(np.int32), (words >> 16).astype(np.int32))
