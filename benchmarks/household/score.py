"""The month in figures, by weeks and as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from benchmarks.household.truth import WEEK_MS, JudgedEvent, JudgedLesson, Truth, Utterance

WEEKS = (1, 2, 3, 4)
HOUR_MS = 3_600_000


def score(truth: Truth) -> dict[str, float]:
    """All figures; weeks that nobody lived are left out."""
    figures: dict[str, float] = {}
    for week in WEEKS:
        said = [u for u in truth.utterances if u.week == week]
        lessons = [j for j in truth.lessons if j.at_ms // WEEK_MS + 1 == week]
        events = [j for j in truth.events if j.at_ms // WEEK_MS + 1 == week]
        if said:
            of_week = about_speech(said) | about_learning(lessons, events)
            figures |= {f"week{week}.{name}": value for name, value in of_week.items()}
    whole = about_learning(truth.lessons, truth.events) | about_speech(truth.utterances)
    return figures | whole | by_sort(truth)


def about_speech(said: Sequence[Utterance]) -> dict[str, float]:
    """What the house made of what was said."""
    wishes = [u for u in said if u.is_wish]
    talk = [u for u in said if not u.is_wish]
    hours = sum(u.ended_ms - u.began_ms for u in talk if u.ended_ms) / HOUR_MS
    return {
        "right": _share(u.right for u in wishes),
        "wrong": _share(u.wrong for u in wishes),
        "false_per_hour": sum(len(u.actions) for u in talk) / hours if hours else 0.0,
        "flips": sum(u.flips for u in wishes) / max(len(wishes), 1),
        "wider_than_heard": float(sum(u.is_wider for u in said)),
        "wishes": float(len(wishes)),
        "talk_hours": hours,
    }


def about_learning(lessons: Sequence[JudgedLesson], events: Sequence[JudgedEvent]) -> dict[str, float]:
    """Whether lessons and causes are the true ones."""
    return {
        "wrong_lessons": _share(not judged.right for judged in lessons),
        "lessons": float(len(lessons)),
        "cause_right": _share(judged.right for judged in events),
        "switch_events": float(len(events)),
    }


def by_sort(truth: Truth) -> dict[str, float]:
    """Where things go well and where they do not."""
    figures: dict[str, float] = {}
    for kind in sorted({u.kind for u in truth.utterances if u.is_wish}):
        figures[f"right.{kind}"] = _share(u.right for u in truth.utterances if u.kind == kind)
    for who in sorted({judged.origin.who for judged in truth.events}):
        of_origin = [judged for judged in truth.events if judged.origin.who == who]
        name = who.replace(" ", "_")
        figures[f"cause_right.{name}"] = _share(judged.right for judged in of_origin)
        figures[f"switch_events.{name}"] = float(len(of_origin))
        figures[f"taken_for_hands.{name}"] = float(sum(j.is_taken_for_hand for j in of_origin))
    wrong = Counter(reason(judged) for judged in truth.lessons if not judged.right)
    return figures | {f"wrong_lessons.{why}": float(count) for why, count in sorted(wrong.items())}


def reason(judged: JudgedLesson) -> str:
    """What sort of lesson was wrong, on what, and after whose hand."""
    on = "wish" if judged.utterance.is_wish else "talk"
    return f"{judged.lesson.kind}_on_{on}_after_{judged.why}".replace(" ", "_")


def _share(flags: Iterable[bool]) -> float:
    listed = list(flags)
    return sum(listed) / len(listed) if listed else 0.0
