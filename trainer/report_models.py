"""What a report tells of a household's models: how fast they are, what the newest has forgotten.

Left out: the lessons (`report_life.py`), and how any of it looks (`report.py`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from device.anticipator import SafuAnticipator
from device.errors import BundleError
from device.messages import Lesson
from device.safu.bundle import unpack
from device.safu.slow import SlowModel
from device.settings import DecisionSettings
from trainer.report_life import Life
from trainer.store import ModelRecord, Store

MOST_COMPARED = 20
"""Models, the newest."""
_TIMED = 50
_INSTALLED = ("installed", "kept", "returned")


@dataclass(frozen=True, slots=True)
class Twin:
    """The model that the gate judged in place of one version."""

    version: int
    slow: SlowModel
    reader: SafuAnticipator
    """With the devices of its day."""

    def knows(self, lesson: Lesson) -> bool:
        """Whether it answers these words as this lesson says, by itself."""
        words, meaning = self.reader.encode_one(lesson)
        return bool(words) and self.slow.answer(words) == meaning


def slow_of(data: bytes) -> SlowModel | None:
    """The model in these bytes; none if it was rejected or erased, or if they are damaged."""
    try:
        return SlowModel(unpack(data, "a model")) if data else None
    except BundleError:
        return None


def milliseconds(slow: SlowModel, life: Life) -> float:
    """Of one prediction here and now, the median of some."""
    times = []
    for answer in life.answers[-_TIMED:]:
        words, _ = life.seen[answer.lesson.id]
        started_s = time.perf_counter()
        slow.answer(words)
        times.append(time.perf_counter() - started_s)
    return 1000 * median(times)


def twins(store: Store, node: str, records: Sequence[ModelRecord]) -> list[Twin]:
    """Those of the newest models whose files are still there, oldest first. Raises `StoreError`."""
    found = []
    for record in records[-MOST_COMPARED:]:
        slow = slow_of(store.judged(node, record.version))
        if slow is not None:
            reader = SafuAnticipator(DecisionSettings(), blank=True)
            reader.rebuild({device.id: device for device in record.devices}, ())
            found.append(Twin(record.version, slow, reader))
    return found


def forgotten(life: Life, versions: Sequence[Twin]) -> list[tuple[Lesson, int]]:
    """Lessons that the newest answers wrongly and an earlier one did not, and which that was; each sentence once.

    What was taught another meaning since is not forgotten but learned anew.
    """
    if len(versions) < 2:
        return []
    answered = {answer.lesson.id for answer in life.answers}
    newest = {life.seen[lesson.id][0]: lesson for lesson in life.counting() if lesson.id in answered}
    found = []
    for lesson in newest.values():
        if not versions[-1].knows(lesson):
            last = next((twin.version for twin in reversed(versions[:-1]) if twin.knows(lesson)), None)
            if last is not None:
                found.append((lesson, last))
    return found


def installations(life: Life, records: Sequence[ModelRecord]) -> list[tuple[int, ModelRecord]]:
    """The models that the device installed, and how many of the answers are older than each."""
    return [
        (sum(answer.lesson.id <= max(record.lesson_ids, default=0) for answer in life.answers), record)
        for record in records
        if record.outcome.startswith(_INSTALLED)
    ]
