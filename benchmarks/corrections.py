"""How fast does a household teach its switch, and does one flip correct it for good?

    python -m benchmarks.corrections [--data DIR] [--test DIR] [--json FILE] [--quick] [--full]

A household from zero: it is asked for something, answers, and the flip that follows says what was meant; the flip comes
after the next sentence was heard. First the 9 intents of `nlu_home` about the home (`MODEL.accuracy_N`), then all 64
(`all.MODEL.accuracy_N`). Held out is a fifth of the sentences, or, with `--test`, those of the other folder. Medians of
five orders. `safu` is what runs on the device, with nothing built in: counts, fast memory and calibration;
`safu_counts` has the counts alone. Peers are fitted anew at every N. Times are CPU time of one
thread, median over the lessons.

After 100 lessons each wrong answer is corrected, on the side: `repeat_same` says how often the same words are wrong
again, `repeat_paraphrase` how often a sentence of the same intent and slots that shares at most 60 % of its words is
wrong, `forgotten` how much of the rest is lost, `undo_identical` whether replay without that lesson is the same to the
bit.
`--full` does it all once more with sentences that a synthesiser spoke and PocketSphinx heard (`heard.*`).
"""

from __future__ import annotations

import argparse
import platform
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import Progress
from threadpoolctl import threadpool_limits

from benchmarks.arguments import arguments, show, write
from benchmarks.intents import rows
from benchmarks.plots import corrections
from benchmarks.spoken import as_heard
from benchmarks.two_cores import finished
from device.anticipator import SafuAnticipator
from device.messages import FULL_LESSON, NOTHING, Action, Device, Lesson
from device.safu.household import HouseholdArchitecture
from device.settings import DecisionSettings
from trainer.baselines.intent_text import IntentModel, MiniLmLogistic, tfidf_logistic

COUNTS = (10, 20, 50, 100, 200, 500)
_ORDERS = 5
_SETTLED = 100
"""Lessons before corrections are looked at."""
_SHARED = 0.6
_TIMED = 9
"""Refits whose time is taken, evenly spread, so that their median is that of all updates."""
_SLOT = re.compile(r"\[(\w+) : ([^\]]+)\]")
_VARIANTS = {"safu": HouseholdArchitecture(), "safu_counts": HouseholdArchitecture(capacity=0)}


@dataclass(frozen=True, slots=True)
class Sentence:
    """What somebody said, and what it meant."""

    words: tuple[str, ...]
    meaning: Action
    slots: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Household:
    """Sentences in the order in which they are said, and those that are only scored."""

    prefix: str
    said: Sequence[Sentence]
    held_out: Sequence[Sentence]

    @property
    def counts(self) -> list[int]:
        return [count for count in COUNTS if count <= len(self.said)]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--full", action="store_true", help="once more as a recogniser hears it (half an hour)")
    options = parser.parse_args()
    found: dict[str, list[float]] = defaultdict(list)
    with Progress(console=Console(stderr=True)) as progress:
        tasks = list(households(options, progress))
        for lived in finished(live, tasks, progress, "households"):
            for name, value in lived.items():
                found[name].append(value)
    figures = {name: float(np.median(values)) for name, values in sorted(found.items())}
    figures |= {name: float(np.mean(found[name])) for name in found if name.rpartition(".")[2] in _MEANS}
    show(figures)
    conditions = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}, one thread a household",
        "held_out": "the iot rows (all rows) of --test" if options.test else "a fifth of the sentences",
        "orders": sum(not task.prefix for task in tasks),
        "quick": options.quick,
        "without": [] if "minilm_lr.accuracy_50" in figures else ["minilm_lr"],
    }
    write(options, "corrections", figures, conditions)
    if options.json:
        corrections(figures, COUNTS, options.json.with_suffix(".png"))


_MEANS = ("repeat_same", "repeat_paraphrase", "forgotten", "undo_identical")
"""Shares of few cases an order: of these the mean, the median would hide them."""


def households(options: argparse.Namespace, progress: Progress) -> Iterator[Household]:
    """The 9 intents, all 64, and with `--full` the 9 as they are heard; each in every order."""
    learned = sentences(options.data / "nlu_home" / "dev.csv")
    tested = sentences(options.test / "nlu_home" / "dev.csv") if options.test else []
    sets = {"": (home(learned), home(tested)), "all.": (learned, tested)}
    if options.full:
        heard = as_heard({s.words for part in sets[""] for s in part}, progress)
        spoken = [[replace(s, words=heard[s.words]) for s in part] for part in sets[""]]
        sets["heard."] = (spoken[0], spoken[1])
    for order in range(1 if options.quick else _ORDERS):
        for prefix, (said, held_out) in sets.items():
            if not (options.quick and prefix):
                yield household(prefix, said, held_out, order)


def household(
    prefix: str, learned: list[Sentence], tested: list[Sentence], order: int, most: int = max(COUNTS)
) -> Household:
    """One random order; the last fifth is held out where nothing else is. At most so many are said."""
    shuffled = [learned[place] for place in np.random.default_rng(order).permutation(len(learned)).tolist()]
    if tested:
        return Household(prefix, shuffled[:most], tested)
    cut = len(shuffled) * 4 // 5
    return Household(prefix, shuffled[:cut][:most], shuffled[cut:])


def sentences(path: Path) -> list[Sentence]:
    """The rows of a table; scenario and intent are a device and what it can do."""
    return [
        Sentence(
            tuple(row["utterance"].lower().split()),
            Action(*_device_and_command(row["scenario"], row["intent"])),
            frozenset(_SLOT.findall(row["annotated"])),
        )
        for row in rows(path)
    ]


def home(all_of_them: Sequence[Sentence]) -> list[Sentence]:
    """Those that are about things that can be switched."""
    return [s for s in all_of_them if s.meaning.device.startswith("iot")]


def _device_and_command(scenario: str, intent: str) -> tuple[str, str]:
    for device in ("hue_light", "wemo_"):
        if intent.startswith(device):
            return f"{scenario} {device.strip('_')}", intent.removeprefix(device)
    command = "set_one" if intent == "set" else intent  # the device's own "set" wants a number
    return f"{scenario} {intent}" if scenario == "iot" else scenario, command


def live(household: Household) -> dict[str, float]:
    """One household, every model."""
    torch.set_num_threads(1)
    with threadpool_limits(1):
        figures: dict[str, float] = {}
        for name, architecture in _VARIANTS.items():
            figures |= {f"{name}.{figure}": value for figure, value in switch(household, architecture).items()}
        peers: dict[str, IntentModel] = {"tfidf_lr": tfidf_logistic()}
        with suppress(ImportError):  # the conditions say so
            peers["minilm_lr"] = MiniLmLogistic()
        for name, model in peers.items():
            figures |= {f"{name}.{figure}": value for figure, value in refitted(household, model).items()}
        if not household.prefix or household.prefix == "heard.":
            figures |= corrected(household)
    return {household.prefix + name: value for name, value in figures.items()}


def switch(household: Household, architecture: HouseholdArchitecture) -> dict[str, float]:
    """What runs on the device: accuracy as lessons come, and the time of one."""
    anticipator = blank(household, architecture)
    figures, taken_us = {}, []
    for number, (before, now) in enumerate(pairwise([*household.said, household.said[-1]]), start=1):
        answer(anticipator, now)  # the flip comes after the next sentence
        started_ns = time.process_time_ns()
        anticipator.learn_one(lesson_of(before))
        taken_us.append((time.process_time_ns() - started_ns) / 1000)
        if number in household.counts:
            figures[f"accuracy_{number}"] = accuracy(anticipator, household.held_out)
    return figures | {"update_us_p50": float(np.median(taken_us)), "update_us_p99": float(np.quantile(taken_us, 0.99))}


def refitted(household: Household, model: IntentModel) -> dict[str, float]:
    """A peer that is fitted anew on all lessons so far."""
    figures, taken_us = {}, []
    timed = np.linspace(len(household.said) / _TIMED, len(household.said), _TIMED).astype(int).tolist()
    for count in sorted({*household.counts, *timed}):
        texts = [" ".join(s.words) for s in household.said[:count]]
        labels = [s.meaning.label for s in household.said[:count]]
        started_ns = time.process_time_ns()
        if len(set(labels)) > 1:
            model.fit(texts, labels)
        if count in timed:
            taken_us.append((time.process_time_ns() - started_ns) / 1000)
        if count in household.counts:
            figures[f"accuracy_{count}"] = scored(model, household.held_out, labels)
    return figures | {"update_us_p50": float(np.median(taken_us))}


def scored(model: IntentModel, held_out: Sequence[Sentence], labels: Sequence[str]) -> float:
    """Accuracy of a peer; where only one label is known, that is the answer."""
    if len(set(labels)) < 2:
        return float(np.mean([sentence.meaning.label == labels[0] for sentence in held_out]))
    shares = model.probabilities([" ".join(sentence.words) for sentence in held_out])
    answers = [model.classes[column] for column in shares.argmax(axis=1)]
    return float(np.mean([answer == s.meaning.label for answer, s in zip(answers, held_out, strict=True)]))


def corrected(household: Household) -> dict[str, float]:
    """Every wrong answer after the first lessons, corrected on the side."""
    anticipator = blank(household, HouseholdArchitecture())
    same, paraphrased, identical = list[bool](), list[bool](), list[bool]()
    lost = list[float]()
    for number, sentence in enumerate(household.said):
        if number >= _SETTLED and answer(anticipator, sentence) != sentence.meaning:
            lesson = anticipator.correcting(lesson_of(sentence, "correction"), answer(anticipator, sentence))
            taught = deepcopy(anticipator)
            taught.learn_one(lesson)
            same.append(answer(taught, sentence) != sentence.meaning)
            others = [other for other in household.held_out if is_paraphrase(sentence, other)]
            paraphrased += [answer(taught, other) != other.meaning for other in others]
            elsewhere = [other for other in household.held_out[:100] if other.meaning != sentence.meaning]
            lost.append(accuracy(anticipator, elsewhere) - accuracy(taught, elsewhere))
            if len(identical) < 5:
                taught.rebuild(devices(household), [lesson_of(s) for s in household.said[:number]])
                identical.append(
                    all(taught.predict_one(s.words) == anticipator.predict_one(s.words) for s in elsewhere)
                )
        anticipator.learn_one(lesson_of(sentence))
    return {
        "repeat_same": float(np.mean(same or [False])),
        "repeat_paraphrase": float(np.mean(paraphrased or [False])),
        "forgotten": float(np.mean(lost or [0.0])),
        "undo_identical": float(all(identical)),
        "corrections": float(len(same)),
        "paraphrases": float(len(paraphrased)),
    }


def is_paraphrase(sentence: Sentence, other: Sentence) -> bool:
    """Whether two sentences say the same in other words."""
    mine, theirs = set(sentence.words), set(other.words)
    is_same = sentence.meaning == other.meaning and sentence.slots == other.slots
    return is_same and len(mine & theirs) <= _SHARED * max(len(mine), len(theirs))


def blank(household: Household, architecture: HouseholdArchitecture) -> SafuAnticipator:
    """What a new device knows: nothing but what there is."""
    anticipator = SafuAnticipator(DecisionSettings(), blank=True, architecture=architecture)
    anticipator.rebuild(devices(household), ())
    return anticipator


def devices(household: Household) -> dict[str, Device]:
    """A device a scenario, without a name: words alone must say which is meant."""
    commands: dict[str, set[str]] = defaultdict(set)
    for sentence in [*household.said, *household.held_out]:
        commands[sentence.meaning.device].add(sentence.meaning.command)
    return {device: Device(device, "", "light", frozenset(can)) for device, can in commands.items()}


def answer(anticipator: SafuAnticipator, sentence: Sentence) -> Action:
    """The likeliest action; every sentence here means one."""
    ranked = anticipator.predict_one(sentence.words).ranked
    return next((action for action, _ in ranked if action != NOTHING), NOTHING)


def accuracy(anticipator: SafuAnticipator, scored: Sequence[Sentence]) -> float:
    """Share of right answers."""
    return float(np.mean([answer(anticipator, sentence) == sentence.meaning for sentence in scored]))


def lesson_of(sentence: Sentence, kind: str = "said") -> Lesson:
    """What the flip after a sentence taught."""
    return Lesson(sentence.words, sentence.meaning, FULL_LESSON, kind)


if __name__ == "__main__":
    main()
