"""Products in C are those of numpy, whatever overflows between."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.safu.interleaved import interleave
from tests.firmware.compiled import COMPILERS, runtime


def four_rows(compiler: str, weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    data, sums = interleave(weights), np.zeros(4, np.int32)
    library = runtime(compiler)
    x_at, columns = x.ctypes.data_as(ctypes.c_void_p), ctypes.c_uint32(len(x))
    excess = ctypes.c_int32(library.safu_excess(x_at, columns))
    library.safu_four_rows(
        data.ctypes.data_as(ctypes.c_void_p), x_at, columns, excess, sums.ctypes.data_as(ctypes.c_void_p)
    )
    return sums


def drawn(seed: int, columns: int, extreme: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    weights = rng.integers(-128, 128, (4, columns)).astype(np.int8)
    x = rng.integers(-32_768, 32_768, columns).astype(np.int16)
    if extreme:
        weights[:], x[:] = rng.choice([-128, 127], (4, 1)), rng.choice([-32_768, 32_767])
    return weights, x


@pytest.mark.parametrize("compiler", COMPILERS)
@settings(deadline=None)  # the first call compiles
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.booleans())
def test_four_rows_are_numpys(compiler: str, seed: int, fours: int, extreme: bool) -> None:
    weights, x = drawn(seed, 4 * fours, extreme)
    assert four_rows(compiler, weights, x).tolist() == (weights.astype(np.int64) @ x).tolist()


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_dot_is_numpys(compiler: str) -> None:
    a, b = drawn(3, 64, False)[0][:2]
    at = [v.ctypes.data_as(ctypes.c_void_p) for v in (a, b)]
    assert runtime(compiler).safu_dot(*at, ctypes.c_uint32(64)) == int(a.astype(np.int64) @ b)
