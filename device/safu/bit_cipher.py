"""The bit-cipher (arXiv 2311.11012): ranks to codes of b bits, few ones, unit L1 norm.

The first b ranks are one-hot, the next b(b-1)/2 two-hot, then three-hot, and so on; a code with k ones carries
1/k on each. So a household of any vocabulary fits a table of b rows, exactly for its first b features and with
some sharing for the rest. Pairs are taken from the *last* bits backwards: late features share bits with each other
and with rare ones, before they touch the commonest. Left out: the dense noise vectors of the paper.
"""

from __future__ import annotations

from functools import cache, lru_cache
from math import comb

import numpy as np
import numpy.typing as npt

MAX_ONES = 4
UNITS = 12
"""The mass of one code in integer units: divisible by every number of ones up to `MAX_ONES`."""


@cache
def capacity(bits: int) -> int:
    """How many ranks have a code of at most `MAX_ONES` ones.

    >>> capacity(4)  # 4 one-hot + 6 two-hot + 4 three-hot + 1 four-hot
    15
    """
    return sum(comb(bits, ones) for ones in range(1, MAX_ONES + 1))


@lru_cache(maxsize=65_536)
def encipher(rank: int, bits: int) -> tuple[int, ...]:
    """The positions of the ones, ascending.

    Raises `ValueError` for a rank beyond `capacity(bits)`.

    >>> [encipher(rank, 4) for rank in (0, 3, 4, 5, 9, 10)]
    [(0,), (3,), (2, 3), (1, 3), (0, 1), (1, 2, 3)]
    """
    if not 0 <= rank < capacity(bits):
        raise ValueError(f"rank {rank} has no code of {bits} bits: there are {capacity(bits)}")
    for ones in range(1, MAX_ONES + 1):
        if rank < comb(bits, ones):
            break
        rank -= comb(bits, ones)
    if ones == 1:
        return (rank,)
    return tuple(sorted(bits - 1 - position for position in _combination(rank, ones)))


def decipher(code: tuple[int, ...], bits: int) -> int:
    """The rank of a code: the inverse of `encipher`.

    >>> all(decipher(encipher(rank, 6), 6) == rank for rank in range(capacity(6)))
    True
    """
    ones = len(code)
    before = sum(comb(bits, fewer) for fewer in range(1, ones))
    if ones == 1:
        return code[0]
    mirrored = sorted(bits - 1 - position for position in code)
    return before + sum(comb(position, k) for k, position in enumerate(mirrored, start=1))


def _combination(rank: int, ones: int) -> list[int]:
    """The rank-th set of `ones` numbers in colexicographic order (the combinatorial number system)."""
    chosen = []
    for k in range(ones, 0, -1):
        position = k - 1
        while comb(position + 1, k) <= rank:
            position += 1
        rank -= comb(position, k)
        chosen.append(position)
    return chosen


def codebook(size: int, bits: int) -> npt.NDArray[np.float32]:
    """(size, bits): the codes of the first ranks, unit sum. Raises `ValueError` if there are more than codes.

    >>> codebook(4, 3).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.5, 0.5]]
    """
    codes = np.zeros((size, bits), np.float32)
    for rank in range(size):
        ones = list(encipher(rank, bits))
        codes[rank, ones] = 1 / len(ones)
    return codes
