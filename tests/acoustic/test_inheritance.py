"""What a new codeword inherits: near ones much, far ones nothing, and never more than a byte."""

from __future__ import annotations

import numpy as np
import pytest

from device.acoustic.codebook import Codebook, Heirs
from device.acoustic.counts import FULL, Counts
from device.acoustic.streams import CEPSTRA, FULL_WEIGHT, STREAMS, Word

NOISE = 10


def word(centre: int, seed: int) -> Word:
    """Vectors around one place."""
    vectors = np.random.default_rng(seed).normal(centre, NOISE, (len(STREAMS), 12, CEPSTRA))
    return Word(np.clip(np.rint(vectors), -128, 127).astype(np.int8), np.full(12, FULL_WEIGHT, np.uint8))


@pytest.mark.parametrize("first", [0, 1])
def test_old_columns_get_something_of_what_is_near(first: int) -> None:
    places = (-60, 60)
    code, counts = Codebook(48), Counts(1, 48)
    for number, place in enumerate((places[first], places[1 - first]) * 3):
        counts.inherit(code.donate(word(place, number)), code.used)
    counts.learn_one(code.tokens([word(places[first], 17)])[0], 0)
    before, taught = code.used, counts.cells[0].astype(int).sum()
    counts.inherit(code.donate(word(places[first], 18)), code.used)
    near = counts.cells[0, :, before : code.used].astype(int).sum()
    before = code.used
    counts.inherit(code.donate(word(places[1 - first], 19)), code.used)
    far = counts.cells[0, :, before : code.used].astype(int).sum()
    assert near > taught / 20
    assert far == 0


def test_many_full_ancestors_fill_a_byte_and_no_more() -> None:
    counts = Counts(1, 9)
    counts.cells[:] = FULL
    alike = np.full((len(STREAMS), 1, 8), 256)
    counts.inherit(Heirs(np.tile(np.arange(8), (len(STREAMS), 1, 1)), alike), 9)
    assert (counts.cells == FULL).all()
