"""Columns of actions: another voice, or another word for the same thing, has its own. Nobody says who speaks.

    lesson -> the column of its action that knows it best
           -> a further one, if the switch would have taken it for another action though this one is known

What an action is known by is its best column. Left out: which voice it is. Columns that nobody named are one person's
for the most part, and not for certain (`benchmarks/README.md`).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

from device.acoustic.arithmetic import Int64s
from device.acoustic.end_pointer import Sound
from device.acoustic.switch import FEWEST_LESSONS, AcousticSwitch

FURTHER = 12
"""Columns beside one for every action; whoever needs them first has them."""
_MOST = 3
"""Columns of one action."""

Label = TypeVar("Label", bound=Hashable)


class Voices(Generic[Label]):
    """A switch for so many actions."""

    def __init__(self, actions: int) -> None:
        self.switch = AcousticSwitch(actions + FURTHER)
        self.columns: list[Label] = []
        """What each column means; an action may be there more than once."""
        self._actions = actions

    @property
    def is_full(self) -> bool:
        """Whether there is no column left for another action."""
        return len(set(self.columns)) == self._actions

    def lessons(self, action: Label) -> int:
        """How many an action has had, by all voices."""
        return int(self.switch.lessons[self._own(action)].sum())

    def known(self, margins: Sequence[int]) -> dict[Label, int]:
        """Of each action the margin of its best column."""
        best: dict[Label, int] = {}
        for action, margin in zip(self.columns, margins, strict=False):  # columns of nothing yet come last
            best[action] = max(margin, best.get(action, margin))
        return best

    def learn_one(self, sound: Sound, action: Label) -> bool:
        """A lesson: somebody meant that action by this sound. False if there is no word in it, or no column left."""
        margins = self.switch.margins(sound)
        if margins is None or (self.is_full and action not in self.columns):
            return False
        column = self._column_for(margins, action)
        if column == len(self.columns):
            self.columns.append(action)
        return self.switch.learn_one(sound, column)

    def _column_for(self, margins: Int64s, action: Label) -> int:
        """The column that knows it best, or the first free one."""
        own, free = self._own(action), len(self.columns)
        if not own:
            return free
        best = max(own, key=margins.__getitem__)
        is_understood = margins[best] == margins[:free].max()
        is_known = self.switch.lessons[own].max() >= FEWEST_LESSONS
        if is_understood or not is_known or len(own) == _MOST or free - len(set(self.columns)) == FURTHER:
            return best
        self.switch.threshold.learn_one(int(margins[best]))  # or only words that fit would say how well words fit
        return free

    def _own(self, action: Label) -> list[int]:
        return [column for column, each in enumerate(self.columns) if each == action]
