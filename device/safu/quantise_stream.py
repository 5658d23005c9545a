"""A trained streaming model in integers: scales that eight bits can say, and as much precision as 32 bits hold.

The scale of a row is chosen among the multiples `m / 2^shift`, m from 1 to 255, before its weights are rounded, so it
is exact. What all outputs of a softmax have in common says nothing and is taken off first. Activations keep all bits
that no sum overflows with. Nothing here runs on the device: what does is `integer_stream.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from device.safu.contexts import Floats
from device.safu.integer_reference import ACTIVATION_BITS, LOGIT_BITS, TANH_BITS
from device.safu.integer_stream import SHARE_BITS, BoundError, IntegerStream, Layer, refuse
from device.safu.model import Architecture, Weights

_LOSES = {"comparison": 0, "attention layer": 0, "hidden layer": 1, "output layer": 2}
"""Which shift grows where a sum could overflow."""
_LEAST, _MOST = (0, 7, 0), 15
"""Shifts; an attended sum of int8 vectors loses 7 bits to fit 16."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A layer in floats: (rows, columns) and (rows,)."""

    weights: Floats
    bias: Floats


def quantise_stream(architecture: Architecture, weights: Weights) -> IntegerStream:
    """The model in integers. Raises `ValueError`, naming it, for a part that has no integer form or could overflow."""
    refuse(architecture)
    for name, array in weights.arrays().items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name} has numbers that are not finite")
    shifts = list(_LEAST)
    while True:
        try:
            return _with_shifts(architecture, weights, (shifts[0], shifts[1], shifts[2]))
        except BoundError as error:
            if error.name not in _LOSES or shifts[_LOSES[error.name]] == _MOST:
                raise
            shifts[_LOSES[error.name]] += 1


def _with_shifts(architecture: Architecture, weights: Weights, shifts: tuple[int, int, int]) -> IntegerStream:
    a, arrays = architecture, {name: array.astype(np.float64) for name, array in weights.arrays().items()}
    step = max(float(np.abs(arrays["vectors"]).max()), 1e-30) / 127
    bits = LOGIT_BITS if a.activation == "softmax" else ACTIVATION_BITS
    one = {"softmax": SHARE_BITS, "tanh": TANH_BITS}.get(a.activation, ACTIVATION_BITS) - shifts[2]
    attention = arrays.get("attention", np.zeros((a.block, a.block)))
    hidden = _Row(arrays["block"][0].T, arrays["hidden_bias"])
    return IntegerStream(
        activation=a.activation,
        vectors=np.rint(arrays["vectors"] / step).astype(np.int8),
        shifts=shifts,
        attention=_layer(_centred(_Row(attention.T, np.zeros(a.block))), step**2 * 2.0 ** shifts[0], LOGIT_BITS),
        hidden=_layer(
            _centred(hidden) if a.activation == "softmax" else hidden,
            step * a.scale * 2.0 ** (shifts[1] - SHARE_BITS),
            bits,
        ),
        output=_layer(_centred(_Row(arrays["output"].T, arrays["bias"])), 2.0**-one, LOGIT_BITS),
    )


def _centred(row: _Row) -> _Row:
    """Less what all rows have in common."""
    return replace(row, weights=row.weights - row.weights.mean(axis=0), bias=row.bias - row.bias.mean())


def _layer(row: _Row, unit: float, bits: int) -> Layer:
    """For inputs that stand for `unit` each, outputs of so many fractional bits."""
    needed = np.abs(row.weights).max(axis=1, initial=0) / 127 * unit * 2.0**bits
    shift = int(np.clip(np.floor(np.log2(255 / max(float(needed.max(initial=0)), 1e-30))), 0, 30))
    if needed.max(initial=0) * 2.0**shift > 255 or shift < 1:
        raise ValueError("the weights are too great for integers")
    multipliers = np.clip(np.ceil(needed * 2.0**shift), 1, 255).astype(np.int32)
    steps = multipliers / 2.0 ** (shift + bits) / unit  # what 1 in a row stands for
    return Layer(
        np.clip(np.rint(row.weights / steps[:, np.newaxis]), -127, 127).astype(np.int8),
        multipliers,
        shift,
        _bias(row.bias * 2.0**bits),
    )


def _bias(values: Floats) -> npt.NDArray[np.int32]:
    if (np.abs(values) > 2**15 - 1).any():
        raise ValueError(f"a bias of {np.abs(values).max():.0f} does not fit 16 bits")
    return np.rint(values).astype(np.int32)
