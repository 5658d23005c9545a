"""Letters between device and trainer: sealed, numbered, and only good for the two sessions that exchange them.

    letter  = seal(JSON line of {from, to, number, kind, ...}, then a body of bytes)

A session is a random name that a process gives itself. A letter is read only if it is addressed to this session and
newer than the last one of its sender's, so that what somebody recorded and plays back is refused, without any clock or
counter on disk. Who does not know the other's session writes to "": only a greeting may be addressed so. It may be
played back, so it proves nothing: it is answered, but the session that we write to is the one that last wrote to ours.
Left out: what the kinds mean (`device/host.py`, `trainer/watch.py`), topics (`topic_to_trainer`, `topic_to_device`).
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from device.errors import PairingError
from device.keys import KeyRing

GREETING = "hello"
MAX_LETTER_BYTES = 1024 * 1024
"""As much as a bus takes (`device/home/bus.py`)."""
LONGEST_SENTENCE = 1_000
"""Characters of a lesson's words in a letter: nobody says as much in fifteen seconds; typed ones are cut."""


def topic_to_trainer(node: str) -> str:
    """Where a device writes."""
    return f"safu/{node}/to_trainer"


def topic_to_device(node: str) -> str:
    """Where its trainer writes."""
    return f"safu/{node}/to_device"


@dataclass(frozen=True, slots=True)
class Letter:
    """What one side tells the other."""

    kind: str
    facts: dict[str, Any] = field(default_factory=dict)
    """Plain JSON."""
    body: bytes = b""


class Correspondence:
    """One side's end of it. Not thread-safe."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._own = secrets.token_hex(8)
        self._peer = ""
        self._greeter = ""
        """Whose greeting is still to be answered."""
        self._written = 0
        self._read: dict[str, int] = {}
        """The last number of every session of the other side."""

    @property
    def is_open(self) -> bool:
        """Whether the other side has written to us, and not only to whom it may concern."""
        return bool(self._peer)

    def write(self, letter: Letter) -> bytes:
        """A greeting goes to whoever greeted us last, or to whom it may concern.

        Raises `PairingError` before pairing, and for anything but a greeting before the other side has answered.
        """
        if letter.kind == GREETING:
            to, self._greeter = self._greeter, ""
        elif self.is_open:
            to = self._peer
        else:
            raise PairingError("the other side has not answered yet")
        self._written += 1
        head = {
            "from": self._own,
            "to": to,
            "number": self._written,
            "kind": letter.kind,
            "facts": letter.facts,
        }
        return self._ring.seal(json.dumps(head).encode() + b"\n" + letter.body)

    def read(self, sealed: bytes) -> Letter:
        """Raises `PairingError` for whatever the other side did not write, to us, now."""
        if len(sealed) > MAX_LETTER_BYTES:
            raise PairingError(f"a letter of {len(sealed)} bytes")
        line, _, body = self._ring.unseal(sealed).partition(b"\n")
        try:
            head = json.loads(line)
            sender, to, number = str(head["from"]), str(head["to"]), int(head["number"])
            letter = Letter(str(head["kind"]), dict(head["facts"]), body)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise PairingError(f"a letter that makes no sense: {error}") from error
        if to != self._own and (letter.kind != GREETING or to):
            raise PairingError("a letter to somebody who is no more")
        if sender == self._own:
            raise PairingError("a letter of our own")
        if number <= self._read.get(sender, 0):
            raise PairingError("a letter that was read before")
        self._read[sender] = number
        if letter.kind == GREETING:
            self._greeter = sender
        if to == self._own:
            self._peer = sender
        return letter
