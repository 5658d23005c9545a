"""Text as a chip reads it: bytes in, words and the CRC-32 of their features out.

ASCII upper case is lowered. Bytes up to 0x20, and 0x7f, separate words; every other byte is part of one, so that no
text is an error. Pieces are cut before bytes that are no UTF-8 continuation: of valid UTF-8 the features are those of
`mixed_code.py`, code point for code point. A word goes on where the word before it ended: of that only a CRC is kept.
It is the reference of `safu_text.c`. Left out: which features count (`MixedCode.units_of_digests`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from zlib import crc32

from device.safu.mixed_code import PIECES

_LOWERED = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz")
_WORD = re.compile(rb"[^\x00-\x20\x7f]+")
BEGINNING = crc32(b"<s> ")
"""The CRC of what comes before the first word."""


def words_of(line: bytes) -> list[bytes]:
    r"""The words of a line.

    >>> words_of(b" Turn\ton the  K\xc3\xbcche\x00lamp\n")
    [b'turn', b'on', b'the', b'k\xc3\xbcche', b'lamp']
    """
    return _WORD.findall(line.translate(_LOWERED))


def word_digests(before: int, word: bytes) -> list[int]:
    """CRCs of what one more word adds, in the order of `word_features`, after `before`: the CRC of "WORD "."""
    marked = b"<" + word + b">"
    starts = [at for at, byte in enumerate(marked) if byte & 0xC0 != 0x80] + [len(marked)]
    pieces = [
        crc32(b"#" + marked[start : starts[number + length]])
        for number, start in enumerate(starts[:-1])
        for length in PIECES
        if number + length < len(starts)
    ]
    return [crc32(word), crc32(word, before), *pieces]


def digests(words: list[bytes], *, ended: bool = True) -> Iterator[int]:
    """CRCs of all features of some words; `ended`: no more are to come.

    >>> from device.safu.mixed_code import digest_of, features_of
    >>> list(digests([b"lamp", b"on"])) == [digest_of(feature) for feature in features_of(["lamp", "on"])]
    True
    """
    before = BEGINNING
    for word in words:
        yield from word_digests(before, word)
        before = crc32(word + b" ")
    if words and ended:
        yield crc32(b"</s>", before)
