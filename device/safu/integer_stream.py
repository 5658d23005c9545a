"""The streaming unit in integers: token -> attention over a ring of tokens -> hidden -> outputs, bit by bit.

The newest token's int8 vector is compared with those of the last K tokens, itself included; the comparisons go
through a K x K layer and a softmax; the vectors, weighted by that, are added up and go through a hidden layer and an
output layer. Activations are int16. Every layer is the same: `((w x) m + half) >> shift) + b`, int8 weights w, a
multiplier m of 8 bits and a bias b of 16 for each row, one shift for all; every sum fits 32 bits, also where a
chip multiplies no more than 32. *Why nothing overflows* is computed from the weights when a model is made, as in
`integer_reference.py`, whose tables it shares. Left out: contexts beside the block, blocks that are concatenated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from device.safu.contexts import EMPTY, Tokens
from device.safu.integer_reference import Ints, softmax_of, tanh_of
from device.safu.model import Architecture

SHARE_BITS = 15
"""Fractional bits of attention and of the outputs of a softmax; 1 itself is 2^15 - 1."""
_INT16, _INT32 = 2**15 - 1, 2**31 - 1


@dataclass(frozen=True, slots=True)
class Layer:
    """Rows of int8 weights, and what makes their sums numbers of the next layer's size."""

    weights: npt.NDArray[np.int8]
    """(rows, columns)"""
    multipliers: npt.NDArray[np.int32]
    """(rows,) from 1 to 255"""
    shift: int
    bias: npt.NDArray[np.int32]
    """(rows,) of 16 bits"""

    def __call__(self, x: Ints) -> npt.NDArray[np.int64]:
        """(N, rows) of (N, columns)."""
        sums = x.astype(np.int64) @ self.weights.T.astype(np.int64)
        return halved(sums * self.multipliers, self.shift) + self.bias

    def arrays(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """All of its numbers, by name."""
        shift = np.array([self.shift], np.int32)
        return {
            f"{name}_weights": self.weights,
            f"{name}_multipliers": self.multipliers,
            f"{name}_shift": shift,
            f"{name}_bias": self.bias,
        }

    @classmethod
    def of_arrays(cls, name: str, arrays: Mapping[str, npt.NDArray[Any]], rows: int, columns: int) -> Layer:
        """The layer of the arrays that `arrays` gave. Raises `ValueError` for any that does not fit."""
        shapes = {"weights": (rows, columns), "multipliers": (rows,), "shift": (1,), "bias": (rows,)}
        for part, shape in shapes.items():
            found, kind = arrays[f"{name}_{part}"], np.int8 if part == "weights" else np.int32
            if found.shape != shape or found.dtype != kind:
                raise ValueError(f"{name}_{part} should be of shape {shape}, {kind.__name__}")
        shift = int(arrays[f"{name}_shift"][0])
        multipliers, bias = arrays[f"{name}_multipliers"], arrays[f"{name}_bias"]
        if not 1 <= shift <= 30 or ((multipliers < 1) | (multipliers > 255)).any() or (np.abs(bias) > _INT16).any():
            raise ValueError(f"the numbers of the {name} layer are out of range")
        return cls(arrays[f"{name}_weights"], multipliers, shift, bias)

    def bound(self, sums: npt.NDArray[np.int64]) -> int:
        """The greatest magnitude on the way to an output, if those of the sums are (rows,)."""
        return int((sums * self.multipliers).max(initial=0)) + (1 << self.shift)


LAYERS = ("attention", "hidden", "output")


class BoundError(ValueError):
    """A sum that could overflow; `quantise_stream.py` then gives up some precision."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, slots=True)
class IntegerStream:
    """Weights in integers. Raises `ValueError` if a sum could overflow."""

    activation: Literal["softmax", "tanh", "relu", "linear"]
    vectors: npt.NDArray[np.int8]
    """(V, D)"""
    shifts: tuple[int, int, int]
    """What comparisons, the attended sum and hidden units lose of their lower bits."""
    attention: Layer
    """(K, K)"""
    hidden: Layer
    """(H, D)"""
    output: Layer
    """(C, H)"""

    def __post_init__(self) -> None:
        for name, bound, limit in self.bounds():
            if bound > limit:
                raise BoundError(name, f"the {name} could reach {bound}, more than {limit}")

    @property
    def layers(self) -> tuple[Layer, Layer, Layer]:
        """In the order of `LAYERS`."""
        return self.attention, self.hidden, self.output

    @property
    def block(self) -> int:
        """Tokens that are looked back at."""
        return len(self.attention.bias)

    @classmethod
    def of_arrays(cls, architecture: Architecture, arrays: Mapping[str, npt.NDArray[Any]]) -> IntegerStream:
        """The model of the arrays that `arrays` gave. Raises `ValueError` for any that does not fit."""
        a = architecture
        refuse(a)
        layers = [f"{layer}_{part}" for layer in LAYERS for part in ("weights", "multipliers", "shift", "bias")]
        if arrays.keys() != {"vectors", "shifts", *layers}:
            raise ValueError(f"a streaming model of integers has vectors, shifts, {', '.join(layers)}")
        vectors, shifts = arrays["vectors"], arrays["shifts"]
        if vectors.shape != (a.vocabulary, a.dimensions) or vectors.dtype != np.int8:
            raise ValueError(f"vectors should be of shape {(a.vocabulary, a.dimensions)}, int8")
        if shifts.shape != (3,) or shifts.dtype != np.int32 or ((shifts < 0) | (shifts > 22)).any() or shifts[1] < 7:
            raise ValueError("the shifts are out of range")
        sizes = {"attention": (a.block, a.block), "hidden": (a.hidden, a.dimensions), "output": (a.outputs, a.hidden)}
        made = [Layer.of_arrays(name, arrays, *size) for name, size in sizes.items()]
        compared, attended, kept = (int(shift) for shift in shifts)
        return cls(a.activation, vectors, (compared, attended, kept), *made)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All of its numbers, by name."""
        found: dict[str, npt.NDArray[Any]] = {"vectors": self.vectors, "shifts": np.array(self.shifts, np.int32)}
        for name, layer in zip(LAYERS, self.layers, strict=True):
            found |= layer.arrays(name)
        return found

    def bounds(self) -> list[tuple[str, int, int]]:
        """Each sum's name, the greatest magnitude any tokens give it, and what its type can hold."""
        vectors, compared_shift = self.vectors.astype(np.int64), self.shifts[0]
        sizes = [np.abs(layer.weights.astype(np.int64)) for layer in self.layers]
        compared = (int((vectors**2).sum(axis=1).max(initial=0)) >> compared_shift) + 1
        # what is attended to lies between the vectors, but for the rounding of each of its numbers
        said = np.abs(vectors @ self.hidden.weights.T.astype(np.int64)).max(axis=0, initial=0)
        attended = (said << SHARE_BITS >> self.shifts[1]) + 1 + sizes[1].sum(axis=1)
        whole, units = 1 << SHARE_BITS >> self.shifts[2], len(self.hidden.bias)
        if self.activation == "softmax":  # its shares add up to 1 at most
            kept = sizes[2].max(axis=1, initial=0) * (whole + units)
        else:
            kept = sizes[2].sum(axis=1) * (whole + 1)
        return [
            ("comparison", compared, _INT16),
            ("attention layer", self.attention.bound(sizes[0].sum(axis=1) * compared), _INT32),
            ("hidden layer", self.hidden.bound(attended), _INT32),
            ("output layer", self.output.bound(kept), _INT32),
            ("sum of exponentials", (len(self.output.bias) + 1) << SHARE_BITS, _INT32),
        ]

    def logits(self, window: Tokens) -> npt.NDArray[np.int32]:
        """(N, C) with `LOGIT_BITS` fractional bits, from (N, K) tokens, newest first, `EMPTY` where there are none.

        Raises `ValueError` for a token that does not exist, or a window without one.
        """
        if ((window < EMPTY) | (window >= len(self.vectors))).any() or (window[:, 0] == EMPTY).any():
            raise ValueError(f"tokens should be from 0 to {len(self.vectors) - 1}, the newest not empty")
        block = self.vectors[np.maximum(window, 0)].astype(np.int64) * (window != EMPTY)[..., np.newaxis]  # (N, K, D)
        attended = halved(np.einsum("nk,nkd->nd", self.shares(window, block), block), self.shifts[1])
        hidden = halved(self._activate(_int16(self.hidden(attended))), self.shifts[2])
        return self.output(hidden).astype(np.int32)

    def shares(self, window: Tokens, block: Ints) -> npt.NDArray[np.int64]:
        """(N, K): the attention that each position has, `SHARE_BITS` fractional bits."""
        compared = halved(np.einsum("nd,nkd->nk", block[:, 0], block), self.shifts[0])
        logits = _int16(self.attention(compared))
        shares = np.zeros(window.shape, np.int64)
        for count in np.unique((window != EMPTY).sum(axis=1)).tolist():
            rows = (window != EMPTY).sum(axis=1) == count
            shares[rows, :count] = _shares(logits[rows, :count])
        return shares

    def probabilities(self, window: Tokens) -> npt.NDArray[np.int32]:
        """(N, C) with 15 fractional bits."""
        return softmax_of(self.logits(window))

    def _activate(self, sums: Ints) -> npt.NDArray[np.int64]:
        if self.activation == "softmax":
            return _shares(sums)
        if self.activation == "tanh":
            return tanh_of(sums)
        return np.maximum(sums, 0) if self.activation == "relu" else sums.astype(np.int64)

    @property
    def stored_bytes(self) -> int:
        """Vectors, weights, a multiplier of 8 bits and a bias of 16 for each row."""
        return self.vectors.nbytes + sum(layer.weights.nbytes + 3 * len(layer.bias) for layer in self.layers)


def refuse(architecture: Architecture) -> None:
    """Raises `ValueError`, naming the part, for an architecture that has no streaming form in integers."""
    a = architecture
    beside = {"radial": a.radial, "document": a.document, "recall": a.recall}
    for name, there in beside.items():
        if there:
            raise ValueError(f"a block with a {name} context beside it has no integer form")
    if not a.block or not a.hidden:
        raise ValueError(f"a {'block' if not a.block else 'hidden layer'} of size 0 has no streaming integer form")
    if not a.summed:
        raise ValueError("a block that is concatenated has no integer form; one that is summed has")


def halved(values: Ints, bits: int) -> npt.NDArray[np.int64]:
    """Divided by `2^bits`, rounded to nearest, halves up.

    >>> halved(np.array([3, -3, 5]), 1).tolist(), halved(np.array([3]), 0).tolist()
    ([2, -1, 3], [3])
    """
    rounded: npt.NDArray[np.int64] = (values.astype(np.int64) + ((1 << bits) >> 1)) >> bits
    return rounded


def _shares(logits: Ints) -> npt.NDArray[np.int64]:
    """(N, n) `LOGIT_BITS` fractional bits in, `SHARE_BITS` out."""
    return np.minimum(softmax_of(logits.astype(np.int32)), _INT16).astype(np.int64)


def _int16(values: Ints) -> npt.NDArray[np.int64]:
    return np.clip(values, -_INT16 - 1, _INT16).astype(np.int64)
