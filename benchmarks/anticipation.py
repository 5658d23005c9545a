"""How early does a model know what is meant, and how often is it wrong then?

    python -m benchmarks.anticipation [--data DIR] [--test DIR] [--json FILE] [--quick]

The 9 intents of `nlu_home` about the home are actions, the other 55 and the rows of `out_of_scope` with intent `oos`
are talk that must cause nothing. Words come one at a time; the first action whose probability reaches a threshold is
done.

A threshold is chosen on training data alone: on predictions for folds that the model was not fitted on, pooled; the
lowest one at which the upper confidence bounds (Clopper and Pearson, one-sided) of wrong actions and of actions on
other intents are within the goals. Of `oos` there are so few that any bound would ask for none at all; there it is the
share. Without `--test` every fold is scored with a model fitted on the other four and the threshold that those four
choose; with it, everything is fitted and chosen on `--data` and scored on the other folder.

`wrong`, `acted_correctly`: shares of commands; `fraction_heard`: mean share of their words at the moment of a correct
action, `fraction_heard_shared` of those commands that `lr_prefix` does right as well; `false_other`, `false_oos`:
shares of talk.
"""

from __future__ import annotations

import argparse
import platform
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from scipy.stats import beta
from threadpoolctl import threadpool_limits

from benchmarks.arguments import arguments, write
from benchmarks.intents import rows
from benchmarks.plots import anticipation
from benchmarks.two_cores import finished
from device.safu.contexts import Floats
from trainer.anticipation import SafuPrefixes
from trainer.baselines.prefix_text import MixedTeachers, PrefixLogistic, PrefixMiniLm, WordsNaiveBayes
from trainer.prefixes import PrefixModel, Words, beginnings

FOLDS = 5
NOTHING, OOS = "nothing", "oos"
_GOALS = {"wrong": 0.015, "false_other": 0.001, "false_oos": 0.0035}
_CONFIDENCE = 0.6
_REFERENCE = "lr_prefix"
_THRESHOLDS = tuple(1 - 0.5 * 0.94**step for step in range(110))
_TEACHERS = (0.4, 0.6)
_QUICK_SENTENCES = 1_200


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words, and what they mean: an action, `NOTHING`, or `OOS` for talk of the other corpus."""

    words: Words
    meaning: str
    fold: int

    @property
    def label(self) -> str:
        """What a model should say."""
        return NOTHING if self.meaning == OOS else self.meaning


@dataclass(frozen=True, slots=True)
class Task:
    """A model to fit on some sentences and to ask about others, word by word."""

    model: str
    learned: Sequence[Sentence]
    asked: Sequence[Sentence]
    unlabelled: Sequence[Words]
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The first action on a sentence."""

    sentence: Sentence
    did: str
    heard: float
    """Share of the words by then."""
    threshold: float

    @property
    def is_right(self) -> bool:
        """Whether it was a command, and done."""
        return self.sentence.label != NOTHING and self.did == self.sentence.label


@dataclass(frozen=True, slots=True)
class Asked:
    """A sentence, and after each of its words the likeliest action and its probability."""

    sentence: Sentence
    actions: Sequence[str]
    probabilities: Floats

    def first(self, threshold: float) -> Outcome:
        """The first action whose probability reaches the threshold, `NOTHING` if there is none."""
        reached = np.flatnonzero(self.probabilities >= threshold)
        if not len(reached):
            return Outcome(self.sentence, NOTHING, 1.0, threshold)
        return Outcome(self.sentence, self.actions[reached[0]], float(reached[0] + 1) / len(self.actions), threshold)


def main() -> None:
    options = arguments(__doc__).parse_args()
    tasks = list(planned(options))
    asked: dict[tuple[str, bool], list[Asked]] = {}
    with Progress(console=Console(stderr=True)) as progress:
        for model, is_test, answers in finished(work, tasks, progress, "models"):
            asked.setdefault((model, is_test), []).extend(answers)
    figures: dict[str, float] = {}
    outcomes = {name: judged(asked, name) for name in MODELS}
    reference = {o.sentence: o for o in outcomes[_REFERENCE]}
    for name, found in outcomes.items():
        figures |= {f"{name}.{figure}": value for figure, value in measured(found).items()}
        figures[f"{name}.threshold"] = float(np.mean([outcome.threshold for outcome in found]))
        shared = [o.heard for o in found if o.is_right and reference[o.sentence].is_right]
        figures[f"{name}.fraction_heard_shared"] = float(np.mean(shared)) if shared else 1.0
    show(figures)
    conditions = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}, one thread a model",
        "scored_on": "--test" if options.test else "the folds of the development half",
        "thresholds": f"one-sided bounds of {_CONFIDENCE:.0%} within {_GOALS}",
        "teacher": "sentence embeddings and logistic regression" if has_minilm() else "none: no sentence embeddings",
        "quick": options.quick,
    }
    write(options, "anticipation", figures, conditions)
    if options.json:
        anticipation(figures, curves(asked), options.json.with_suffix(".png"))


def planned(options: argparse.Namespace) -> Iterator[Task]:
    """A task a model and fold, and one a model for the other folder; the slowest model first."""
    learned, tested = read(options.data), read(options.test) if options.test else []
    talk = [tuple(row["utterance"].lower().split()) for row in rows(options.data / "nlu_home" / "slurp_dev.csv")]
    if options.quick:
        learned = [learned[place] for place in np.random.default_rng(0).permutation(len(learned))[:_QUICK_SENTENCES]]
        talk = talk[:200]
    for name in MODELS:
        if tested:
            yield Task(name, learned, tested, without(talk, tested), is_test=True)
        for fold in range(1, FOLDS + 1):
            asked = [sentence for sentence in learned if sentence.fold == fold]
            others = [sentence for sentence in learned if sentence.fold != fold]
            yield Task(name, others, asked, without(talk, asked))


def read(folder: Path) -> list[Sentence]:
    """Commands, talk, and talk of the other corpus, which gets folds by a checksum."""
    made = []
    for row in rows(folder / "nlu_home" / "dev.csv"):
        meaning = row["intent"] if row["scenario"] == "iot" else NOTHING
        made.append(Sentence(tuple(row["utterance"].lower().split()), meaning, int(row["fold"])))
    for row in rows(folder / "out_of_scope" / "dev.csv"):
        if row["intent"] == OOS:
            text = row["utterance"].lower()
            made.append(Sentence(tuple(text.split()), OOS, zlib.crc32(text.encode()) % FOLDS + 1))
    return made


def without(talk: Sequence[Words], scored: Sequence[Sentence]) -> list[Words]:
    """Talk that nobody labelled, less what is scored."""
    known = {sentence.words for sentence in scored}
    return [words for words in dict.fromkeys(talk) if words and words not in known]


def has_minilm() -> bool:
    """Whether the teacher's package is installed."""
    try:
        PrefixMiniLm()
    except ImportError:
        return False
    return True


def with_teacher(unlabelled: Sequence[Words], sentences: Sequence[Words], labels: Sequence[str]) -> PrefixModel:
    """A SAFU taught by embeddings and a regression on the host, where there are embeddings."""
    student = SafuPrefixes()
    with suppress(ImportError):
        student.teacher = MixedTeachers([PrefixLogistic(), PrefixMiniLm()], _TEACHERS)
        student.teacher.fit(sentences, labels)
        student.unlabelled = unlabelled
    return student


MODELS: Mapping[str, Callable[[Sequence[Words], Sequence[Words], Sequence[str]], PrefixModel]] = {
    "safu": with_teacher,
    "safu_without_teacher": lambda _talk, _sentences, _labels: SafuPrefixes(),
    "lr_prefix": lambda _talk, _sentences, _labels: PrefixLogistic(),
    "naive_bayes": lambda _talk, _sentences, _labels: WordsNaiveBayes(),
}


def work(task: Task) -> tuple[str, bool, list[Asked]]:
    """One task, in a process of its own."""
    torch.set_num_threads(1)
    sentences = [sentence.words for sentence in task.learned]
    labels = [sentence.label for sentence in task.learned]
    with threadpool_limits(1):
        model = MODELS[task.model](task.unlabelled, sentences, labels)
        model.fit(sentences, labels)
        return task.model, task.is_test, ask(model, task.asked)


def ask(model: PrefixModel, sentences: Sequence[Sentence]) -> list[Asked]:
    """What a model says after every word of every sentence."""
    heard = [begun for sentence in sentences for begun in beginnings(sentence.words)]
    shares = model.probabilities(heard).copy()
    shares[:, list(model.classes).index(NOTHING)] = 0
    ends = np.cumsum([len(sentence.words) for sentence in sentences])
    return [
        Asked(sentence, [model.classes[column] for column in part.argmax(axis=1)], part.max(axis=1))
        for sentence, part in zip(sentences, np.split(shares, ends[:-1]), strict=True)
    ]


def judged(asked: Mapping[tuple[str, bool], Sequence[Asked]], name: str) -> list[Outcome]:
    """What a model does, each fold by the threshold that the others choose, or the other folder by all of them."""
    folds = asked[name, False]
    if (name, True) in asked:
        threshold = chosen(folds)
        return [each.first(threshold) for each in asked[name, True]]
    outcomes = []
    for fold in range(1, FOLDS + 1):
        threshold = chosen([each for each in folds if each.sentence.fold != fold])
        outcomes += [each.first(threshold) for each in folds if each.sentence.fold == fold]
    return outcomes


def chosen(asked: Sequence[Asked]) -> float:
    """The lowest threshold whose errors are surely within the goals; the highest there is if none's are."""
    for threshold in _THRESHOLDS:
        found = measured([each.first(threshold) for each in asked])
        worst = {
            "wrong": bound(found["wrong"], found["commands"]),
            "false_other": bound(found["false_other"], found["other"]),
            "false_oos": found["false_oos"],
        }
        if all(worst[error] <= goal for error, goal in _GOALS.items()):
            return threshold
    return _THRESHOLDS[-1]


def bound(share: float, count: float) -> float:
    """The upper confidence bound of a share found among `count`."""
    errors = round(share * count)
    return float(beta.ppf(_CONFIDENCE, errors + 1, count - errors)) if count > errors else 1.0


def measured(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """All figures of first actions."""
    commands = [outcome for outcome in outcomes if outcome.sentence.label != NOTHING]
    right = [outcome.heard for outcome in commands if outcome.is_right]
    other = [outcome.did != NOTHING for outcome in outcomes if outcome.sentence.meaning == NOTHING]
    oos = [outcome.did != NOTHING for outcome in outcomes if outcome.sentence.meaning == OOS]
    return {
        "wrong": share([outcome.did != NOTHING and not outcome.is_right for outcome in commands]),
        "acted_correctly": len(right) / max(1, len(commands)),
        "fraction_heard": float(np.mean(right)) if right else 1.0,
        "false_other": share(other),
        "false_oos": share(oos),
        "commands": float(len(commands)),
        "other": float(len(other)),
        "oos": float(len(oos)),
    }


def share(happened: Sequence[bool]) -> float:
    """Of how many it is true."""
    return sum(happened) / max(1, len(happened))


def curves(asked: Mapping[tuple[str, bool], Sequence[Asked]]) -> dict[str, list[tuple[float, float]]]:
    """Of every model (wrong, acted correctly) over the thresholds, on the folds."""
    return {
        name: [
            (found["wrong"], found["acted_correctly"])
            for threshold in _THRESHOLDS
            for found in [measured([each.first(threshold) for each in asked[name, False]])]
        ]
        for name in MODELS
    }


def show(figures: Mapping[str, float]) -> None:
    """A row a model."""
    columns = [
        "threshold",
        "wrong",
        "acted_correctly",
        "fraction_heard",
        "fraction_heard_shared",
        "false_other",
        "false_oos",
    ]
    table = Table("model", *columns)
    for name in MODELS:
        table.add_row(name, *(f"{figures[f'{name}.{column}']:.4g}" for column in columns))
    Console().print(table)


if __name__ == "__main__":
    main()
