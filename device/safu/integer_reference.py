"""The model in integers: the arithmetic that every export must equal, bit by bit.

A command's features, in halves (`UNITS`), meet int8 weights in an int32 sum; a multiplier and a shift make it an int16
activation of 11 fractional bits; tanh and exp are looked up, with straight lines between; the softmax divides integers.
There is no float from the words to the probabilities. *Why nothing overflows* is computed from the weights themselves
when a model is made (`IntegerModel`): each bound is the greatest sum that any admissible input can reach.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from device.safu.model import Architecture

Ints = npt.NDArray[np.integer]
UNITS = 2
"""One feature of a one-hot code; a hashed one has half on each of two rows."""
MAX_UNITS = 16_384
"""Of one command, all features together; what comes later is left out."""
MAX_WORDS = 64
ACTIVATION_BITS = 11
TANH_BITS = 15
LOGIT_BITS = 10
"""Fractional bits of sums before the activation, of tanh, of logits."""
TANH_STEP, TANH_STEPS = 5, 256
"""Bits between two entries of the table, and entries: from 0 to 4."""
POWER_STEP, POWER_STEPS = 10, 64
"""The same for powers of 2: of 16 bits behind the point, from 0 to -1."""
HALVINGS = round(2**16 / math.log(2))
"""Of one nat, 16 fractional bits."""
EXP_REACH = 16 << LOGIT_BITS
"""Logits this far behind the greatest, and all beyond, are taken for one less."""
_INT32 = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Factors:
    """Real factors `multiplier / 2^shift`."""

    multipliers: npt.NDArray[np.int32]
    shifts: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class IntegerModel:
    """Weights in integers. Raises `ValueError` if a sum could overflow."""

    activation: Literal["tanh", "relu", "linear"]
    inputs: npt.NDArray[np.int8]
    """(H, b)"""
    input_factors: Factors
    hidden_bias: npt.NDArray[np.int32]
    """(H,)"""
    outputs: npt.NDArray[np.int8]
    """(C, H)"""
    output_factors: Factors
    bias: npt.NDArray[np.int32]
    """(C,)"""

    def __post_init__(self) -> None:
        for name, bound, limit in self.bounds():
            if bound > limit:
                raise ValueError(f"the {name} could reach {bound}, more than {limit}")

    @classmethod
    def of_arrays(cls, architecture: Architecture, arrays: Mapping[str, npt.NDArray[Any]]) -> IntegerModel:
        """The model of the arrays that `arrays` gave. Raises `ValueError` for any that does not fit."""
        a = architecture
        if a.activation not in ("tanh", "relu", "linear"):
            raise ValueError(f"{a.activation} has no integer form")
        if a.block or a.radial or a.recall:
            raise ValueError("only models of the document context have an integer form")
        shapes = {
            "inputs": (a.hidden, a.document),
            "input_multipliers": (a.hidden,),
            "input_shifts": (a.hidden,),
            "hidden_bias": (a.hidden,),
            "outputs": (a.outputs, a.hidden),
            "output_multipliers": (a.outputs,),
            "output_shifts": (a.outputs,),
            "bias": (a.outputs,),
        }
        if arrays.keys() != shapes.keys() or not a.hidden:
            raise ValueError(f"a model of integers has {', '.join(shapes)}")
        for name, shape in shapes.items():
            kind = np.int8 if name in ("inputs", "outputs") else np.int32
            if arrays[name].shape != shape or arrays[name].dtype != kind:
                raise ValueError(f"{name} should be of shape {shape}, {kind.__name__}")
        for layer in ("input", "output"):
            multipliers, shifts = arrays[f"{layer}_multipliers"], arrays[f"{layer}_shifts"]
            if ((multipliers < 0) | (multipliers >= 2**15) | (shifts < 1) | (shifts > 46)).any():
                raise ValueError(f"the factors of the {layer}s are out of range")
        return cls(
            a.activation,
            arrays["inputs"],
            Factors(arrays["input_multipliers"], arrays["input_shifts"]),
            arrays["hidden_bias"],
            arrays["outputs"],
            Factors(arrays["output_multipliers"], arrays["output_shifts"]),
            arrays["bias"],
        )

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All of its numbers, by name."""
        return {
            "inputs": self.inputs,
            "input_multipliers": self.input_factors.multipliers,
            "input_shifts": self.input_factors.shifts,
            "hidden_bias": self.hidden_bias,
            "outputs": self.outputs,
            "output_multipliers": self.output_factors.multipliers,
            "output_shifts": self.output_factors.shifts,
            "bias": self.bias,
        }

    def bounds(self) -> list[tuple[str, int, int]]:
        """Each sum's name, the greatest magnitude any admissible input gives it, and what its type can hold."""
        widest = int(np.abs(self.inputs.astype(np.int64)).max(initial=0))
        first = MAX_UNITS * widest
        scaled = first * int(self.input_factors.multipliers.max(initial=0)) + 2**45
        rows = np.abs(self.outputs.astype(np.int64)).sum(axis=1)
        second = 2**15 * int(rows.max(initial=0))
        logits = second * int(self.output_factors.multipliers.max(initial=0)) + 2**45
        total = (len(self.bias) + 1) << 15
        return [
            ("sum of inputs", first, _INT32),
            ("sum of inputs times its factor", scaled, 2**63 - 1),
            ("hidden bias", int(np.abs(self.hidden_bias.astype(np.int64)).max(initial=0)), _INT32 // 2),
            ("sum of hidden units", second, _INT32),
            ("sum of hidden units times its factor", logits, 2**63 - 1),
            ("bias", int(np.abs(self.bias.astype(np.int64)).max(initial=0)), _INT32 // 2),
            ("sum of exponentials", total, _INT32),
        ]

    def logits(self, units: Ints, words: Ints) -> npt.NDArray[np.int32]:
        """(N, C) with `LOGIT_BITS` fractional bits, from (N, b) features in `UNITS` and (N,) numbers of words."""
        return self._logits(units.astype(np.int64) @ self.inputs.T.astype(np.int64), words)

    def logits_of(self, rows: Ints, units: Ints, words: int) -> npt.NDArray[np.int32]:
        """(1, C) of one command from the rows of its features alone: the same, without the many zeros."""
        sums = self.inputs[:, rows].astype(np.int64) @ units.astype(np.int64)
        return self._logits(sums[np.newaxis], np.array([words]))

    def _logits(self, sums: npt.NDArray[np.int64], words: Ints) -> npt.NDArray[np.int32]:
        sums = _times(sums, self.input_factors)  # (N, H); before, within int32
        sums = _shift(sums * rooted()[np.clip(words, 1, MAX_WORDS)][:, np.newaxis], 15) + self.hidden_bias
        hidden = np.clip(sums, -32_768, 32_767)
        if self.activation == "tanh":
            hidden = tanh_of(hidden)
        elif self.activation == "relu":
            hidden = np.maximum(hidden, 0)
        scaled = _times(hidden @ self.outputs.T.astype(np.int64), self.output_factors) + self.bias
        logits: npt.NDArray[np.int32] = np.clip(scaled, -_INT32, _INT32).astype(np.int32)
        return logits

    def probabilities(self, units: Ints, words: Ints) -> npt.NDArray[np.int32]:
        """(N, C) with 15 fractional bits."""
        return softmax_of(self.logits(units, words))

    def probabilities_of(self, rows: Ints, units: Ints, words: int) -> npt.NDArray[np.int32]:
        """(1, C) with 15 fractional bits: a `Backend`, in numpy."""
        return softmax_of(self.logits_of(rows, units, words))

    @property
    def stored_bytes(self) -> int:
        """Weights, factors, biases and tables: all but the code of the features."""
        weights = sum(array.nbytes for array in (self.inputs, self.outputs))
        biases = self.hidden_bias.nbytes + self.bias.nbytes
        factors = 3 * (len(self.input_factors.shifts) + len(self.output_factors.shifts))  # 15 bits and a shift
        tables = sum(table.nbytes for table in (tanh_table(), power_table())) // 2 + 2 * MAX_WORDS  # 16 bits each
        return weights + biases + factors + tables


def tanh_of(sums: Ints) -> npt.NDArray[np.int64]:
    """`ACTIVATION_BITS` fractional bits in, `TANH_BITS` out: a table from 0 to 4, then 1 - 2 exp(-2x), as good as tanh.

    >>> (tanh_of(np.array([0, 2048, -2048])) / 2**15).round(3).tolist()
    [0.0, 0.762, -0.762]
    """
    size, reach = np.abs(sums.astype(np.int64)), TANH_STEPS << TANH_STEP
    near = _interpolate(tanh_table(), np.minimum(size, reach - 1), TANH_STEP)
    far = 2**TANH_BITS - np.maximum(2 * exp_of(size), 1)  # x of ACTIVATION_BITS is 2x of LOGIT_BITS
    bent: npt.NDArray[np.int64] = np.sign(sums) * np.where(size < reach, near, far)
    return bent


def softmax_of(logits: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """(N, C) `LOGIT_BITS` fractional bits in, 15 out; the sum is 2^15 less what rounding down takes.

    >>> softmax_of(np.array([[1024, 0]], np.int32)).tolist()  # 1 nat apart: 0.731, 0.269
    [[23954, 8813]]
    """
    exponentials = exp_of(logits.max(axis=1, keepdims=True).astype(np.int64) - logits)
    shares: npt.NDArray[np.int32] = ((exponentials << 15) // exponentials.sum(axis=1, keepdims=True)).astype(np.int32)
    return shares


def exp_of(behind: Ints) -> npt.NDArray[np.int64]:
    """exp(-behind) of `LOGIT_BITS` fractional bits, none negative, with 15: a power of 2, its fraction from a table.

    >>> exp_of(np.array([0, 1024, 2**30])).tolist()
    [32767, 12055, 0]
    """
    halvings = np.minimum(behind, EXP_REACH - 1).astype(np.int64) * HALVINGS  # of LOGIT_BITS + 16 fractional bits
    whole, rest = halvings >> (LOGIT_BITS + 16), (halvings >> LOGIT_BITS) & 0xFFFF
    halved: npt.NDArray[np.int64] = (_interpolate(power_table(), rest, POWER_STEP) + (1 << whole >> 1)) >> whole
    return halved


@cache
def rooted() -> npt.NDArray[np.int64]:
    """(MAX_WORDS + 1,): 1 / sqrt(n) with 15 fractional bits; of 0 that of 1."""
    roots: npt.NDArray[np.int64] = np.rint(2**15 / np.sqrt(np.maximum(np.arange(MAX_WORDS + 1), 1))).astype(np.int64)
    return roots


@cache
def tanh_table() -> npt.NDArray[np.int32]:
    """(257,): `TANH_BITS` fractional bits, every 32 of a sum."""
    points = np.arange(TANH_STEPS + 1) * 2.0**TANH_STEP / 2.0**ACTIVATION_BITS
    return _int16(np.tanh(points) * 2**TANH_BITS)


@cache
def power_table() -> npt.NDArray[np.int32]:
    """(65,): 2 to the power of 0 to -1, 15 fractional bits."""
    return _int16(2.0 ** (15 - np.arange(POWER_STEPS + 1) / POWER_STEPS))


def _int16(reals: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    nearest: npt.NDArray[np.int32] = np.minimum(np.rint(reals), 32_767).astype(np.int32)
    return nearest


def _interpolate(table: npt.NDArray[np.int32], size: Ints, step: int) -> npt.NDArray[np.int64]:
    place, rest = size >> step, size & ((1 << step) - 1)
    low = table[place].astype(np.int64)
    between: npt.NDArray[np.int64] = low + _shift((table[place + 1] - low) * rest, step)
    return between


def _times(sums: npt.NDArray[np.int64], factors: Factors) -> npt.NDArray[np.int64]:
    return _shift(sums * factors.multipliers, factors.shifts)


def _shift(values: npt.NDArray[np.int64], bits: int | Ints) -> npt.NDArray[np.int64]:
    """Right by `bits` >= 1, rounded to nearest, halves up."""
    half = np.left_shift(np.int64(1), np.asarray(bits, np.int64) - 1)
    shifted: npt.NDArray[np.int64] = (values + half) >> bits
    return shifted
