"""An image on its way to the chip's second slot: in pieces, going on where it was interrupted.

The chip says at every piece where it goes on, and checks the whole before it uses any of it. What it refuses for good,
an image too large or of another kind, is an error that no repetition helps; a damaged piece is sent again.
Left out: which image it should be (`chip.py`).
"""

from __future__ import annotations

import time
import zlib

from device.chip.lines import Chunk, encode_chunk, parse_at
from device.chip.link import ChipLink
from device.errors import ChipError, ChipRefusalError

FLASH_S = 8.0
"""Erasing a slot, or checking one, may take a slow chip so long."""
_MOST_TROUBLE = 20
"""So many refusals of one piece, and it is no noise on the line."""


class Delivery:
    """One image, from its first piece to the chip's word that it acts."""

    def __init__(self, image: bytes, version: int) -> None:
        self.image = image
        self.version = version
        self.crc = zlib.crc32(image)
        self.problem = ""
        """Why the chip will never take it; empty while it may."""
        self._at: int | None = None
        self._trouble = 0

    @property
    def share(self) -> float:
        """How much of it the chip has."""
        return (self._at or 0) / len(self.image)

    def interrupted(self) -> None:
        """The chip was away: ask it where to go on."""
        self._at = None

    def step(self, link: ChipLink, chunk: int, until_s: float) -> bool:
        """Send pieces until the time is over; whether the chip has it all, and it acts.

        Raises `ChipError` if the chip goes away meanwhile.
        """
        try:
            if self._at is None:
                begin = f"model begin {len(self.image)} {self.crc:08x} {self.version}"
                self._at = self._checked(link.ask(begin, FLASH_S)[-1])
            while self._at < len(self.image) and time.monotonic() < until_s:
                piece = Chunk(self._at, self.image[self._at : self._at + chunk])
                self._at = self._checked(link.ask("model data " + encode_chunk(piece))[-1])
        except ChipRefusalError as error:
            self._refused(error)
            return False
        return self._at == len(self.image) and self._end(link)

    def _end(self, link: ChipLink) -> bool:
        """Every piece was checked: what is refused now is refused for good."""
        try:
            link.ask("model end", FLASH_S)
        except ChipRefusalError as error:
            self.problem = error.message
        return not self.problem

    def _checked(self, text: str) -> int:
        at = parse_at(text)
        if at > len(self.image) or (self._at is not None and at <= self._at):
            raise ChipRefusalError(f"SAFU_OUT_OF_STEP (the chip's answer: {text})")
        self._trouble = 0 if self._at is not None else self._trouble
        return at

    def _refused(self, error: ChipError) -> None:
        is_final = self._at is None  # it did not even begin
        self._trouble += 1
        self._at = None
        if is_final or self._trouble >= _MOST_TROUBLE:
            self.problem = error.message
