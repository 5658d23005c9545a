"""What does a model take on six microcontroller cores, does it answer the same on all of them, and what do peers take?

    python -m benchmarks.firmware [--data DIR] [--test DIR] [--json FILE] [--quick]

`intents`: the model of `benchmarks.intents` (`safu_int8`), fitted on all but one fold, or with `--test` on all of them;
a command costs what it takes from its text to its action, a lesson (`first_lessons.py` on a chip without a model) what
it takes to be learned. `step`: a language model of 64 dimensions, 16 tokens looked back at, 64 hidden units and 1,000
words, one token and the search of the likeliest next one, for 47 fixed tokens. Cores are QEMU's; instructions are
exact, time is not claimed. `ram_bytes` are variables, on top of them comes `stack_bytes`; `flash_bytes` is everything.
"""

from __future__ import annotations

import platform
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import Progress
from threadpoolctl import threadpool_limits

from benchmarks.arguments import arguments, show, write
from benchmarks.backends.__main__ import litert_parity, onnx_parity
from benchmarks.firmware.peers import emlearn_figures, micro_figures
from benchmarks.firmware.texts import Text, language, trained_stream
from benchmarks.intents import Split, read, trained
from firmware_export.board_report import compiler_of
from firmware_export.cores import CORES
from firmware_export.exported import Exported
from firmware_export.firmware import Commands, Cost, Lessons, Step
from firmware_export.fixed_models import stream_tokens
from trainer.intents import IntentSettings

_SENTENCES, _TOKENS = 1_000, 200
_COUNTED = 100
"""Commands and lessons whose instructions are counted."""
_QUICK_LESSONS, _QUICK_SCORED = 10, 300
_TAUGHT = 16
"""Actions that a chip is taught."""


def main() -> None:
    options = arguments(__doc__).parse_args()
    torch.set_num_threads(1)
    found = [name for name, core in CORES.items() if not core.missing()]
    with threadpool_limits(1), Progress(console=Console(stderr=True)) as progress:
        steps = progress.add_task("fitting", total=len(found) + 5)
        split, text = (
            few(read(options)[0]) if options.quick else read(options)[0],
            language(options.data, options.test, quick=options.quick),
        )
        figures: dict[str, float] = {}
        exported = fitted(split, figures)
        progress.advance(steps)
        model = trained_stream(text, figures, cpu_s=5.0 if options.quick else 30.0)
        progress.advance(steps)
        with tempfile.TemporaryDirectory() as folder:
            for name in found:
                progress.update(steps, description=f"{name} in the emulator")
                measure(name, Path(folder), exported, split, figures, Step(CORES[name], model, Path(folder)), text)
                progress.advance(steps)
            progress.update(steps, description="onnxruntime and LiteRT")
            other_runtimes(exported, split, figures)
            progress.advance(steps)
            progress.update(steps, description="emlearn")
            left_out = emlearn_figures(split, Path(folder), figures, quick=options.quick)
            progress.advance(steps)
            left_out += micro_figures(exported, split, figures)
            progress.advance(steps)
    ratios(figures)
    show(dict(ordered(figures)))
    conditions = {
        "machine": f"QEMU on {platform.machine()}; emlearn on m4 with its unit for floats, others without",
        "compilers": sorted({compiler_of(CORES[name]) for name in found}),
        "optimisation": "-O2 for all models, peers included; -Os for what a board needs besides",
        "scored_on": "--test" if options.test else "one fold of the development half",
        "streamed": f"{len(sentences(split))} sentences and {_TOKENS} tokens into every image",
        "taught": f"{_TAUGHT} actions, 256 rows, 32 phrases",
        "ram_bytes": "variables; of emlearn with the vector that it is asked about, of ours with the line",
        "left_out": [*left_out, *(f"{name}: {CORES[name].missing()}" for name in CORES if name not in found)],
        "quick": options.quick,
    }
    write(options, "firmware", figures, conditions)


def few(split: Split) -> Split:
    """A sample."""
    scored = replace(split, test_texts=split.test_texts[:_QUICK_SCORED], test_labels=split.test_labels[:_QUICK_SCORED])
    return scored.lessons(_QUICK_LESSONS, 0)


def fitted(split: Split, figures: dict[str, float]) -> Exported:
    """The model of commands, and how often it is right in floats and in integers."""
    model = trained(split, IntentSettings())
    exported = Exported.of_bundle(model.bundle())
    labels = np.array(split.test_labels)
    floats = np.array(model.classes)[model.probabilities(split.test_texts).argmax(axis=1)]
    integers = np.array(exported.actions)[exported.logits(split.test_texts).argmax(axis=1)]
    figures["intents.accuracy_float"] = float((floats == labels).mean())
    figures["intents.accuracy_integer"] = float((integers == labels).mean())
    return exported


def measure(
    name: str, folder: Path, exported: Exported, split: Split, figures: dict[str, float], step: Step, text: Text
) -> None:
    """Costs and answers of one core."""
    commands, lessons = Commands(CORES[name], exported, folder), Lessons(CORES[name], folder, _TAUGHT)
    note(figures, f"step.{name}", step.cost(stream_tokens()))
    note(figures, f"intents.{name}", commands.cost(sentences(split)[:_COUNTED]))
    figures[f"intents.{name}.instructions_per_lesson"] = lessons.cost(what_is_taught(split)).instructions
    figures[f"intents.{name}.lesson_ram_bytes"] = lessons.firmware.ram_bytes
    tokens, windows = text.heard(_TOKENS)
    compare(figures, text.model.logits(windows), step.logits(tokens))
    expected = np.concatenate([np.stack(list(exported.answers(line))) for line in sentences(split)])
    compare(figures, expected, commands.logits(sentences(split)))
    answered = [action for _, action in commands.best(sentences(split))]
    wanted = [exported.actions[column] for column in exported.logits(sentences(split)).argmax(axis=1)]
    add(figures, "differing_actions", sum(a != b for a, b in zip(answered, wanted, strict=True)))
    add(figures, "compared_actions", len(wanted))


def note(figures: dict[str, float], name: str, cost: Cost) -> None:
    """All costs by name."""
    figures[f"{name}.instructions"] = cost.instructions
    figures[f"{name}.ram_bytes"] = cost.ram_bytes
    figures[f"{name}.stack_bytes"] = cost.stack_bytes
    figures[f"{name}.flash_bytes"] = cost.flash_bytes


def compare(figures: dict[str, float], expected: np.ndarray, found: np.ndarray) -> None:
    """(N, C) logits each."""
    add(figures, "differing_outputs", int((expected != found).sum()))
    add(figures, "compared_outputs", expected.size)
    add(figures, "differing_actions", int((expected.argmax(axis=1) != found.argmax(axis=1)).sum()))
    add(figures, "compared_actions", len(expected))


def add(figures: dict[str, float], name: str, more: float) -> None:
    """To what there is."""
    figures[name] = figures.get(name, 0.0) + more


def other_runtimes(exported: Exported, split: Split, figures: dict[str, float]) -> None:
    """onnxruntime, which must be exact, and LiteRT, which rounds as it likes."""
    exact, close = onnx_parity(exported, split), litert_parity(exported, split)
    add(figures, "differing_outputs", exact["onnx.differing_outputs"])
    add(figures, "compared_outputs", exact["onnx.outputs"])
    figures["litert_off_by_one_share"] = close["litert.off_by_one_share"]
    figures["litert.accuracy"] = close["litert.accuracy"]


def sentences(split: Split) -> list[str]:
    """That are streamed: those that are scored, and of a small set again from the beginning."""
    texts = list(split.test_texts)
    return (texts * (_SENTENCES // len(texts) + 1))[:_SENTENCES]


def what_is_taught(split: Split) -> list[tuple[int, str]]:
    """Sentences of the commonest intents, each as the action of that number; no longer than a chip takes in."""
    common = {label: number for number, (label, _) in enumerate(Counter(split.labels).most_common(_TAUGHT))}
    pairs = zip(split.texts, split.labels, strict=True)
    short = [(common[label], text) for text, label in pairs if label in common and len(text.split()) <= _TAUGHT]
    return short[:_COUNTED]


def ratios(figures: dict[str, float]) -> None:
    """Ours on m4 to emlearn's network: less is better."""
    for name in ("instructions", "ram_bytes", "flash_bytes"):
        if f"emlearn_mlp.{name}" in figures:
            figures[f"against_emlearn_mlp.{name}"] = figures[f"intents.m4.{name}"] / figures[f"emlearn_mlp.{name}"]


def ordered(figures: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """By what they are of, then as they were found."""
    yield from sorted(figures.items(), key=lambda item: item[0].partition(".")[0])


if __name__ == "__main__":
    main()
