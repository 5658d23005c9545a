"""How well does a SAFU understand commands, from one lesson an intent to all of them, and how well do its peers?

    python -m benchmarks.intents [--data DIR] [--test DIR] [--json FILE] [--quick] [--bundle FILE]

64 intents of a home assistant. Without `--test` the five folds of `nlu_home/dev.csv`, each scored after fitting on
the other four; with it, everything is fitted on that file and scored on the other folder's. One thread. Unlabelled talk
is the texts of the training lessons without their labels, `slurp_dev.csv` and `out_of_scope/dev.csv`, less any text
that is scored. Bytes are those of the fitted numbers (`stored_bytes` of each model says how they are counted).
With `--bundle` nothing is measured: `safu`, fitted on all lessons of --data, is saved there. `safu-export` makes of it
the integers that are measured here as `safu_int8`.
"""

from __future__ import annotations

import argparse
import csv
import platform
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sklearn.metrics import f1_score
from threadpoolctl import threadpool_limits

from benchmarks.arguments import arguments, write
from benchmarks.plots import learning_curves
from benchmarks.two_cores import finished
from device.safu.bundle import save
from trainer.baselines.intent_text import (
    Classifier,
    IntentModel,
    MiniLmLogistic,
    naive_bayes,
    naive_bayes_rich,
    tfidf_logistic,
    tfidf_svm,
)
from trainer.baselines.intent_transformer import IntentTransformer
from trainer.distil import Teachers, distil
from trainer.explicit_intents import ExplicitIntents
from trainer.intents import IntegerIntents, IntentSettings, SafuIntents
from trainer.talk import TalkVectors

KS = (1, 2, 5, 10, 20)
_DRAWS = 2
_HEAVY = ("safu_distilled_int8", "transformer")
_QUICK_LESSONS, _QUICK_TALK = 10, 1_000
_DISTILLED = replace(IntentSettings(), dropout=0.3, epochs=8)
_TEACHERS = (0.7, 0.3)


@dataclass(frozen=True, slots=True)
class Split:
    """What is learned from and what is scored."""

    texts: Sequence[str]
    labels: Sequence[str]
    test_texts: Sequence[str]
    test_labels: Sequence[str]
    unlabelled: Sequence[str]

    def lessons(self, count: int, seed: int) -> Split:
        """The same with at most `count` random lessons an intent; all texts stay as unlabelled talk."""
        order = np.random.default_rng(seed).permutation(len(self.texts))
        taken: Counter[str] = Counter()
        kept = []
        for number in order.tolist():
            label = self.labels[number]
            if taken[label] < count:
                taken[label] += 1
                kept.append(number)
        return replace(self, texts=[self.texts[n] for n in kept], labels=[self.labels[n] for n in kept])


Fit = Callable[[Split], Classifier]


@dataclass(frozen=True, slots=True)
class Task:
    """Every model on one split: with so many lessons an intent, or with all of them."""

    lessons: Split
    count: int | None = None
    heavy: bool = True
    """With the models that take a minute as well."""


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--bundle", type=Path, metavar="FILE", help="only fit safu on all lessons, and save it there")
    options = parser.parse_args()
    if options.bundle:
        save_bundle(split(rows(options.data / "nlu_home" / "dev.csv"), [], []), options.bundle)
        return
    splits = read(options)
    if options.quick:
        splits = [replace(splits[0].lessons(_QUICK_LESSONS, 0), unlabelled=splits[0].unlabelled[:_QUICK_TALK])]
    counts = KS[:3:2] if options.quick else KS
    few = splits[:1] if options.test else splits[:2]
    tasks = [Task(lessons) for lessons in splits] + [
        Task(lessons, count, heavy=lessons is few[0]) for lessons in few for count in counts
    ]
    figures = means(done(tasks))
    # what is shipped is the document context alone: the ablation of that name is the same model
    figures |= {
        name.replace("safu.", "safu_document_only."): n for name, n in figures.items() if name.startswith("safu.")
    }
    show(figures)
    conditions = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}, one thread a model",
        "scored_on": "--test" if options.test else "the folds of the development half",
        "few_lessons": f"{len(few)} split(s), {_DRAWS} draws each, mean; of {' and '.join(_HEAVY)} one draw of one",
        "quick": options.quick,
        "without": [] if "minilm_lr.accuracy" in figures else ["minilm_lr"],
    }
    write(options, "intents", figures, conditions)
    if options.json:
        learning_curves(figures, counts, options.json.with_suffix(".png"))


def done(tasks: Sequence[Task]) -> Iterator[Mapping[str, float]]:
    """The figures of every task, as they come; two at a time where there are two cores."""
    with Progress(console=Console(stderr=True)) as progress:
        yield from finished(work, tasks, progress, "models")


def work(task: Task) -> dict[str, float]:
    """One task, in a process of its own."""
    torch.set_num_threads(1)
    with threadpool_limits(1):
        models = all_models(Console(stderr=True))
        return measure(models, task.lessons) if task.count is None else curve(models, task)


def means(found: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Of each figure, over the tasks that have it."""
    together: dict[str, list[float]] = defaultdict(list)
    for figures in found:
        for name, value in figures.items():
            together[name].append(value)
    return {name: float(np.mean(values)) for name, values in together.items()}


def read(options: argparse.Namespace) -> list[Split]:
    """Five folds, or one split from folder to folder."""
    lessons = rows(options.data / "nlu_home" / "dev.csv")
    talk = [row["utterance"].lower() for row in rows(options.data / "nlu_home" / "slurp_dev.csv")]
    talk += [row["utterance"].lower() for row in rows(options.data / "out_of_scope" / "dev.csv")]
    if options.test:
        tested = rows(options.test / "nlu_home" / "dev.csv")
        return [split(lessons, tested, talk)]
    folds = sorted({row["fold"] for row in lessons})
    return [
        split([row for row in lessons if row["fold"] != fold], [row for row in lessons if row["fold"] == fold], talk)
        for fold in folds
    ]


def save_bundle(lessons: Split, path: Path) -> None:
    """Fit what is shipped, and save it in floats; in integers it is `safu_int8`."""
    with Progress(console=Console(stderr=True)) as progress, threadpool_limits(1):
        model = SafuIntents(IntentSettings())
        model.fit(lessons.texts, lessons.labels, progress)
    save(path, model.bundle())


def rows(path: Path) -> list[Mapping[str, str]]:
    """The rows of a table."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        sys.exit(f"{path} cannot be read: {error.strerror}; name the folder with --data DIR or $SAFU_DATA")


def split(lessons: Sequence[Mapping[str, str]], tested: Sequence[Mapping[str, str]], talk: Sequence[str]) -> Split:
    """Texts in lower case; the label is scenario and intent."""
    texts, test_texts = ([row["utterance"].lower() for row in part] for part in (lessons, tested))
    labels, test_labels = ([f"{row['scenario']}_{row['intent']}" for row in part] for part in (lessons, tested))
    scored = set(test_texts)
    return Split(texts, labels, test_texts, test_labels, [t for t in dict.fromkeys([*texts, *talk]) if t not in scored])


def all_models(console: Console) -> dict[str, Fit]:
    """Every model by name, as a way to fit it."""
    shipped = IntentSettings()
    attended = replace(shipped, block=4, bits=2_560, exact=1_280)
    models: dict[str, Fit] = {
        "safu_explicit": lambda s: fitted(ExplicitIntents(), s),
        "safu_explicit_light_pieces": lambda s: fitted(ExplicitIntents.with_light_pieces(), s),
        "safu": lambda s: fitted(SafuIntents(), s),
        "safu_int8": lambda s: IntegerIntents(trained(s, shipped)),
        "safu_attention": lambda s: fitted(SafuIntents(attended), s),
        "safu_no_attention": lambda s: fitted(SafuIntents(replace(attended, attention=False)), s),
        "safu_cold": lambda s: fitted(SafuIntents(replace(shipped, warm=False)), s),
        "unlabelled": with_talk,
        "naive_bayes": lambda s: fitted(naive_bayes(), s),
        "naive_bayes_rich": lambda s: fitted(naive_bayes_rich(), s),
        "tfidf_lr": lambda s: fitted(tfidf_logistic(), s),
        "tfidf_svm": lambda s: fitted(tfidf_svm(), s),
        "transformer": lambda s: fitted(IntentTransformer(), s),
    }
    try:
        encoder = MiniLmLogistic()
    except ImportError as error:
        console.print(f"minilm_lr is left out, and the teacher is the support vector machine alone: {error}")
        models["safu_distilled_int8"] = lambda s: distilled(s, None)
        return models
    models["minilm_lr"] = lambda s: fitted(encoder, s)
    models["safu_distilled_int8"] = lambda s: distilled(s, encoder)
    return models


def fitted(model: IntentModel, lessons: Split) -> IntentModel:
    """The model, fitted."""
    model.fit(lessons.texts, lessons.labels)
    return model


def trained(lessons: Split, settings: IntentSettings, talk: TalkVectors | None = None) -> SafuIntents:
    """A SAFU, fitted."""
    model = SafuIntents(settings, talk)
    model.fit(lessons.texts, lessons.labels)
    return model


def with_talk(lessons: Split) -> Classifier:
    """A SAFU with vectors from talk that nobody labelled."""
    return trained(lessons, IntentSettings(), TalkVectors.fit([text.split() for text in lessons.unlabelled]))


def distilled(lessons: Split, encoder: MiniLmLogistic | None) -> Classifier:
    """Integers of a SAFU that was taught by models too big for a device."""
    svm = fitted(tfidf_svm(), lessons)
    teachers = Teachers([svm], [1.0]) if encoder is None else Teachers([fitted(encoder, lessons), svm], _TEACHERS)
    known = set(lessons.texts)
    student = SafuIntents(_DISTILLED)
    distil(student, teachers, lessons.texts, lessons.labels, [t for t in lessons.unlabelled if t not in known])
    return IntegerIntents(student)


def measure(models: Mapping[str, Fit], lessons: Split) -> dict[str, float]:
    """Everything about every model fitted on all lessons."""
    warm_up(models, lessons)
    found: dict[str, float] = {}
    for name, fit in models.items():
        started_s = time.process_time()
        model = fit(lessons)
        found[f"{name}.train_cpu_s"] = time.process_time() - started_s
        answers = answer(model, lessons.test_texts)
        found[f"{name}.accuracy"] = float(np.mean(np.array(answers) == np.array(lessons.test_labels)))
        found[f"{name}.macro_f1"] = float(f1_score(lessons.test_labels, answers, average="macro"))
        found[f"{name}.bytes"] = float(model.stored_bytes)
        found[f"{name}.microseconds_per_command"] = microseconds(model, lessons.test_texts[:100])
    return found


def warm_up(models: Mapping[str, Fit], lessons: Split) -> None:
    """Imports and thread pools are not what is measured."""
    models["safu"](lessons.lessons(1, 0))


def curve(models: Mapping[str, Fit], task: Task) -> dict[str, float]:
    """Accuracy with so many lessons an intent."""
    found: dict[str, list[float]] = defaultdict(list)
    for draw in range(_DRAWS):
        few = task.lessons.lessons(task.count or 0, draw)
        for name, fit in models.items():
            if name in _HEAVY and (draw or not task.heavy):
                continue
            answers = answer(fit(few), few.test_texts)
            right = np.mean(np.array(answers) == np.array(few.test_labels))
            found[f"{name}.accuracy_k{task.count}"].append(float(right))
    return {name: float(np.mean(values)) for name, values in found.items()}


def answer(model: Classifier, texts: Sequence[str]) -> list[str]:
    """The likeliest label of each text."""
    return [model.classes[column] for column in model.probabilities(texts).argmax(axis=1)]


def microseconds(model: Classifier, texts: Sequence[str]) -> float:
    """Median CPU time of one command on its own, from its text on."""
    if isinstance(model, MiniLmLogistic):
        model.forget()
    taken = []
    for text in texts:
        started_ns = time.process_time_ns()
        model.probabilities([text])
        taken.append((time.process_time_ns() - started_ns) / 1000)
    return float(np.median(taken))


def show(figures: Mapping[str, float]) -> None:
    """A row a model."""
    columns = ["accuracy", "macro_f1", "bytes", "train_cpu_s", "microseconds_per_command"]
    columns += [f"accuracy_k{count}" for count in KS if f"safu.accuracy_k{count}" in figures]
    table = Table("model", *columns)
    for name in sorted({figure.partition(".")[0] for figure in figures}):
        table.add_row(name, *(f"{figures[f'{name}.{column}']:.4g}" for column in columns))
    Console().print(table)


if __name__ == "__main__":
    main()
