"""Challengers for the gate: honest ones, made of more lessons than the champion had, and damaged ones.

    shuffled      some or all of the lessons it was trained on have the label of another
    dropped       it never saw a lesson of one of the commoner actions
    another home  it was trained on another home's lessons, where the same words mean other things
    forgetting    it was trained on the last few lessons, again and again, and on one of each action

The gate sees what it sees in a round: the model, the lessons it should have been trained on, the champion, and the
newer lessons. A champion is what an earlier round made; the first of a home is the device alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from benchmarks.corrections import Household, devices
from benchmarks.retraining.streams import BLANK, HEADER, numbered
from device.messages import Lesson
from device.safu.slow import SlowModel
from trainer.gate import judge, knowledge, split
from trainer.household import Example, examples_of, fit
from trainer.rounds import assess, cost_of, lived

DAMAGES = ("shuffled", "dropped", "another_home", "forgetting")


@dataclass(frozen=True, slots=True)
class Day:
    """A day in a home's life."""

    household: Household
    lessons: int
    champion: int
    """So many lessons there were when the champion was made."""
    damages: tuple[str, ...]
    seed: int


def verdicts(day: Day) -> list[tuple[str, bool]]:
    """Which challengers the gate accepts: an honest one, against that champion and against none, and damaged ones."""
    torch.set_num_threads(1)
    with threadpool_limits(1):
        known = devices(day.household)
        lessons = numbered(day.household, day.lessons)
        older, newer = split(lessons)
        examples = _of(older, examples_of(lessons, known))
        rng = np.random.default_rng(day.seed)
        honest = SlowModel(fit(examples, known, HEADER, seed=day.seed))
        is_known = not knowledge(honest, examples)
        answers, champion, alone = (
            lived(slow, known, older, newer, BLANK)[0] for slow in (honest, _champion(day), None)
        )
        passed = [is_known and judge(answers, other, cost_of(BLANK)).accepted for other in (champion, alone)]

        def is_accepted(taught: Sequence[Example]) -> bool:
            challenger = fit(taught, known, HEADER, seed=day.seed)
            return assess(challenger, examples, lambda: champion, known, older, newer, BLANK)[0].accepted

        return [("honest", accepted) for accepted in passed] + [
            (name, is_accepted(damaged(name, examples, rng))) for name in day.damages
        ]


def _champion(day: Day) -> SlowModel:
    """What the gate judged on that earlier day: it has not seen the newer lessons of its own."""
    known, lessons = devices(day.household), numbered(day.household, day.champion)
    return SlowModel(fit(_of(split(lessons)[0], examples_of(lessons, known)), known, HEADER, seed=day.seed))


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
