"""All of one household on one page: its lessons lived again, its models measured, in words, tables and pictures.

Lessons are answered without a model: what models are worth, the gate says (`safu-trainer history`). The same database
makes the same page, apart from milliseconds. Left out: the figures (`report_life.py`, `report_models.py`), what is said
of lessons (`report_sections.py`), the pictures (`report_plots.py`), the HTML (`report_page.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.progress import Progress

from device.errors import TrainerError
from device.settings import Settings
from trainer.replay import as_at_home
from trainer.report_life import Life, day, live, periods
from trainer.report_models import MOST_COMPARED, Twin, forgotten, milliseconds, slow_of, twins
from trainer.report_page import Section, page, table
from trainer.report_sections import (
    MOST_ROWS,
    accuracy_section,
    calibration_section,
    caption,
    confusion_section,
    contradictions_section,
    false_section,
    learning_section,
    percent,
    useful_section,
    words_of,
)
from trainer.store import ModelRecord, Store

_MOST_MODELS = 50


def report(store: Store, node: str, settings: Settings, now_s: float, progress: Progress) -> str:
    """The page. Raises `TrainerError` if no lesson says what was meant yet, `StoreError`."""
    taught, records = store.lessons(node), store.models(node)
    try:
        life = live(taught, store.devices(node), as_at_home(settings, store, node), now_s, progress)
    except TrainerError as error:
        raise TrainerError(f"{node}: {error.message}", hint=error.hint) from error
    by_time, versions = periods(life), twins(store, node, records)
    sections = [
        accuracy_section(life, by_time),
        learning_section(life, records),
        calibration_section(life),
        confusion_section(life),
        _forgotten(life, versions),
        false_section(life, by_time),
        _models(store, node, life, records, progress),
        useful_section(life),
        contradictions_section(life),
    ]
    return page(f"What {node} has learned", _summary(life, records, now_s), _notes(life), sections)


def _summary(life: Life, records: Sequence[ModelRecord], now_s: float) -> list[str]:
    right = sum(answer.is_right for answer in life.answers)
    wrong = sum(answer.is_wrong for answer in life.answers)
    count = len(life.answers)
    passed = sum(record.accepted for record in records)
    made = (
        f"Made on {day(now_s)} from {_counted(len(life.taught), 'lesson')} and {_counted(len(records), 'model')}, "
        f"of which {passed} passed the gate."
    )
    lived = (
        f"Every lesson was lived again: its words were answered before they were learned, by the device's counts and "
        f"memory without a model. Of {_counted(count, 'answer')} {percent(right / count)} were right, "
        f"{percent(wrong / count)} were wrong actions, and to the rest nothing was done though something was meant."
    )
    return [made, lived]


def _notes(life: Life) -> list[str]:
    notes = []
    if life.unasked:
        notes.append(
            f"Only the newest {len(life.answers)} lessons were answered; {life.unasked} older ones were just learned."
        )
    if not life.is_dated:
        notes.append("The device's clock jumped, so there are no weeks here: lessons are counted by the hundred.")
    return notes


def _forgotten(life: Life, versions: Sequence[Twin]) -> Section:
    if len(versions) < 2:
        told = "This needs two models whose files are still there; there are not so many."
        return Section("forgotten", "What was forgotten", told)
    found = forgotten(life, versions)
    told = (
        f"Sentences that model {versions[-1].version} answers wrongly by itself though an earlier one was right, each "
        f"judged by its twin that had not seen the newest lessons: {len(found)}. The device's memory may know them "
        f"all the same. Of the newest {MOST_COMPARED} models, {len(versions)} still have files to compare."
    )
    rows = [
        (words_of(lesson), life.called(lesson.action), life.when(lesson), f"model {version}")
        for lesson, version in found[:MOST_ROWS]
    ]
    head = ("words", "meant", "taught", "last known by")
    pieces = (table(caption("Forgotten sentences", rows, found), head, rows, texts=4),) if rows else ()
    return Section("forgotten", "What was forgotten", told, pieces)


def _models(store: Store, node: str, life: Life, records: Sequence[ModelRecord], progress: Progress) -> Section:
    if not records:
        return Section("models", "Models", "No model has been made yet.")
    rows = []
    newest = records[-_MOST_MODELS:][::-1]
    for record in progress.track(newest, description="measuring models"):
        slow = slow_of(store.bundle(node, record.version))
        size, trained_s = record.figures.get("bytes", 0.0), record.figures.get("cpu_s")
        rows.append(
            (
                str(record.version),
                f"{'passed' if record.accepted else 'failed'}: {'; '.join(record.reasons)}",
                record.outcome or "not sent yet" if record.accepted else "not kept",
                day(record.created),
                str(len(record.lesson_ids)),
                f"{size:.0f}" if size else "-",
                f"{milliseconds(slow, life):.2f}" if slow else "-",
                "-" if trained_s is None else f"{trained_s:.1f}",
            )
        )
    head = ("model", "verdict", "now", "made", "lessons", "bytes", "ms a prediction", "CPU s of training")
    told = (
        "Every model, the newest first: what the gate said, what became of it, how big and how fast it is. "
        "Milliseconds are of this computer, measured while this page was made; a dash means that the file is not there."
    )
    return Section("models", "Models", told, (table(caption("Models", rows, records), head, rows, texts=4),))


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"
