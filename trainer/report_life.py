"""What a report tells of a household's lessons: how they were answered, what was confused, useful or contradictory.

Every lesson is answered by the device's own anticipator, without a model, before it is learned (`replay.py`). Of very
many only the newest are answered; the older ones are learned first. Devices are those of today. Left out: the models
(`report_models.py`), and how any of it looks (`report.py`).
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from rich.progress import Progress

from device.anticipator import SafuAnticipator
from device.errors import TrainerError
from device.messages import NOTHING, TELLING, Action, Device, Lesson
from device.safu.action_heads import ActionKey
from device.settings import Settings
from trainer.replay import Answer, replay
from trainer.store import Taught

MOST_ANSWERED = 2_000
BINS = 10
MOST_CONFUSED = 15
MOST_USEFUL = 10
_HOUR_S, _DAY_S, _WEEK_S, _YEAR_S = 3_600.0, 86_400.0, 604_800.0, 31_557_600.0
_SAFU_BEGAN_S = 1_577_836_800.0
"""The first day of 2020: a clock that shows less was never set."""
_MONDAY_S = 4 * _DAY_S
"""The first Monday of Unix time."""
_CHUNK = 100
_LEAST_HOURS = 1.0
"""A rate over less time says nothing."""


@dataclass(frozen=True, slots=True)
class Life:
    """A household's past, lived again."""

    taught: Sequence[Taught]
    """All lessons, in the order of their numbers."""
    answers: Sequence[Answer]
    """To the newest of those that say what was meant."""
    devices: Mapping[str, Device]
    at: Mapping[int, float]
    """By lesson: when."""
    seen: Mapping[int, tuple[tuple[str, ...], ActionKey]]
    """By lesson: words and meaning as the model sees them."""
    is_dated: bool
    """Whether the device's clock can be believed."""

    @property
    def unasked(self) -> int:
        """Lessons that say what was meant and were not answered, because there are so many."""
        return sum(each.lesson.kind in TELLING for each in self.taught) - len(self.answers)

    def when(self, lesson: Lesson) -> str:
        """Its day, or its number where the clock is not to be believed."""
        return day(self.at[lesson.id]) if self.is_dated else f"lesson {lesson.id}"

    def called(self, action: Action) -> str:
        """As people say it: the device's name, the command, the value."""
        if action == NOTHING:
            return str(action)
        device = self.devices.get(action.device)
        name = device.name if device else action.device
        is_shared = sum(other.name == name for other in self.devices.values()) > 1
        return f"{name}{f' ({action.device})' if is_shared else ''}{str(action).removeprefix(action.device)}"

    def counting(self) -> list[Lesson]:
        """The lessons that say what was meant and weigh something."""
        return [t.lesson for t in self.taught if t.lesson.kind in TELLING and t.lesson.weight > 0]


@dataclass(frozen=True, slots=True)
class Period:
    """A week, or a hundred lessons."""

    name: str
    answers: Sequence[Answer]
    hours: float | None
    """Between its first lesson and its last; None where that says nothing."""

    def share(self, right: bool) -> float:
        """Of right answers, or of wrong actions."""
        return sum(answer.is_right if right else answer.is_wrong for answer in self.answers) / len(self.answers)

    @property
    def false(self) -> int:
        """Actions where nothing was meant."""
        return sum(answer.is_wrong and answer.lesson.action == NOTHING for answer in self.answers)


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers that were about equally sure."""

    count: int
    sure: float
    """On average."""
    right: float
    """Share."""


def live(
    taught: Sequence[Taught], devices: Mapping[str, Device], settings: Settings, now_s: float, progress: Progress
) -> Life:
    """Live these lessons again. Raises `TrainerError` if none of them says what was meant."""
    lessons = [each.lesson for each in taught]
    telling = [place for place, lesson in enumerate(lessons) if lesson.kind in TELLING]
    if not telling:
        raise TrainerError("there are no lessons yet", hint="teach by hand at the switches, with: safu-trainer watch")
    begin = telling[-MOST_ANSWERED] if len(telling) > MOST_ANSWERED else 0
    anticipator = SafuAnticipator(settings.decision, blank=settings.learning.blank)
    task = progress.add_task("living again", total=len(lessons) - begin)  # shown while older lessons are learned, too
    held = progress.track(lessons[begin:], task_id=task)
    answers = replay(anticipator, devices, lessons[:begin], held)
    seen = {lesson.id: anticipator.encode_one(lesson) for lesson in lessons}
    at = {each.lesson.id: each.at for each in taught}
    return Life(taught, answers, devices, at, seen, _is_dated([each.at for each in taught], now_s))


def day(at_s: float) -> str:
    """The day in UTC, so that the same lessons make the same page everywhere."""
    return time.strftime("%Y-%m-%d", time.gmtime(at_s))


def _is_dated(times: Sequence[float], now_s: float) -> bool:
    """Whether a clock that showed these times, one after the other, was never wrong by much."""
    is_possible = all(_SAFU_BEGAN_S <= at <= now_s + _DAY_S for at in times)
    return is_possible and all(-_DAY_S <= later - earlier <= _YEAR_S for earlier, later in pairwise(times))


def periods(life: Life) -> list[Period]:
    """By week, only those with lessons; by hundreds of lessons where the clock jumped."""
    if not life.is_dated:
        return [
            Period(f"{at + 1} to {at + len(some)}", some, None)
            for at in range(0, len(life.answers), _CHUNK)
            if (some := life.answers[at : at + _CHUNK])
        ]
    ordered = sorted(life.answers, key=lambda answer: life.at[answer.lesson.id])
    found = []
    for week, group in groupby(ordered, lambda answer: (life.at[answer.lesson.id] - _MONDAY_S) // _WEEK_S):
        some = list(group)
        hours = (life.at[some[-1].lesson.id] - life.at[some[0].lesson.id]) / _HOUR_S
        found.append(Period(day(week * _WEEK_S + _MONDAY_S), some, hours if hours >= _LEAST_HOURS else None))
    return found


def curve(answers: Sequence[Answer]) -> tuple[int, list[float]]:
    """A window's length, and the share of right answers in the window that ends with each answer."""
    window = min(50, max(5, len(answers) // 5))
    last = (answers[max(0, at + 1 - window) : at + 1] for at in range(len(answers)))
    return window, [sum(answer.is_right for answer in some) / len(some) for some in last]


def calibration(answers: Sequence[Answer]) -> tuple[list[Bin], float]:
    """Answers by how sure they were, and the expected calibration error."""
    groups = defaultdict(list)
    for answer in answers:
        groups[min(BINS - 1, int(BINS * answer.sure))].append(answer)
    bins = [
        Bin(len(some), sum(a.sure for a in some) / len(some), sum(a.is_right for a in some) / len(some))
        for _, some in sorted(groups.items())
    ]
    return bins, sum(each.count * abs(each.right - each.sure) for each in bins) / len(answers)


def confusion(life: Life) -> tuple[list[str], Counter[tuple[str, str]]]:
    """The actions that were confused most, numbers aside, and how often each was taken for which; right ones too."""
    cases = Counter(
        (life.called(_class(answer.lesson.action)), life.called(_class(answer.did))) for answer in life.answers
    )
    wrong: Counter[str] = Counter()
    for pair, count in cases.items():
        if pair[0] != pair[1]:
            wrong.update(dict.fromkeys(pair, count))
    names = sorted(wrong, key=lambda name: (-wrong[name], name))[:MOST_CONFUSED]
    return names, cases


def _class(action: Action) -> Action:
    return Action(action.device, action.command, action.value if isinstance(action.value, str) else None)


def useful(life: Life) -> list[tuple[Lesson, int]]:
    """Lessons that were answered wrongly, and how often their words were answered rightly since; the most useful.

    A right answer is owed to the newest lesson before it with the same words and meaning that had to correct something.
    """
    owed_to: dict[tuple[tuple[str, ...], ActionKey], Lesson] = {}
    thanks: Counter[int] = Counter()
    lessons = {answer.lesson.id: answer.lesson for answer in life.answers}
    for answer in life.answers:
        seen = life.seen[answer.lesson.id]
        if not answer.is_right:
            owed_to[seen] = answer.lesson
        elif seen in owed_to:
            thanks[owed_to[seen].id] += 1
    best = sorted(thanks.items(), key=lambda item: (-item[1], item[0]))[:MOST_USEFUL]
    return [(lessons[number], count) for number, count in best]


def contradictions(life: Life) -> list[list[Lesson]]:
    """Lessons of the same words and several meanings, each meaning by its newest lesson; what counts now is last."""
    by_words: dict[tuple[str, ...], dict[ActionKey, Lesson]] = defaultdict(dict)
    for lesson in life.counting():
        words, meaning = life.seen[lesson.id]
        by_words[words].pop(meaning, None)  # so that the newest is last
        by_words[words][meaning] = lesson
    found = [list(meanings.values()) for words, meanings in by_words.items() if words and len(meanings) > 1]
    return sorted(found, key=lambda lessons: -lessons[-1].id)
