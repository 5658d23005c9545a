"""Matrices of eight bits as a chip multiplies them: rows interleaved by four, two rows and two columns in a word.

Of the rows a, b, c, d a chip reads the columns 0 and 1 as the bytes `a0 b0 a1 b1` and `c0 d0 c1 d1`, then the columns 2
and 3, and so on. A half word is thus `256 b + a`; where a sum of half words times x and one of their upper bytes times
x are known, both rows are: the lower row is `first - 256 second`, whatever overflowed between, because both are exact
modulo 2^32. For that the lower bytes, of the rows a and c, are stored without a sign, 128 more than they are, and
`128 sum(x)` is taken off at the end. It takes three instructions for four products where there is a SMLAD
(`firmware_export/runtime/safu_kernels.c`). Rows and columns are padded with zeros to multiples of four.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Int8 = npt.NDArray[np.int8]
Bytes = npt.NDArray[np.uint8]
_SIGNLESS = np.array([128, 0, 128, 0], np.uint8).reshape(1, 4, 1)
"""What is added to each of four rows, modulo 256."""


def interleave(weights: Int8) -> Bytes:
    """(padded rows * padded columns,) bytes of a matrix (rows, columns).

    >>> interleave(np.array([[1, 2], [3, 4], [5, 6], [-7, 8]], np.int8))[:8].tolist()
    [129, 3, 130, 4, 133, 249, 134, 8]
    """
    rows, columns = padded(weights.shape[0]), padded(weights.shape[1])
    whole = np.zeros((rows // 4, 4, columns), np.uint8)
    whole.reshape(rows, columns)[: weights.shape[0], : weights.shape[1]] = weights.view(np.uint8)
    paired = (whole + _SIGNLESS).reshape(rows // 4, 2, 2, columns // 2, 2)  # group, pair, row, pair of columns, column
    return paired.transpose(0, 3, 1, 4, 2).reshape(-1)


def deinterleave(data: Bytes, rows: int, columns: int) -> Int8:
    """The matrix (rows, columns) of these bytes. Raises `ValueError` for other lengths, or padding of weight."""
    wide = padded(columns)
    if len(data) != padded(rows) * wide:
        raise ValueError(f"{len(data)} bytes are no matrix of {rows} rows and {columns} columns")
    paired = data.reshape(-1, wide // 2, 2, 2, 2).transpose(0, 2, 4, 1, 3).reshape(-1, 4, wide)
    whole = (paired - _SIGNLESS).reshape(-1, wide).view(np.int8)
    if whole[rows:].any() or whole[:, columns:].any():
        raise ValueError("the padding of a matrix should be zero")
    return np.ascontiguousarray(whole[:rows, :columns])


def padded(count: int) -> int:
    """The next multiple of four.

    >>> padded(0), padded(5)
    (0, 8)
    """
    return -(-count // 4) * 4
