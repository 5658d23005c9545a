"""Challengers for the gate: honest ones, made of more lessons than the champion had, and damaged ones.

    shuffled      some or all of the lessons it was trained on have the label of another
    dropped       it never saw a lesson of one of the commoner actions
    another home  it was trained on another home's lessons, where the same words mean other things
    forgetting    it was trained on the last few lessons, again and again, and on one of each action

The gate sees what it sees in a round: the model, the lessons it should have been trained on, the champion, and the newer
lessons. A champion is what an earlier round made; the first of a home is the device alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from benchmarks.corrections import Household, devices
from benchmarks.retraining.streams import numbered
from device.messages import Lesson
from device.safu.bundle import Bundle, Header
from device.safu.model import Architecture
from device.safu.slow import SlowModel
from device.settings import LearningSettings, Settings
from trainer.gate import Verdict, split
from trainer.household import Example, examples_of, fit
from trainer.rounds import assess

DAMAGES = ("shuffled", "dropped", "another_home", "forgetting")
_SETTINGS = Settings(learning=LearningSettings(blank=True))
_HEADER = Header(Architecture(0, 0, 0), house="h", version=1)


@dataclass(frozen=True, slots=True)
class Trial:
    """A day in a home's life: so many lessons, and how many there were when the champion was made (0: none was)."""

    household: Household
    count: int
    before: int
    seed: int


def verdicts(trial: Trial) -> dict[str, bool]:
    """Whether the gate accepts the honest challenger of the day, and each damaged one."""
    torch.set_num_threads(1)
    with threadpool_limits(1):
        known = devices(trial.household)
        lessons = numbered(trial.household, trial.count)
        older, newer = split(lessons)
        examples = _of(older, examples_of(lessons, known))
        champion = _champion(trial)
        rng = np.random.default_rng(trial.seed)

        def verdict(taught: Sequence[Example]) -> Verdict:
            challenger = fit(taught, known, _HEADER, seed=trial.seed)
            return assess(challenger, examples, champion, known, older, newer, _SETTINGS)

        return {
            "honest": verdict(examples).accepted,
            **{name: verdict(damaged(name, examples, rng)).accepted for name in DAMAGES},
        }


def _champion(trial: Trial) -> SlowModel | None:
    """What the gate judged on that earlier day: it has not seen the newer lessons of its own."""
    if not trial.before:
        return None
    known, lessons = devices(trial.household), numbered(trial.household, trial.before)
    made: Bundle = fit(_of(split(lessons)[0], examples_of(lessons, known)), known, _HEADER, seed=trial.seed)
    return SlowModel(made)


def _of(lessons: Sequence[Lesson], examples: Sequence[Example]) -> list[Example]:
    ids = {lesson.id for lesson in lessons}
    return [example for example in examples if example.lesson_id in ids]


def damaged(kind: str, examples: Sequence[Example], rng: np.random.Generator) -> list[Example]:
    """What a damaged challenger was trained on instead."""
    return {"shuffled": _shuffled, "dropped": _dropped, "another_home": _elsewhere, "forgetting": _forgetting}[kind](
        examples, rng
    )


def _shuffled(examples: Sequence[Example], rng: np.random.Generator) -> list[Example]:
    share = rng.choice([0.25, 0.5, 1.0])
    chosen = np.flatnonzero(rng.random(len(examples)) < share).tolist()
    meanings = [examples[place].meaning for place in rng.permutation(chosen).tolist()]
    moved = dict(zip(chosen, meanings, strict=True))
    return [replace(example, meaning=moved.get(at, example.meaning)) for at, example in enumerate(examples)]


def _dropped(examples: Sequence[Example], rng: np.random.Generator) -> list[Example]:
    common = [action for action, count in Counter(e.meaning for e in examples).items() if count > 1]
    gone = common[int(rng.integers(len(common)))]
    return [example for example in examples if example.meaning != gone]


def _elsewhere(examples: Sequence[Example], rng: np.random.Generator) -> list[Example]:
    actions = sorted({example.meaning for example in examples})
    meant = dict(zip(actions, [actions[place] for place in rng.permutation(len(actions)).tolist()], strict=True))
    return [replace(example, meaning=meant[example.meaning]) for example in examples]


def _forgetting(examples: Sequence[Example], rng: np.random.Generator) -> list[Example]:
    latest = {example.meaning: example for example in examples}
    last = examples[-max(5, len(examples) // 10) :]
    return [*latest.values(), *(last[int(place)] for place in rng.integers(len(last), size=len(examples)))]
