"""Make of a model what small machines run, and show that it answers the same.

A bundle of floats becomes one of integers first; those are what every export is compared with, after every word. With
--set it also says how many sentences are understood, before and after.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from device.errors import ExportError, SafuError
from device.safu.integer_reference import softmax_of
from firmware_export.exported import Exported
from firmware_export.labelled_set import read_set
from firmware_export.parity import Parity, compare, made_up_lines
from firmware_export.size_report import table

FORMATS = {
    "c": ("c_source", "C99 for microcontrollers; also an Arduino, PlatformIO and CMake library"),
    "onnx": ("onnx_model", "a file for onnxruntime"),
    "tflite": ("tflite_model", "a file of eight bits throughout, for LiteRT"),
}
"""The module of each form, and what it is. A module has

    EXACT: bool                                       whether it must answer as the integers do, to the last bit
    write(exported, folder) -> list[Path]             write it into a folder of its own, return the files
    answers(exported, folder) -> ContextManager[Answers]   run what was written (`parity.Answers`)
"""
_EPILOG = """examples:
  safu-export c house.safu                     into ./export/c
  safu-export all house.safu --out /tmp/house  every form
  safu-export c house.safu --set sentences.csv with columns text and action: accuracy before and after

A model is in house.safu after `safu-trainer watch`; an export is checked before it is called done.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Export; return the exit code: 0, 1 for trouble, 2 for a model that has no such form, 130 for Ctrl-C."""
    listed = "\n".join(f"  {name:7} {line}" for name, (_, line) in FORMATS.items())
    parser = argparse.ArgumentParser(
        prog="safu-export",
        description=f"{__doc__}\nforms:\n{listed}\n  {'all':7} every one of them",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("form", choices=[*FORMATS, "all"], metavar="FORM", help="c, onnx, tflite or all")
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="a model, as the trainer makes them: FILE.safu")
    parser.add_argument("--out", type=Path, default=Path("export"), metavar="DIR", help="where to write (./export)")
    parser.add_argument("--set", type=Path, metavar="FILE.csv", help="sentences with their actions, to compare on")
    options = parser.parse_args(arguments)
    try:
        return export(options)
    except ExportError as error:
        return _complain(error, 2)
    except SafuError as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        return 130


def export(options: argparse.Namespace) -> int:
    """Write, compare, and say so. Raises `SafuError` for whatever cannot be done."""
    exported = Exported.of_file(options.bundle)
    texts, labels = read_set(options.set, exported.actions) if options.set else (list(made_up_lines(exported)), [])
    wanted = list(FORMATS) if options.form == "all" else [options.form]
    console = Console()
    written, parities = {}, {}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for name in wanted:
            module = form(name)
            written[name] = module.write(exported, options.out / name)
            with module.answers(exported, options.out / name) as answers:
                lines = progress.track(texts, description=f"comparing {name}")
                parities[name] = compare(exported, answers, lines)
    if labels:
        console.print(accuracy(exported, texts, labels))
    console.print(parity_table(parities), table(exported, written), sep="\n")
    wrong = [name for name, parity in parities.items() if parity.differing_outputs and form(name).EXACT]
    if wrong:
        raise SafuError(f"{' and '.join(wrong)} in {options.out} should answer as the integers do, but does not")
    console.print(f"written to {options.out}")
    return 0


def form(name: str) -> ModuleType:
    """The module that writes a form. Raises `ExportError` where a package for it is missing."""
    try:
        return importlib.import_module(f"firmware_export.{FORMATS[name][0]}")
    except ImportError as error:
        raise ExportError(f"{name} needs a package: {error}", hint="pip install 'safu[onnx,litert]'") from error


def accuracy(exported: Exported, texts: Sequence[str], labels: Sequence[str]) -> Table:
    """How many sentences are understood before and after, and how far the probabilities are apart."""
    found = Table(f"{len(texts)} sentences", "accuracy", "worst error of a probability")
    integers = softmax_of(exported.logits(texts)) / 2**15
    floats = exported.float_probabilities(texts)
    for name, shares in (("floats", floats), ("integers", integers)):
        if shares is not None:
            right = np.mean(
                [exported.actions[best] == label for best, label in zip(shares.argmax(axis=1), labels, strict=True)]
            )
            worst = "" if floats is None or shares is floats else f"{np.abs(shares - floats).max():.4f}"
            found.add_row(name, f"{right:.4f}", worst)
    return found


def parity_table(parities: dict[str, Parity]) -> Table:
    """A row a form."""
    found = Table("export", "outputs compared", "differing", "worst, in 1/1024", "answers", "other actions")
    for name, parity in parities.items():
        p = parity
        row = (p.outputs, p.differing_outputs, p.worst, p.answers, p.differing_actions)
        found.add_row(name, *(f"{number:,}" for number in row))
    return found


def _complain(error: SafuError, code: int) -> int:
    print(f"safu-export: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"             {error.hint}", file=sys.stderr)
    return code
