"""A household streams lessons: the 64 intents of `nlu_home` as actions. Accuracy on sentences it never said.

`device` learns by itself (counts, fast memory, calibration); `trainer` is the same device after a round on all lessons
so far: with the new model if the gate accepts it; peers are fitted anew on the same lessons.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from threadpoolctl import threadpool_limits

from benchmarks.corrections import Household, accuracy, devices, lesson_of, scored
from device.anticipator import SafuAnticipator
from device.messages import Lesson
from device.safu.bundle import Header, pack, unpack
from device.safu.model import Architecture
from device.safu.slow import SlowModel
from device.settings import LearningSettings, Settings
from trainer.baselines.intent_text import IntentModel, tfidf_logistic, tfidf_svm
from trainer.rounds import challenge

BLANK = Settings(learning=LearningSettings(blank=True))
HEADER = Header(Architecture(0, 0, 0), house="h", version=1)
COUNTS = (50, 100, 200, 500, 1_000)


@dataclass(frozen=True, slots=True)
class Stream:
    """One order of the sentences, and after how many of them to look."""

    household: Household
    counts: tuple[int, ...]


def numbered(household: Household, count: int) -> list[Lesson]:
    """Its first lessons, with the numbers of a journal."""
    return [replace(lesson_of(said), id=number) for number, said in enumerate(household.said[:count], start=1)]


def measured(stream: Stream) -> dict[str, float]:
    """Accuracies after so many lessons, whether the gate let a model through, and the CPU seconds of a round."""
    torch.set_num_threads(1)
    figures: dict[str, float] = {}
    known, held_out = devices(stream.household), stream.household.held_out
    with threadpool_limits(1):
        for count in stream.counts:
            lessons = numbered(stream.household, count)
            started_s = time.process_time()
            made = challenge(lessons, known, HEADER, None, BLANK)
            figures[f"train_cpu_s_{count}"] = time.process_time() - started_s
            figures[f"accepted_{count}"] = float(made.verdict.accepted)
            delivered = SlowModel(unpack(pack(made.final), "the delivered model"))
            for name, slow in (("device", None), ("trainer", delivered if made.verdict.accepted else None)):
                figures[f"{name}.accuracy_{count}"] = _accuracy(stream.household, lessons, slow)
            peers: dict[str, IntentModel] = {"tfidf_lr": tfidf_logistic(), "tfidf_svm": tfidf_svm()}
            labels = [lesson.action.label for lesson in lessons]
            for name, peer in peers.items():
                peer.fit([" ".join(lesson.words) for lesson in lessons], labels)
                figures[f"{name}.accuracy_{count}"] = scored(peer, held_out, labels)
    return figures


def _accuracy(household: Household, lessons: Sequence[Lesson], slow: SlowModel | None) -> float:
    anticipator = SafuAnticipator(BLANK.decision, blank=True, slow=slow)
    anticipator.rebuild(devices(household), lessons)
    return accuracy(anticipator, household.held_out)
