"""Bytes as a chip reads them: for valid text, what the features of words are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from device.safu.mixed_code import digest_of, features_of
from device.safu.text import digests, words_of

_LETTERS = st.characters(codec="utf-8", exclude_categories=("Z", "C"), exclude_characters="ABCDEFGHIJKLMNOPQRSTUVWXYZ")
WORDS = st.lists(st.text(_LETTERS | st.sampled_from("aeü火\N{COMBINING ACUTE ACCENT}"), min_size=1), max_size=9)


@given(WORDS, st.booleans())
def test_valid_text_is_read_code_point_by_code_point(words: list[str], ended: bool) -> None:
    line = " \n\x7f ".join(words).encode()
    assert words_of(line) == [word.encode() for word in words]
    features = features_of(words) if ended else features_of(words)[:-1]
    assert list(digests(words_of(line), ended=ended)) == [digest_of(feature) for feature in features]


@given(st.binary(max_size=200))
def test_no_bytes_are_an_error(line: bytes) -> None:
    words = words_of(line)
    assert b"".join(words) == bytes(byte for byte in line.lower() if byte > 0x20 and byte != 0x7F)
    assert words_of(b" ".join(words)) == words
    assert all(0 <= digest < 2**32 for digest in digests(words))
