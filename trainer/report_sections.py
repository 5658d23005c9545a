"""The sections of a report that are about lessons: each a sentence in plain words, a table, mostly a picture.

Left out: the figures (`report_life.py`), models (`report.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from device.messages import Lesson
from trainer import report_plots as plots
from trainer.report_life import (
    MOST_CONFUSED,
    MOST_USEFUL,
    Life,
    Period,
    calibration,
    confusion,
    contradictions,
    curve,
    useful,
)
from trainer.report_models import installations
from trainer.report_page import Section, folded, heat_map, table
from trainer.store import ModelRecord

MOST_ROWS = 50
_AS_TABLE = "The same as a table"
_STEPS = 10


def accuracy_section(life: Life, by_time: Sequence[Period]) -> Section:
    """Right and wrong by time."""
    unit, of = (
        ("week of", "Each bar is a week with lessons") if life.is_dated else ("lessons", "Each bar is 100 lessons")
    )
    rows = [
        (
            period.name,
            str(len(period.answers)),
            percent(period.share(right=True)),
            percent(period.share(right=False)),
        )
        for period in by_time
    ]
    numbers = table("Answers by time", (unit, "lessons", "right", "wrong"), rows)
    told = f"{of}: how much of it was answered rightly, and how much led to a wrong action. The rest was left alone."
    picture = plots.accuracy(by_time, unit)
    title = "Accuracy by week" if life.is_dated else "Accuracy by hundreds of lessons"
    return Section("accuracy", title, told, (picture, folded(numbers, _AS_TABLE)))


def learning_section(life: Life, records: Sequence[ModelRecord]) -> Section:
    """The learning curve."""
    window, shares = curve(life.answers)
    found = installations(life, records)
    installed = found[-MOST_ROWS:]
    picture = plots.learning(shares, window, [(at, record.version) for at, record in installed])
    ends = sorted({max(1, len(shares) * step // _STEPS) for step in range(1, _STEPS + 1)})
    steps = table("Share of right answers", ("lessons", "right"), [(str(n), percent(shares[n - 1])) for n in ends])
    pieces = [picture, folded(steps, _AS_TABLE)]
    if installed:
        rows = [(str(record.version), record.outcome, str(at)) for at, record in installed]
        title = caption("Models that were installed", installed, found)
        pieces.append(table(title, ("model", "outcome", "lessons before it"), rows, texts=2))
    told = (
        f"The share of right answers among the last {window} lessons, as lessons came. It is what the device knew by "
        "itself, without a model; dashed lines show where models were installed."
    )
    return Section("learning", "Learning curve", told, tuple(pieces))


def calibration_section(life: Life) -> Section:
    """How sure against how often right."""
    bins, error = calibration(life.answers)
    rows = [(percent(each.sure), percent(each.right), str(each.count)) for each in bins]
    numbers = table("Answers by how sure they were", ("how sure", "how often right", "answers"), rows)
    told = (
        "Of the answers that were 80 % sure, 8 in 10 should be right: then dots lie on the dashed line. Below it the "
        f"device was too sure of itself, above it too modest. On average it is {percent(error, 1)} off "
        "(expected calibration error)."
    )
    return Section("calibration", "Calibration", told, (plots.reliability(bins), folded(numbers, _AS_TABLE)))


def confusion_section(life: Life) -> Section:
    """What was taken for what."""
    names, cases = confusion(life)
    if not names:
        return Section("confusion", "What was confused", "Nothing was taken for anything else.")
    pairs = sorted(((n, pair) for pair, n in cases.items() if pair[0] != pair[1]), key=lambda item: (-item[0], item[1]))
    rows = [(meant, did, str(n)) for n, (meant, did) in pairs[:MOST_CONFUSED]]
    told = (
        f"What was meant (rows) and what would have been done (columns, numbered as the rows are), for the actions "
        f"that were confused most, at most {MOST_CONFUSED}. Blue was right; the stronger the orange, the more often "
        "it was wrong."
    )
    pieces = heat_map("How often each was taken for which", names, cases)
    listed = table("The most frequent mistakes", ("meant", "would have done", "times"), rows, texts=2)
    return Section("confusion", "What was confused", told, (pieces, listed))


def false_section(life: Life, by_time: Sequence[Period]) -> Section:
    """Actions where nothing was meant."""
    told = (
        "Wrong actions where nothing was meant, over the hours between the first and the last lesson of each week. "
        "Only talk that left a lesson is known: what tempted nobody is not written down, and nights count as hours."
    )
    if not life.is_dated:
        told += " The device's clock jumped, so hours are not known, only counts."
    rows = [
        (
            period.name,
            str(period.false),
            f"{period.hours:.1f}" if period.hours else "-",
            f"{period.false / period.hours:.3f}" if period.hours else "-",
        )
        for period in by_time
    ]
    numbers = table("False actions", ("week of" if life.is_dated else "lessons", "times", "hours", "an hour"), rows)
    is_drawn = any(period.hours and period.false for period in by_time)
    pieces = (plots.false_actions(by_time), folded(numbers, _AS_TABLE)) if is_drawn else (numbers,)
    return Section("false", "False actions an hour", told, pieces)


def useful_section(life: Life) -> Section:
    """What taught most."""
    rows = [
        (words_of(lesson), life.called(lesson.action), life.when(lesson), str(count)) for lesson, count in useful(life)
    ]
    told = (
        f"Lessons whose words were answered wrongly when they were taught, and rightly most often since, at most "
        f"{MOST_USEFUL}. It is a count, not a proof: other lessons may have helped."
    )
    if not rows:
        return Section("useful", "Most useful lessons", f"{told} There are none yet.")
    head = ("words", "meant", "taught", "right since")
    return Section("useful", "Most useful lessons", told, (table("Useful lessons", head, rows, texts=3),))


def contradictions_section(life: Life) -> Section:
    """Words with several meanings."""
    found = contradictions(life)
    told = (
        f"The same words, as the model sees them, taught with several meanings: {len(found)}. The newest meaning "
        "counts now. If neither is a mistake, say it in two ways."
    )
    if not found:
        return Section("contradictions", "Lessons that contradict", "No words were taught two meanings.")
    rows = [
        (" ".join(life.seen[lesson.id][0]), life.called(lesson.action), life.when(lesson), "yes" if is_newest else "no")
        for lessons in found[:MOST_ROWS]
        for lesson, is_newest in ((each, each is lessons[-1]) for each in reversed(lessons))
    ]
    head = ("words", "meaning", "last taught", "counts now")
    title = caption("Contradictions", found[:MOST_ROWS], found)
    return Section("contradictions", "Lessons that contradict", told, (table(title, head, rows, texts=4),))


def caption(name: str, rows: Sequence[object], found: Sequence[object]) -> str:
    """A caption that says if only some rows are shown."""
    return name if len(rows) == len(found) else f"{name}: {len(rows)} of {len(found)}"


def words_of(lesson: Lesson) -> str:
    """What was said."""
    return " ".join(lesson.words)


def percent(share: float, digits: int = 0) -> str:
    """A share as people read it."""
    return f"{100 * share:.{digits}f} %"
