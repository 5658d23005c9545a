"""Before a word is over: has enough been heard?

    sureness = what the best is ahead of the second by, per frame * the share of the last 240 ms that it was the best

The beginning of a word may be far ahead for a moment and be another word a moment later; what stays ahead is right.
The lead alone is right 82 % of the time when it is 97 % sure of itself (`benchmarks/README.md`). Left out: what is
done then, and whether it is a command at all (`rejection.py`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

_Action = TypeVar("_Action", bound=Hashable)

SURE = 416
"""Bits per frame, in 1/256: enough to act on. Chosen on the speakers of training: 97 % right at half a word."""
_STEADY = 12
"""Frames."""


class Steadiness:
    """For one sound, as it goes on."""

    def __init__(self) -> None:
        self._best: object = None
        self._since = self._frames = 0

    def hear(self, margins: Mapping[_Action, int], frames: int) -> int:
        """How sure one can be of the best, in bits per frame, 1/256, after so many frames, with margins like these.

        >>> steadiness = Steadiness()
        >>> steadiness.hear({"on": 900, "off": 300}, 6), steadiness.hear({"on": 900, "off": 300}, 12)
        (50, 350)
        >>> steadiness.hear({"on": 900, "off": 1020}, 13), steadiness.hear({}, 14)
        (10, 0)
        """
        ranked = sorted(margins, key=margins.__getitem__, reverse=True)
        best = ranked[0] if ranked else None
        if best != self._best:
            self._best, self._since = best, self._frames or frames - 1  # what was before is the room
        self._frames = frames
        if best is None:
            return 0
        lead = margins[best] - max((margins[other] for other in ranked[1:]), default=0)
        return lead * min(frames - self._since, _STEADY) // _STEADY
