"""Words and features in C are those of the reference on bytes, whatever the bytes."""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, c_uint32, c_void_p

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.safu.text import BEGINNING, digests, words_of
from firmware_export.host import Word

LINES = st.binary(max_size=60) | st.text(max_size=40).map(str.encode) | st.text("aB é火<>", max_size=30).map(str.encode)
_EACH = CFUNCTYPE(None, c_void_p, c_uint32)


def words_in_c(chip: ctypes.CDLL, line: bytes) -> list[bytes]:
    left, word, found = Word.of(line), Word(), []
    while chip.safu_next_word(left, word):
        found.append(ctypes.string_at(word.bytes, word.size))
    return found


def digests_in_c(chip: ctypes.CDLL, words: list[bytes]) -> list[int]:
    found: list[int] = []
    each = _EACH(lambda _, digest: found.append(digest))
    chip.safu_features.restype = chip.safu_ending.restype = chip.safu_beginning.restype = c_uint32
    chip.safu_features.argtypes = [c_uint32, Word, _EACH, c_void_p]
    before = chip.safu_beginning()
    assert before == BEGINNING
    for word in words:
        before = chip.safu_features(before, Word.of(word), each, None)
    return found + [chip.safu_ending(c_uint32(before))] * bool(words)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES)
def test_features_are_those_of_the_reference(chip: ctypes.CDLL, line: bytes) -> None:
    words = words_in_c(chip, line)
    assert [word.lower() for word in words] == words_of(line)
    assert digests_in_c(chip, words) == list(digests(words_of(line)))


def test_a_word_of_any_length_is_read(chip: ctypes.CDLL) -> None:
    for word in (b"x" * 100_000, b"\x80" * 100_000):
        assert digests_in_c(chip, [word]) == list(digests([word]))
