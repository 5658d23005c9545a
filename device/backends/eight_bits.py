"""The model with activations of eight bits, as a full-int8 `.tflite` file has them, and what LiteRT makes of it.

The weights stay as they are, a scale for every unit. What is between the layers has eight bits instead of sixteen:

    input     units * round(63 / sqrt(words)), at most 255, less 128: the root is folded in as whole steps a unit, so
              features keep their proportions and only the loudness of a sentence is rounded, by 2 % at twelve words;
              of a single word, what it has more than twice counts twice
    sums      1/32 each, from -4 to 4, where tanh is 0.999
    tanh      1/128 each, as TensorFlow Lite prescribes
    logits    from a quarter as far below the least bias as the weights can reach, which only unlikely actions ever
              leave, to all that they can reach above the greatest

`logits` is TensorFlow Lite's arithmetic with a single rounding: the int32 sum times a multiplier of 31 bits, shifted
right once, halves up. LiteRT does so; tflite-runtime and TensorFlow Lite Micro round twice, and a few outputs in a
thousand differ by one. Left out: the file itself (`litert.py`); relu and linear layers, whose range nothing limits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.errors import BackendError
from device.safu.integer_reference import (
    ACTIVATION_BITS,
    LOGIT_BITS,
    MAX_WORDS,
    TANH_BITS,
    UNITS,
    Factors,
    IntegerModel,
    Ints,
)

Int8 = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float32]
Reals = npt.NDArray[np.float64]
_LOUDEST = 63
"""Steps of a unit in a command of one word."""
INPUT_SCALE, INPUT_ZERO = np.float32(1 / (UNITS * _LOUDEST)), -128
SUM_SCALE, HIDDEN_SCALE = np.float32(1 / 32), np.float32(1 / 128)
"""Real number of a step; zero is zero."""
_LEAST_SCALE = 2.0**-16
"""Of weights; with a lesser one the bias would not fit."""
_LARGEST_BIAS = 2**30
_BELOW = 0.25
"""Share of the reach of the weights below the least bias that logits have a step for."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Sums of int8 products, and the real number that each of its steps is worth."""

    weights: Int8
    """(units, inputs)"""
    scales: Floats
    """(units,): of the weights."""
    bias: npt.NDArray[np.int32]
    """(units,): in steps of the input times steps of the weights."""


@dataclass(frozen=True, slots=True)
class EightBits:
    """The model that the file holds."""

    hidden: Layer
    output: Layer
    logit_scale: np.float32
    logit_zero: int

    @classmethod
    def of(cls, model: IntegerModel) -> EightBits:
        """Raises `BackendError` for an activation that eight bits do not hold."""
        if model.activation != "tanh":
            raise BackendError(f"its activation {model.activation} has no form in eight bits, only tanh has")
        input_scales = _real(model.input_factors) * UNITS / 2**ACTIVATION_BITS
        hidden = _layer(model.inputs, input_scales, model.hidden_bias / 2**ACTIVATION_BITS, INPUT_SCALE)
        output_scales = _real(model.output_factors) * 2.0 ** (TANH_BITS - LOGIT_BITS)
        output = _layer(model.outputs, output_scales, model.bias / 2**LOGIT_BITS, HIDDEN_SCALE)
        bias, weights = (each * output.scales for each in (output.bias * HIDDEN_SCALE, output.weights.T))
        reach = np.abs(weights).sum(axis=0)
        lowest, highest = float((bias - _BELOW * reach).min()), max(1.0, float((bias + reach).max()))
        scale = np.float32((highest - min(lowest, 0.0)) / 255)
        return cls(hidden, output, scale, round(-128 - min(lowest, 0.0) / float(scale)))

    def inputs(self, units: Ints, words: Ints | int) -> Int8:
        """Units, and the numbers of words, as the file takes them."""
        steps = np.rint(_LOUDEST / np.sqrt(np.clip(words, 1, MAX_WORDS))).astype(np.int64)
        inputs: Int8 = (np.minimum(units * steps, 255) + INPUT_ZERO).astype(np.int8)
        return inputs

    def logits(self, inputs: Int8) -> Int8:
        """(N, C) of (N, b) `inputs`: what LiteRT should answer."""
        heard = _rounded(_sums(self.hidden, inputs, INPUT_ZERO), INPUT_SCALE, self.hidden.scales, SUM_SCALE, 0)
        hidden = np.clip(np.rint(np.tanh(heard * float(SUM_SCALE)) / HIDDEN_SCALE), -128, 127).astype(np.int8)
        sums = _sums(self.output, hidden, 0)
        return _rounded(sums, HIDDEN_SCALE, self.output.scales, self.logit_scale, self.logit_zero)

    def integers(self, logits: Int8) -> npt.NDArray[np.int32]:
        """Logits of `LOGIT_BITS` fractional bits, from those of eight bits."""
        reals = (logits.astype(np.int32) - self.logit_zero) * float(self.logit_scale)
        nearest: npt.NDArray[np.int32] = np.rint(reals * 2**LOGIT_BITS).astype(np.int32)
        return nearest


def _real(factors: Factors) -> Reals:
    return factors.multipliers / 2.0**factors.shifts


def _layer(weights: Int8, scales: Reals, bias: Reals, input_scale: np.float32) -> Layer:
    """Weights too small for their scale take a larger one, and lose what is below it."""
    wide = np.maximum(scales, _LEAST_SCALE).astype(np.float32)
    fitting = np.rint(weights * np.minimum(scales / wide, 1.0)[:, np.newaxis]).astype(np.int8)
    steps = np.clip(np.rint(bias / (float(input_scale) * wide)), -_LARGEST_BIAS, _LARGEST_BIAS)
    return Layer(fitting, wide, steps.astype(np.int32))


def _sums(layer: Layer, inputs: Ints, zero: int) -> npt.NDArray[np.int64]:
    sums: npt.NDArray[np.int64] = (inputs.astype(np.int64) - zero) @ layer.weights.T.astype(np.int64) + layer.bias
    return sums


def _rounded(sums: npt.NDArray[np.int64], one: np.float32, scales: Floats, step: np.float32, zero: int) -> Int8:
    """Sums in units of `one * scales`, in units of `step` around `zero`: TensorFlow Lite's single rounding."""
    mantissas, exponents = np.frexp(float(one) * scales.astype(np.float64) / float(step))
    multipliers = np.rint(mantissas * 2**31).astype(np.int64)
    shifts = 31 - exponents.astype(np.int64)
    shifted = (sums * multipliers + np.left_shift(np.int64(1), shifts - 1)) >> shifts
    rounded: Int8 = np.clip(shifted + zero, -128, 127).astype(np.int8)
    return rounded
