"""The flash of the double of a chip: what survives a power cut, and how a model gets there (`safu_models.c`).

Two slots, one with the model that acts, the other with the one before it or with one that is being sent. Of that, the
last page does not count after a power cut: nobody knows if it is whole. Left out: bytes of heads, erasing, wear.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from device.chip.brain import Brain
from device.chip.lines import Taught
from device.errors import ChipRefusalError

SLOT_BYTES = 256 * 1024
PAGE_BYTES = 4096


@dataclass(slots=True)
class Slot:
    """A model in flash."""

    image: bytes
    version: int

    @property
    def crc(self) -> int:
        return zlib.crc32(self.image)


@dataclass(slots=True)
class Flash:
    """What survives a power cut. Every verb raises `ChipRefusalError`, and then nothing has changed."""

    own: Slot | None = None
    """The model that is part of the firmware; None: a blank chip."""
    delivered: Slot | None = None
    """The one that acts in its place."""
    before: Slot | None = None
    trial: bool = False
    incoming: bytes = b""
    expected: tuple[int, int, int] | None = None
    """Size, CRC and version of what is coming."""
    saved: tuple[int, Taught, Brain] | None = None
    """CRC of the model that learned, which lessons, and what became of them."""
    taken: int = 0
    """How much of what is coming is there; this and the next do not survive, see `power_up`."""
    has_begun: bool = False

    @property
    def acting(self) -> Slot | None:
        """The model that answers."""
        return self.delivered or self.own

    @property
    def crc(self) -> int:
        """Of the model that answers; 0 without one."""
        return self.acting.crc if self.acting else 0

    def power_up(self) -> None:
        """Nothing is known any more but what the bytes say."""
        self.taken, self.has_begun = self._surely_here(), False

    def begin(self, size: int, crc: int, version: int, slot_bytes: int) -> None:
        """A model is to come; go on with `taken`."""
        if not 0 < size <= slot_bytes:
            raise ChipRefusalError("SAFU_TOO_LARGE")
        if self.expected != (size, crc, version):
            self.expected, self.incoming, self.before = (size, crc, version), b"", None
        self.taken, self.has_begun = self._surely_here(), True
        self.incoming = self.incoming[: self.taken]

    def take(self, at: int, data: bytes) -> None:
        """The next bytes of it."""
        if self.expected is None or not self.has_begun:
            raise ChipRefusalError("SAFU_NOTHING_SENT")
        left = self.expected[0] - at
        if at != self.taken or len(data) > left or (len(data) % 4 and len(data) != left):
            raise ChipRefusalError("SAFU_OUT_OF_STEP")
        self.incoming += data
        self.taken = len(self.incoming)

    def whole(self) -> Slot:
        """What was sent, if all of it is here and right; what is damaged is thrown away."""
        if self.expected is None:
            raise ChipRefusalError("SAFU_NOTHING_SENT")
        size, crc, version = self.expected
        if self.taken != size:
            raise ChipRefusalError("SAFU_OUT_OF_STEP")
        if zlib.crc32(self.incoming) != crc:
            self.expected, self.incoming, self.taken = None, b"", 0
            raise ChipRefusalError("SAFU_DAMAGED")
        return Slot(self.incoming, version)

    def act_on(self, sent: Slot) -> None:
        """What was sent acts, on trial."""
        self.before, self.delivered, self.trial = self.delivered, sent, True
        self.expected, self.incoming, self.taken = None, b"", 0

    def keep(self) -> None:
        """It has proved itself."""
        if self.delivered is None:
            raise ChipRefusalError("SAFU_NOTHING_SAVED")
        self.trial = False

    def go_back(self) -> None:
        """The one before acts again."""
        if self.before is None:
            raise ChipRefusalError("SAFU_NO_MODEL_BEFORE")
        self.delivered, self.before, self.trial = self.before, self.delivered, False

    def drop(self) -> None:
        """Leave nothing of what was delivered."""
        self.delivered = self.before = self.expected = None
        self.trial, self.incoming, self.taken, self.has_begun = False, b"", 0, False

    def _surely_here(self) -> int:
        size = len(self.incoming.rstrip(b"\xff"))
        return max(0, size - 1) // PAGE_BYTES * PAGE_BYTES
