"""Products in C are those of numpy, whatever overflows between."""

from __future__ import annotations

import ctypes
from ctypes import c_int32, c_uint32, c_void_p

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.safu.interleaved import interleave


def rows_of(chip: ctypes.CDLL, weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    data, sums = interleave(weights), np.zeros(len(weights), np.int32)
    columns, rows = (c_uint32(size) for size in (len(x), len(weights)))
    excess = c_int32(chip.safu_excess(c_void_p(x.ctypes.data), columns))
    at = [c_void_p(array.ctypes.data) for array in (data, x, sums)]
    chip.safu_rows(at[0], at[1], columns, excess, at[2], rows)
    return sums


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 40), st.booleans())
def test_rows_are_numpys(chip: ctypes.CDLL, seed: int, groups: int, fours: int, extreme: bool) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.integers(-128, 128, (4 * groups, 4 * fours)).astype(np.int8)
    x = rng.integers(-32_768, 32_768, 4 * fours).astype(np.int16)
    if extreme:
        weights[:], x[:] = rng.choice([-128, 127], (4 * groups, 1)), rng.choice([-32_768, 32_767])
    assert rows_of(chip, weights, x).tolist() == (weights.astype(np.int64) @ x).tolist()


class Layer(ctypes.Structure):
    """`safu_layer`"""

    _fields_ = (
        *((name, c_void_p) for name in ("weights", "multipliers", "bias")),
        *((name, ctypes.c_uint16) for name in ("rows", "columns")),
        ("shift", ctypes.c_uint8),
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 70), st.integers(1, 5), st.integers(1, 30))
def test_the_greatest_row_is_the_first_of_them(chip: ctypes.CDLL, seed: int, rows: int, fours: int, shift: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.integers(-9, 10, (rows, 4 * fours)).astype(np.int8)
    multipliers, bias = np.zeros(rows + 3, np.uint8), np.full(rows + 3, 32_767, np.int16)
    multipliers[:rows], bias[:rows] = rng.integers(1, 256, rows), rng.integers(-3, 4, rows) - 100
    x = rng.integers(-500, 500, 4 * fours).astype(np.int16)
    ends = ((weights.astype(np.int64) @ x * multipliers[:rows] + (1 << shift >> 1)) >> shift) + bias[:rows]
    data = interleave(weights)
    layer = Layer(data.ctypes.data, multipliers.ctypes.data, bias.ctypes.data, rows, 4 * fours, shift)
    excess = c_int32(chip.safu_excess(c_void_p(x.ctypes.data), c_uint32(4 * fours)))
    assert chip.safu_greatest(ctypes.byref(layer), c_void_p(x.ctypes.data), excess) == ends.argmax()


def test_a_dot_is_numpys(chip: ctypes.CDLL) -> None:
    a, b = np.random.default_rng(3).integers(-128, 128, (2, 64)).astype(np.int8)
    at = [c_void_p(vector.ctypes.data) for vector in (a, b)]
    assert chip.safu_dot(*at, c_uint32(64)) == int(a.astype(np.int64) @ b)
