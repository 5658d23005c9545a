"""A household's past, lived again in its order by the device's own anticipator.

Up to a day the anticipator is rebuilt from the lessons, as at a start; from then on it answers the words of every
lesson before it learns it, as it did then. Lessons are in the order of their numbers, not of the clock, which may jump.
The settings that decide are those that the device says it has. Left out: what the answers are worth (`gate.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from device.anticipator import SafuAnticipator
from device.messages import NOTHING, TELLING, Action, Device, Lesson
from device.settings import Settings, overridden
from trainer.store import Store

_LEAST = 1e-3


@dataclass(frozen=True, slots=True)
class Answer:
    """What was meant, what would have been done, and how probable the first was."""

    lesson: Lesson
    did: Action
    probability: float
    sure: float = 0.0
    """How probable what would have been done was."""

    @property
    def is_right(self) -> bool:
        """Numbers belong to the words."""
        return self.did.label == self.lesson.action.label

    @property
    def is_wrong(self) -> bool:
        """Something was done, and not what was meant; doing nothing is only a pity."""
        return self.did != NOTHING and not self.is_right

    @property
    def loss(self) -> float:
        """In nats."""
        return -math.log(max(_LEAST, self.probability))


def as_at_home(settings: Settings, store: Store, node: str) -> Settings:
    """These settings, but for what the device says of how it decides. Raises `StoreError`, `SettingsError`."""
    return overridden(settings, store.settings(node), "the database")


def replay(
    anticipator: SafuAnticipator, devices: Mapping[str, Device], before: Sequence[Lesson], held: Iterable[Lesson]
) -> list[Answer]:
    """The answers to the `held` lessons that say what was meant, each given before it was learned."""
    anticipator.rebuild(devices, before)
    answers = []
    for lesson in held:
        if lesson.kind in TELLING:
            ranked = anticipator.predict_one(lesson.words).ranked
            did = anticipator.would_do(lesson.words)
            meant, sure = (sum(p for a, p in ranked if a.label == which.label) for which in (lesson.action, did))
            answers.append(Answer(lesson, did, meant, sure))
        anticipator.learn_one(lesson)
    return answers
