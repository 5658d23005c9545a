"""A model as one block of bytes that a chip uses where it lies, in flash: little-endian, aligned to four, checked.

    magic "SAFU" | version | size of all | CRC-32 of what follows | kind | number of sections | offset, size of each
    the sections, each at a multiple of four

Every number of it is 32 bits wide, unsigned. What the sections are is the business of the kind (`intents_image.py`).
A firmware contains it as a C array or linked as it is, and it is what is sent to a chip's second slot. `safu_image.c`
reads it. Left out: signatures, which whoever sends it checks (`device/keys.py`).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from enum import IntEnum
from zlib import crc32

from device.errors import BundleError

MAGIC = int.from_bytes(b"SAFU", "little")
VERSION = 1
_HEAD = struct.Struct("<IIIIII")
_CHECKED_FROM = 16
"""Magic, version, size and the CRC itself are not under the CRC."""


class Kind(IntEnum):
    """What a model answers."""

    INTENTS = 1
    """Features of words to actions."""
    STREAM = 2
    """Tokens, one after the other, to what comes next."""


def pack_image(kind: Kind, sections: Sequence[bytes]) -> bytes:
    """The image of some sections."""
    at = _HEAD.size + 8 * len(sections)
    table, body = b"", b""
    for section in sections:
        table += struct.pack("<II", at + len(body), len(section))
        body += section + bytes(-len(section) % 4)
    checked = struct.pack("<II", kind, len(sections)) + table + body
    return struct.pack("<IIII", MAGIC, VERSION, _CHECKED_FROM + len(checked), crc32(checked)) + checked


def unpack_image(data: bytes) -> tuple[Kind, list[bytes]]:
    """The inverse of `pack_image`. Raises `BundleError`, saying what is wrong."""
    if len(data) < _HEAD.size:
        raise BundleError(f"{len(data)} bytes are no image of a model")
    magic, version, size, checked, kind, count = _HEAD.unpack_from(data)
    if magic != MAGIC:
        raise BundleError("this is no image of a model")
    if version != VERSION:
        raise BundleError(f"the image is of version {version}; this safu reads version {VERSION}", hint="update safu")
    if size != len(data) or crc32(data[_CHECKED_FROM:]) != checked:
        raise BundleError("the image is truncated or damaged")
    if kind not in list(Kind) or _HEAD.size + 8 * count > size:
        raise BundleError(f"the image is of an unknown kind, {kind}, with {count} sections")
    table = list(struct.iter_unpack("<II", data[_HEAD.size : _HEAD.size + 8 * count]))
    if any(at % 4 or at + length > size for at, length in table):
        raise BundleError("a section of the image is not inside it")
    return Kind(kind), [data[at : at + length] for at, length in table]
