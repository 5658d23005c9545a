"""The bit-cipher is a bijection onto sparse codes, fewest ones first."""

from __future__ import annotations

from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.safu.bit_cipher import MAX_ONES, UNITS, capacity, decipher, encipher


@pytest.mark.parametrize("bits", [4, 7, 9])
def test_every_code_is_used_once_in_order_of_ones(bits: int) -> None:
    codes = [encipher(rank, bits) for rank in range(capacity(bits))]
    brute_force = [set(c) for ones in range(1, MAX_ONES + 1) for c in combinations(range(bits), ones)]
    assert sorted(map(sorted, codes)) == sorted(map(sorted, brute_force))
    assert [len(code) for code in codes] == sorted(len(code) for code in codes)


@given(st.integers(4, 4096), st.data())
def test_decipher_inverts_encipher(bits: int, data: st.DataObject) -> None:
    rank = data.draw(st.integers(0, capacity(bits) - 1))
    code = encipher(rank, bits)
    assert decipher(code, bits) == rank
    assert len(set(code)) == len(code) <= MAX_ONES
    assert UNITS % len(code) == 0, "a code's mass divides evenly"


def test_a_rank_beyond_the_codes_is_refused() -> None:
    with pytest.raises(ValueError, match="no code of 4 bits"):
        encipher(capacity(4), 4)
    assert capacity(8) == sum(comb(8, k) for k in range(1, 5))
