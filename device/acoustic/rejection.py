"""None of them: what was said is compared with the background, and how much better is enough is learned.

    margin = (evidence for the action - evidence for the best background column) per frame

Background columns are learned from what the room says while nobody flips anything: a sound goes to the column that
knows it best. The threshold comes from lessons: before a lesson is counted, its margin is that of a word that was left
out. About a twentieth of such words may be refused: those that lie two mean deviations below the mean.
"""

from __future__ import annotations

from collections import deque

_REMEMBERED = 32
_FEWEST = 5
"""Before so many margins are known, the threshold is 0: better than the best background is enough."""
_DEVIATIONS = 2
"""Mean deviations below the mean, under which a twentieth of a normal distribution lies."""


class Threshold:
    """The margins of the newest lessons, each as it was before the lesson was counted."""

    def __init__(self) -> None:
        self._margins: deque[int] = deque(maxlen=_REMEMBERED)

    @property
    def stored_bytes(self) -> int:
        return 2 * _REMEMBERED + 1

    def learn_one(self, margin: int) -> None:
        """A lesson had this margin before it was counted."""
        self._margins.append(max(-(2**15), min(margin, 2**15 - 1)))

    @property
    def margin(self) -> int:
        """Less than this is not enough."""
        known = len(self._margins)
        if known < _FEWEST:
            return 0
        mean = sum(self._margins) // known
        return mean - _DEVIATIONS * (sum(abs(margin - mean) for margin in self._margins) // known)
