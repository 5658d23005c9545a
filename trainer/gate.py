"""The gate: a challenger passes if it knows what it was taught and is no worse on what it was not.

    knows       every action that was taught twice is among its own; of its lessons it answers 9 in 10 by itself,
                of every action of three lessons at least half
    no worse    on the newest lessons, which neither challenger nor champion has seen, each beside the device's own
                counts and memory: what is done right less what is done wrong, at the cost at which the device acts;
                actions where nothing was meant; confidence (log loss); no action that worked breaks

Lessons are split by time, never at random: what comes tomorrow is not like what was drawn from yesterday. What is done
right and wrong must not be less on the whole; of the rest few lessons tell little, and "no worse" is what a one-sided
test at one in ten cannot call worse. Reasons are in plain words and are kept with the model. Left out: training
(`household.py`), who is asked (`rounds.py`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from device.messages import NOTHING, TELLING, Lesson
from device.safu.action_heads import ActionKey
from device.safu.slow import SlowModel
from trainer.household import Example
from trainer.replay import Answer

HELD_SHARE, HELD_LEAST, HELD_MOST = 0.2, 8, 400
"""Of the lessons, the newest are held back: so many."""
_KNOWN = 0.9
_FLOOR, _FLOOR_LESSONS = 0.5, 3
_TAUGHT_TWICE = 2
_FIRM = 0.5
"""Of a whole lesson."""
_WORKED = 3
_DEVIATIONS = 1.28
"""One in ten."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a challenger may pass, and why."""

    accepted: bool
    reasons: tuple[str, ...]
    figures: dict[str, float] = field(default_factory=dict)


def split(lessons: Sequence[Lesson]) -> tuple[Sequence[Lesson], Sequence[Lesson]]:
    """The lessons to train on, and the newest, which are held back; too few to hold back any are all held back."""
    telling = [place for place, lesson in enumerate(lessons) if lesson.kind in TELLING]
    count = min(HELD_MOST, max(HELD_LEAST, round(HELD_SHARE * len(telling))))
    at = telling[-count] if len(telling) > count else 0
    return lessons[:at], lessons[at:]


def knowledge(slow: SlowModel, examples: Sequence[Example]) -> list[str]:
    """What speaks against a model that was trained on these examples: nothing, if it knows them.

    Weak lessons do not count: that nobody flipped anything after a command proves little, and must not bar every model.
    """
    firm = [example for example in examples if example.weight >= _FIRM]
    taught = Counter(example.meaning for example in firm)
    right = Counter(example.meaning for example in firm if slow.answer(example.words) == example.meaning)
    missing = [a for a, count in sorted(taught.items()) if count >= _TAUGHT_TWICE and a not in slow.actions]
    if missing:
        return [f"it does not know {_named(missing)}"]
    share = right.total() / max(1, taught.total())
    reasons = [] if share >= _KNOWN else [f"it answers only {share:.0%} of the lessons it was trained on"]
    weak = [a for a, count in sorted(taught.items()) if count >= _FLOOR_LESSONS and right[a] < _FLOOR * count]
    return reasons + ([f"it has forgotten {_named(weak)}"] if weak else [])


def judge(challenger: Sequence[Answer], champion: Sequence[Answer], cost: float) -> Verdict:
    """Answers of both to the same lessons, in the same order. A wrong action costs so many right ones."""
    figures = {
        **{f"challenger.{name}": value for name, value in scores(challenger).items()},
        **{f"champion.{name}": value for name, value in scores(champion).items()},
    }
    if len(challenger) < HELD_LEAST:
        return Verdict(False, (f"{len(challenger)} lessons are too few to judge by; {HELD_LEAST} are needed",), figures)
    pairs = list(zip(challenger, champion, strict=True))
    reasons = []
    if sum(new.is_right - old.is_right - cost * (new.is_wrong - old.is_wrong) for new, old in pairs) < 0:
        lost = sum(old.is_right and not new.is_right for new, old in pairs)
        wrong = sum(new.is_wrong and not old.is_wrong for new, old in pairs)
        reasons.append(f"of {len(pairs)} newer lessons it loses {lost} that were right, and gets {wrong} newly wrong")
    if _is_less([float(old.is_wrong) - new.is_wrong for new, old in pairs if old.lesson.action == NOTHING]):
        reasons.append("it acts more often where nothing was meant")
    broken = _broken(pairs)
    if broken:
        reasons.append(f"what worked would break: {_named(broken)}")
    if _is_less([old.loss - new.loss for new, old in pairs]):
        told = f"{figures['challenger.loss']:.2f} nats, before {figures['champion.loss']:.2f}"
        reasons.append(f"its confidence is worth less: {told}")
    if not reasons:
        told = ", ".join(
            f"{figures[f'challenger.{name}']:.0%} {name} (before {figures[f'champion.{name}']:.0%})"
            for name in ("right", "wrong")
        )
        return Verdict(True, (f"of {len(pairs)} newer lessons {told}",), figures)
    return Verdict(False, tuple(reasons), figures)


def scores(answers: Sequence[Answer]) -> dict[str, float]:
    """Shares of right answers, of wrong actions and of actions where nothing was meant; mean log loss in nats."""
    count = max(1, len(answers))
    return {
        "right": sum(a.is_right for a in answers) / count,
        "wrong": sum(a.is_wrong for a in answers) / count,
        "false": sum(a.is_wrong and a.lesson.action == NOTHING for a in answers) / count,
        "loss": sum(a.loss for a in answers) / count,
        "lessons": float(len(answers)),
    }


def _is_less(gains: Sequence[float]) -> bool:
    """Whether gains and losses add up to a loss that is more than chance, each as likely to be one as the other."""
    return sum(gains) < -_DEVIATIONS * math.sqrt(sum(gain**2 for gain in gains))


def _broken(pairs: Sequence[tuple[Answer, Answer]]) -> list[ActionKey]:
    """Actions that the champion got right at least three times, and the challenger less than half as often."""
    worked = Counter(old.lesson.action.label for _, old in pairs if old.is_right and old.lesson.action != NOTHING)
    works = Counter(new.lesson.action.label for new, _ in pairs if new.is_right)
    lost = [label for label, count in sorted(worked.items()) if count >= _WORKED and works[label] < count / 2]
    return [(label, "") for label in lost]


def _named(actions: Sequence[ActionKey]) -> str:
    return ", ".join('"' + (" ".join(part for part in action if part) or "nothing") + '"' for action in actions)
