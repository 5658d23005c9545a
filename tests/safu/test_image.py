"""Images: what is packed comes out again, and whatever is not an image is refused by name."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.errors import BundleError
from device.safu.image import Kind, pack_image, unpack_image
from device.safu.intents_image import IntentsImage
from device.safu.mixed_code import digest_of
from tests.images import FEATURES, image, integers


@given(st.lists(st.binary(max_size=20), max_size=6))
def test_sections_come_out_again(sections: list[bytes]) -> None:
    data = pack_image(Kind.INTENTS, sections)
    assert unpack_image(data) == (Kind.INTENTS, sections)
    assert len(data) % 4 == 0


@given(st.integers(1, 9), st.integers(1, 9), st.integers(7, 60), st.integers(0, 99))
def test_models_come_out_again(hidden: int, actions: int, rows: int, seed: int) -> None:
    packed = image(hidden, actions, rows, seed)
    found = IntentsImage.unpack(packed.pack())
    assert (found.actions, found.version, found.model.activation) == (packed.actions, 3, "tanh")
    assert found.digests.tolist() == packed.digests.tolist()
    for name, array in packed.model.arrays().items():
        assert np.array_equal(found.model.arrays()[name], array), name
        assert found.model.arrays()[name].dtype == array.dtype, name
    assert found.pack() == packed.pack()


def test_rows_follow_their_features() -> None:
    model, digests = integers(4, 2, 10), image().digests.tolist()
    found = IntentsImage.of(model, FEATURES, ["a", "b"]).model.inputs
    for row, feature in enumerate(FEATURES):
        assert found[:, digests.index(digest_of(feature))].tolist() == model.inputs[:, row].tolist()
    assert (found[:, len(FEATURES) :] == model.inputs[:, len(FEATURES) :]).all()


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BundleError):
        unpack_image(data)


@given(st.integers(0, len(image().pack()) * 8 - 1), st.booleans())
def test_damage_is_refused(bit: int, truncate: bool) -> None:
    data = bytearray(image().pack())
    if truncate:
        del data[bit // 8 :]
    else:
        data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BundleError):
        IntentsImage.unpack(bytes(data))


def test_what_is_wrong_is_said() -> None:
    data = image().pack()
    with pytest.raises(BundleError, match="version 9; this safu reads version 1"):
        unpack_image(data[:4] + struct.pack("<I", 9) + data[8:])
    with pytest.raises(BundleError, match="does not hold what it says"):
        IntentsImage.unpack(pack_image(Kind.INTENTS, [b"1234"]))
    with pytest.raises(ValueError, match="5 actions for 4 outputs"):
        IntentsImage.of(integers(4, 4, 30), FEATURES, ["a"] * 5)
    with pytest.raises(ValueError, match="has a zero in it"):
        IntentsImage.of(integers(4, 1, 30), FEATURES, ["a\0"])
    with pytest.raises(ValueError, match="exact features, with two more rows to hash into, are 7"):
        replace(image(), model=integers(4, 5, 6))
