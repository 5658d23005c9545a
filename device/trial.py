"""A new model on trial: it acts, the one before it stands by and says what it would have done.

Both learn every lesson. Before each, both answer its words: every time the new model alone is wrong counts for the old
one, every time the old one alone is wrong makes up for one of those. At five too many the old one returns. The new one
is kept after thirty lessons, and ten more for each that it is behind. Nothing of this is on disk: it is what the
lessons since the installation make of the two. Left out: files (`model_store.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from device.anticipator import SafuAnticipator
from device.messages import TELLING, Action, Device, Evidence, Hypothesis, Lesson, Prediction

TOO_MANY = 5
PROVED = 30
_PENALTY = 10


class TrialAnticipator:
    """An `Anticipator` made of two."""

    def __init__(self, acting: SafuAnticipator, before: SafuAnticipator, since: int) -> None:
        self._acting = acting
        self._before = before
        self._since = since
        self._start()

    def _start(self) -> None:
        self.judged = 0
        """Lessons since the installation that said what was meant."""
        self.too_many = 0
        """Mistakes of the new model that the old one would not have made, less those that it spared us."""

    @property
    def verdict(self) -> str:
        """`keep`, `return`, or nothing as long as it is open."""
        if self.too_many >= TOO_MANY:
            return "return"
        return "keep" if self.judged >= PROVED + _PENALTY * self.too_many else ""

    def rebuild(self, devices: Mapping[str, Device], lessons: Sequence[Lesson]) -> None:
        self._start()
        older = [lesson for lesson in lessons if lesson.id <= self._since]
        self._acting.rebuild(devices, older)
        self._before.rebuild(devices, older)
        for lesson in lessons[len(older) :]:
            self.learn_one(lesson)

    def learn_one(self, lesson: Lesson) -> None:
        if lesson.kind in TELLING and not self.verdict:
            wrong, would_be_wrong = (
                each.would_do(lesson.words) != lesson.action for each in (self._acting, self._before)
            )
            self.judged += 1
            self.too_many = max(0, self.too_many + wrong - would_be_wrong)
        self._acting.learn_one(lesson)
        self._before.learn_one(lesson)

    def predict_one(self, words: Sequence[str], *, ended: bool = True) -> Prediction:
        return self._acting.predict_one(words, ended=ended)

    def commands_in(self, words: Sequence[str], *, ended: bool) -> list[tuple[str, ...]]:
        return self._acting.commands_in(words, ended=ended)

    def explain(self, words: Sequence[str], action: Action) -> tuple[Evidence, ...]:
        return self._acting.explain(words, action)

    def decide(self, prediction: Prediction, hypothesis: Hypothesis) -> Action:
        return self._acting.decide(prediction, hypothesis)

    def is_doubtful(self, lesson: Lesson) -> bool:
        return self._acting.is_doubtful(lesson)

    def refusal(self, lesson: Lesson) -> str:
        return self._acting.refusal(lesson)

    def correcting(self, lesson: Lesson, wrong: Action) -> Lesson:
        return self._acting.correcting(lesson, wrong)
