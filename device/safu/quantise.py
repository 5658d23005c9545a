"""Weights in eight bits, and real factors as integers: how a trained model becomes one of integers alone.

Every row of a weight matrix, the weights of one unit, has a scale of its own, symmetric, so that the greatest is 127
(as in TensorFlow Lite's specification for 8 bits). A real factor is a 15-bit multiplier and a right shift. Nothing here
runs on the device: what does is `integer_reference.py`. Left out: contexts of vectors; a model with one is refused.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from device.safu.contexts import Floats
from device.safu.integer_reference import (
    ACTIVATION_BITS,
    LOGIT_BITS,
    TANH_BITS,
    UNITS,
    Factors,
    IntegerModel,
)
from device.safu.model import Architecture, Weights

Int8 = npt.NDArray[np.int8]


def quantise_rows(weights: Floats) -> tuple[Int8, Floats]:
    """(rows, columns) as int8 and (rows,) scales, so that `values * scale` is within half a scale of the weights.

    >>> values, scales = quantise_rows(np.array([[0.5, -1.0], [0.0, 0.0]]))
    >>> values.tolist(), (scales * 127).tolist()
    ([[64, -127], [0, 0]], [1.0, 127.0])
    """
    if not np.isfinite(weights).all():
        row, column = np.argwhere(~np.isfinite(weights))[0]
        raise ValueError(f"the weight in row {row}, column {column} is not finite")
    greatest = np.abs(weights).max(axis=1, initial=0)
    smallest = 127 * np.finfo(np.float64).tiny  # of a lesser one the scale would be 0 or lose its last bits
    scales = np.where(greatest >= smallest, greatest / 127, 1.0)
    return np.rint(weights / scales[:, np.newaxis]).astype(np.int8), scales


def factors_of(reals: Floats) -> Factors:
    """Positive factors as multipliers of 15 bits and shifts. Raises `ValueError` for one beyond 2^14.

    >>> found = factors_of(np.array([0.75, 3.0]))
    >>> (found.multipliers / 2.0 ** found.shifts).tolist()
    [0.75, 3.0]
    """
    mantissas, exponents = np.frexp(reals)
    if (exponents > 14).any():
        raise ValueError(f"a factor of {reals.max()} is too great for integers")
    multipliers = np.minimum(np.rint(mantissas * 2**15), 2**15 - 1).astype(np.int32)
    return Factors(multipliers, np.minimum(15 - exponents, 46).astype(np.int32))


def quantise(architecture: Architecture, weights: Weights) -> IntegerModel:
    """The model in integers. Raises `ValueError` for parts that have no integer form, or whose sums could overflow."""
    a = architecture
    if a.block or a.radial or a.recall:
        raise ValueError("only models of the document context have an integer form")
    if not a.hidden or a.activation == "softmax":
        raise ValueError(f"a hidden layer of {a.hidden or 'no'} units, {a.activation}, has no integer form")
    arrays = weights.arrays()
    inputs, input_scales = quantise_rows(arrays["document"].T.astype(np.float64))
    outputs, output_scales = quantise_rows(arrays["output"].T.astype(np.float64))
    hidden_one = 2.0 ** (TANH_BITS if a.activation == "tanh" else ACTIVATION_BITS)
    return IntegerModel(
        activation=a.activation,
        inputs=inputs,
        input_factors=factors_of(input_scales * 2.0**ACTIVATION_BITS / UNITS),
        hidden_bias=np.rint(arrays["hidden_bias"] * 2.0**ACTIVATION_BITS).astype(np.int32),
        outputs=outputs,
        output_factors=factors_of(output_scales * 2.0**LOGIT_BITS / hidden_one),
        bias=np.rint(arrays["bias"] * 2.0**LOGIT_BITS).astype(np.int32),
    )
