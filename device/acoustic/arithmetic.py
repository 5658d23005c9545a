"""Integers as a chip has them: rounded shifts, logarithms and exponentials by small tables.

Left out: floats. The tables are made with them, once, and are the same on every machine; nothing else is.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer[Any]]
Int64s = npt.NDArray[np.int64]
STEPS = 8
"""Steps to a doubling of energy: one is 0.376 dB. Levels are counted in them."""
LOG_BITS = 8
"""Fractional bits of `log2_of`."""


def decibels(db: float) -> int:
    """So many decibels in steps.

    >>> decibels(25), decibels(-3.01)
    (66, -8)
    """
    return round(db * STEPS / (10 * math.log10(2)))


def rounded(reals: npt.NDArray[np.floating[Any]]) -> Int64s:
    """To nearest: for tables."""
    whole: Int64s = np.rint(reals).astype(np.int64)
    return whole


def shift_right(values: Ints, bits: int | Ints) -> Int64s:
    """Divide by 2^bits and round to nearest, halves up.

    >>> shift_right(np.array([5, 6, -6, -7]), 2).tolist()
    [1, 2, -1, -2]
    """
    half = np.left_shift(np.int64(1), np.asarray(bits, np.int64)) >> 1
    shifted: Int64s = (values.astype(np.int64) + half) >> bits
    return shifted


def steps_of(energies: Ints) -> Int64s:
    """`STEPS * log2`, rounded to nearest, of energies below 2^32; of 0 it is that of 1.

    >>> steps_of(np.array([0, 1, 2, 3, 1000, 2**32 - 1])).tolist()
    [0, 0, 8, 13, 80, 256]
    """
    exponents, mantissas = _normalised(energies)
    steps: Int64s = STEPS * exponents + np.searchsorted(_borders(), mantissas, side="right")
    return steps


def log2_of(values: Ints) -> Int64s:
    """log2 with `LOG_BITS` fractional bits of values below 2^32; of 0 it is that of 1.

    >>> (log2_of(np.array([1, 2, 4, 1000])) / 256).round(1).tolist()
    [0.0, 1.0, 2.0, 10.0]
    """
    exponents, mantissas = _normalised(values)
    logarithms: Int64s = (exponents << LOG_BITS) + _log_table()[(mantissas >> 7) - 256]
    return logarithms


def sum_of(levels: Ints, others: Ints) -> Int64s:
    """The level of two sounds together, from the level of each.

    >>> sum_of(np.array([80, 80, 80]), np.array([80, 72, 0])).tolist()
    [88, 85, 80]
    """
    apart = np.abs(np.asarray(levels, np.int64) - others)
    added: Int64s = np.maximum(levels, others) + _sum_table()[np.minimum(apart, len(_sum_table()) - 1)]
    return added


def rest_of(levels: Ints, others: Ints) -> Int64s:
    """The level of a sound without another that is in it; 0 where there is no more than the other.

    >>> rest_of(np.array([88, 85, 80, 70]), np.array([80, 72, 80, 80])).tolist()
    [80, 80, 0, 0]
    """
    apart = np.asarray(levels, np.int64) - others
    rest: Int64s = np.maximum(levels - _rest_table()[np.clip(apart, 0, len(_rest_table()) - 1)], 0)
    return rest


def floor_log2(values: Ints) -> Int64s:
    """Number of the highest bit that is set, of values from 1 to 2^53.

    >>> floor_log2(np.array([1, 2, 3, 4, 2**32 - 1])).tolist()
    [0, 1, 1, 2, 31]
    """
    highest: Int64s = np.frexp(values.astype(np.float64))[1].astype(np.int64) - 1
    return highest


def _normalised(values: Ints) -> tuple[Int64s, Int64s]:
    """floor(log2) and the mantissa with 15 fractional bits, 2^15 to 2^16 - 1."""
    wide = np.maximum(np.asarray(values, np.int64), 1)
    exponents = floor_log2(wide)
    mantissas = np.where(exponents > 15, wide >> np.maximum(exponents - 15, 0), wide << np.maximum(15 - exponents, 0))
    return exponents, mantissas


@cache
def _borders() -> Int64s:
    """(STEPS,): from which mantissa on the next step is nearer."""
    return rounded(np.ceil(2.0 ** (15 + (np.arange(STEPS) + 0.5) / STEPS)))


@cache
def _log_table() -> Int64s:
    """(256,): log2 of 1 to 2."""
    return rounded(np.log2(1 + (np.arange(256) + 0.5) / 256) * 2**LOG_BITS)


@cache
def _sum_table() -> Int64s:
    """What a second sound adds that is 0, 1, 2, ... steps below the first; the last entry is 0."""
    return rounded(STEPS * np.log2(1 + 2.0 ** (-np.arange(37) / STEPS)))


@cache
def _rest_table() -> Int64s:
    """What a sound loses with another that is 0, 1, 2, ... steps below both together; all of it, if it was the same."""
    return np.concatenate([[255], rounded(-STEPS * np.log2(1 - 2.0 ** (-np.arange(1, 38) / STEPS)))])
