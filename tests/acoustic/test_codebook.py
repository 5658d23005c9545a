"""The code of a household: what years of lessons add up to has an end."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from device.acoustic.codebook import MOST_VECTORS, STRANGE_BITS, Codebook
from device.acoustic.streams import CEPSTRA, FULL_WEIGHT, STREAMS, Word

FARTHEST = CEPSTRA * 255**2


def word(value: int, frames: int) -> Word:
    """The same vector again and again."""
    return Word(np.full((len(STREAMS), frames, CEPSTRA), value, np.int8), np.full(frames, FULL_WEIGHT, np.uint8))


@given(st.integers(1, 150), st.integers(0, 200))
def test_errors_are_halved_with_their_number(frames: int, missing: int) -> None:
    code = Codebook(3)
    code.donate(word(127, 3))
    code._vectors = MOST_VECTORS - 1 - missing
    code._errors[:] = FARTHEST * code._vectors
    for _ in range(4 + missing // frames):
        code.donate(word(-128, frames))
        assert code._vectors < MOST_VECTORS
        assert (code._errors >= FARTHEST * code._vectors).all()
        assert (code._errors < FARTHEST * (code._vectors + 1)).all()
    assert code._vectors < MOST_VECTORS // 2 + 700


def test_what_lies_further_from_the_code_is_stranger() -> None:
    code = Codebook(12)
    for place in (-40, 40, -38, 44, -44, 38):
        code.donate(word(place, 6))
    places = (40, 60, 80, 120)
    _, strange = code.tokens([word(place, 6) for place in places])
    assert strange[0] == 0
    assert (np.diff(strange) > 0).all()
    assert strange[-1] > 1 << STRANGE_BITS


def test_nothing_is_strange_without_a_code() -> None:
    assert Codebook(12).tokens([word(3, 6)])[1].tolist() == [0]
