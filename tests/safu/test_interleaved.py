"""The layout of a chip's matrices and its inverse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from device.safu.interleaved import deinterleave, interleave

SHAPES = st.tuples(st.integers(0, 9), st.integers(1, 9))


@given(SHAPES.flatmap(lambda shape: arrays.arrays(np.int8, shape)))
def test_what_was_interleaved_comes_back(weights: np.ndarray) -> None:
    data = interleave(weights)
    assert data.dtype == np.uint8
    assert len(data) % 16 == 0
    assert (deinterleave(data, *weights.shape) == weights).all()


def test_what_is_no_matrix_is_refused() -> None:
    data = interleave(np.ones((4, 4), np.int8))
    with pytest.raises(ValueError, match="15 bytes are no matrix of 4 rows and 4 columns"):
        deinterleave(data[:-1], 4, 4)
    with pytest.raises(ValueError, match="padding of a matrix should be zero"):
        deinterleave(data, 3, 4)
