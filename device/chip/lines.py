"""The lines of a chip: what is asked, what is answered, each written and parsed (`firmware_export/runtime/LINES.md`).

Requests and answers are text; a tag tells which answer belongs to which request. Every parser raises `ChipError` for
what it does not understand, whatever the bytes. Left out: sending them (`link.py`), what they do (`double.py`, and
`safu_lines.c` on the chip itself).
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, fields

from device.errors import ChipError

LINES = 1
"""Version of the protocol."""
NOTHING_NAME = "nothing"
"""What the action of doing nothing is called."""
_SHARES = 10_000
_MOST = 2**32
_TAGGED = re.compile(r"@([!-~]{1,8}) ?(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Line:
    """One line from the chip; without a tag it was not asked for."""

    tag: str
    text: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What the chip makes of some words."""

    acts: bool
    """Whether it would do it now by itself."""
    share: float
    """Probability, to four digits."""
    action: str
    """As `action_text` calls it, `nothing` for the one of doing nothing."""


@dataclass(frozen=True, slots=True)
class Taught:
    """Which lessons the chip has learned."""

    lessons: int = 0
    mark: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an image on its way to the chip."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Info:
    """What the chip says of itself; see `LINES.md`."""

    lines: int
    version: int
    crc: int
    before: int
    before_crc: int
    own: int
    trial: int
    incoming: int
    at: int
    slot: int
    chunk: int
    lessons: int
    mark: int

    @property
    def taught(self) -> Taught:
        return Taught(self.lessons, self.mark)


_IN_HEX = ("crc", "before_crc", "own", "incoming", "mark")


def encode_request(tag: str, request: str) -> bytes:
    r"""A request as bytes. Raises `ValueError` for one that is more than a line.

    >>> encode_request("7", "hear turn on the lamp")
    b'@7 hear turn on the lamp\n'
    """
    if "\n" in request or "\r" in request or not _TAGGED.fullmatch(f"@{tag} x"):
        raise ValueError(f"this is no request of one line: {request!r}")
    return f"@{tag} {request}\n".encode()


def parse_line(line: bytes) -> Line:
    """A line of a chip, or of a host, without its end. Bytes that are no text are replaced.

    >>> parse_line(b"@7 ok at 0"), parse_line(b"ready")
    (Line(tag='7', text='ok at 0'), Line(tag='', text='ready'))
    """
    text = line.decode("utf-8", "replace")
    tagged = _TAGGED.fullmatch(text)
    return Line(tagged[1], tagged[2]) if tagged else Line("", text)


def mark_of(mark: int, action: str, words: bytes) -> int:
    """The mark of some lessons and one more.

    >>> f"{mark_of(0, 'lamp on', b'let there be light'):08x}"
    '0dcf759d'
    """
    return zlib.crc32(f"{zlib.crc32(words):08x} {action}\n".encode("utf-8", "surrogateescape"), mark)


def encode_heard(heard: Heard) -> str:
    """See `parse_heard`."""
    share = round(heard.share * _SHARES)
    return f"{'act' if heard.acts else 'none'} {share // _SHARES}.{share % _SHARES:04d} {heard.action}"


def parse_heard(text: str) -> Heard:
    """The inverse of `encode_heard`.

    >>> parse_heard("act 0.9312 lamp on")
    Heard(acts=True, share=0.9312, action='lamp on')
    """
    found = re.fullmatch(r"(act|none) ([01]\.[0-9]{4}) (.+)", text, re.DOTALL)
    if found is None or float(found[2]) > 1:
        raise _nonsense(text)
    return Heard(found[1] == "act", float(found[2]), found[3])


def encode_taught(taught: Taught) -> str:
    """See `parse_taught`."""
    return f"{taught.lessons} {taught.mark:08x}"


def parse_taught(text: str) -> Taught:
    """The inverse of `encode_taught`, whatever became of the lessons.

    >>> parse_taught("learned 1 5a0c33f1").lessons
    1
    """
    found = re.fullmatch(r"(?:[a-z]+ )?([0-9]{1,10}) ([0-9a-f]{8})", text)
    if found is None:
        raise _nonsense(text)
    return Taught(_number(found[1]), int(found[2], 16))


def encode_chunk(chunk: Chunk) -> str:
    """See `parse_chunk`."""
    return f"{chunk.offset} {zlib.crc32(chunk.data):08x} {chunk.data.hex()}"


def parse_chunk(text: str) -> Chunk:
    """The inverse of `encode_chunk`.

    >>> parse_chunk("0 3610a686 68656c6c6f").data
    b'hello'
    """
    found = re.fullmatch(r"([0-9]{1,10}) ([0-9a-f]{8}) ((?:[0-9a-f]{2})+)", text)
    chunk = Chunk(_number(found[1]), bytes.fromhex(found[3])) if found else None
    if found is None or chunk is None or zlib.crc32(chunk.data) != int(found[2], 16):
        raise _nonsense(text)
    return chunk


def encode_info(info: Info) -> str:
    """See `parse_info`."""
    values = {field.name: getattr(info, field.name) for field in fields(info)}
    return " ".join(f"{key}={value:08x}" if key in _IN_HEX else f"{key}={value}" for key, value in values.items())


def parse_info(text: str) -> Info:
    """The inverse of `encode_info`; keys that this version does not know are left out.

    Raises `ChipError` also for a chip that speaks another version.
    """
    pairs = dict(pair.partition("=")[::2] for pair in text.split())
    if pairs.get("lines", str(LINES)) != str(LINES):
        raise ChipError(f"the chip speaks version {pairs['lines'][:20]} of the lines; this safu speaks {LINES}")
    try:
        found = {f.name: int(pairs[f.name], 16 if f.name in _IN_HEX else 10) for f in fields(Info)}
    except (KeyError, ValueError) as error:
        raise _nonsense(text) from error
    if any(not 0 <= value < _MOST for value in found.values()):
        raise _nonsense(text)
    return Info(**found)


def parse_at(text: str) -> int:
    """Where an image goes on.

    >>> parse_at("at 1024")
    1024
    """
    found = re.fullmatch(r"at ([0-9]{1,10})", text)
    if found is None:
        raise _nonsense(text)
    return _number(found[1])


def _number(digits: str) -> int:
    if int(digits) >= _MOST:
        raise _nonsense(digits)
    return int(digits)


def _nonsense(text: str) -> ChipError:
    return ChipError(f"the chip's line makes no sense: {text[:80]!r}")
