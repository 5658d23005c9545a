"""None of them: what was said is compared with the background, and how much better is enough is learned.

    margin = (evidence for the action - evidence for the best background column) per frame - doubt
    doubt = 3 bits for every mean error that its frames are further from the code than usual

Background columns are learned from what the room says while nobody flips anything: a sound that tempts goes to a column
that is free, else to the one that knows it best. The threshold comes from lessons: before a lesson is counted, its
margin is that of a word that was left out; the lowest twentieth of the newest of them may be refused, and what the
background knows nearly as well always is. Doubt is for what no column of the background knows: the code is the
household's own frames, and an outsider's lie further from all of them.
"""

from __future__ import annotations

from collections import deque

_REMEMBERED = 48
_REFUSED = 20
"""One in so many true words may be refused."""
_LEAST = 192
"""Three quarters of a bit a frame: what every answer must be better by."""
_MOST = 256
"""What need not be exceeded: lessons that came before any background was known were too easy."""


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
        ranked = sorted(self._margins)
        if not ranked:
            return _LEAST
        # the lowest of a few is no twentieth of many
        margin = ranked[0] // 2 if len(ranked) < _REFUSED else ranked[len(ranked) // _REFUSED]
        return max(_LEAST, min(margin, _MOST))
