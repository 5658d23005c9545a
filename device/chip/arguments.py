"""The words of a request, one after the other, as the double of a chip reads them (`safu_lines.c`).

Each returns what it found and what is behind it. Left out: which words belong to which request (`double.py`).
"""

from __future__ import annotations

import re

from device.errors import ChipRefusalError

_NUMBER, _HEX = re.compile(rb"[0-9]{1,10}"), re.compile(rb"[0-9a-f]{8}")
_SEPARATORS = bytes([*range(0x21), 0x7F])


def word(line: bytes) -> tuple[bytes, bytes]:
    """The first word.

    >>> word(b"  model keep"), word(b"")
    ((b'model', b' keep'), (b'', b''))
    """
    line = line.lstrip(_SEPARATORS)
    size = next((at for at, byte in enumerate(line) if byte in _SEPARATORS), len(line))
    return line[:size], line[size:]


def number(line: bytes) -> tuple[int, bytes]:
    """A decimal number below 2^32."""
    found, rest = word(line)
    if not _NUMBER.fullmatch(found) or int(found) >= 2**32:
        raise ChipRefusalError("SAFU_BAD_ARGUMENT")
    return int(found), rest


def checksum(line: bytes) -> tuple[int, bytes]:
    """Eight hexadecimal digits."""
    found, rest = word(line)
    if not _HEX.fullmatch(found):
        raise ChipRefusalError("SAFU_BAD_ARGUMENT")
    return int(found, 16), rest


def data(line: bytes) -> tuple[bytes, bytes]:
    """Bytes, two hexadecimal digits each."""
    found, rest = word(line)
    if not re.fullmatch(rb"(?:[0-9a-f]{2})+", found):
        raise ChipRefusalError("SAFU_BAD_ARGUMENT")
    return bytes.fromhex(found.decode()), rest


def nothing_more(rest: bytes) -> None:
    """The line is over."""
    if word(rest)[0]:
        raise ChipRefusalError("SAFU_BAD_ARGUMENT")
