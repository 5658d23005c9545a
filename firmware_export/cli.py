"""Make of a model what small machines run, and show that it answers the same.

A bundle of floats becomes one of integers first; those are what every export is compared with, after every word. With
--set it also says how many sentences are understood, before and after. A streaming model, which hears tokens and says
what comes next, has the form c alone; a set then counts how often the next token is the likeliest one. Its texts are
split by spaces; a word that is no token counts as <unk>, or is left out where the vocabulary has none.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from device.command_line import exit_code
from device.errors import ExportError, NoFormError, SafuError
from device.safu.bundle import load
from device.safu.integer_stream import IntegerStream
from firmware_export.accuracy import accuracy
from firmware_export.exportable import Exportable
from firmware_export.exported import Exported
from firmware_export.exported_stream import ExportedStream
from firmware_export.parity import Parity, compare
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
  safu-export all house.safu --out /tmp/house  every form that it can have
  safu-export c house.safu --set sentences.csv with columns text and action: accuracy before and after
  safu-export c words.safu --set texts.csv     a streaming model; the column text is enough

A model is in house.safu after `safu-trainer watch`; an export is checked before it is called done.

exit codes:
  0    written and checked; `all` then names the forms that such a model cannot have, and leaves them out
  1    trouble, or an export that answers otherwise
  2    a model, a set or a machine that the form cannot be made of or checked with
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Export; return the exit code, as `--help` tells them, and 130 for Ctrl-C."""
    listed = "\n".join(f"  {name:7} {line}" for name, (_, line) in FORMATS.items())
    parser = argparse.ArgumentParser(
        prog="safu-export",
        description=f"{__doc__}\nforms:\n{listed}\n  {'all':7} every one of them that the model can have",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("form", choices=[*FORMATS, "all"], metavar="FORM", help="c, onnx, tflite or all")
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="a model, as the trainer makes them: FILE.safu")
    parser.add_argument("--out", type=Path, default=Path("export"), metavar="DIR", help="where to write (./export)")
    parser.add_argument("--set", type=Path, metavar="FILE.csv", help="texts, and their actions, to compare on")
    options = parser.parse_args(arguments)
    return exit_code(parser.prog, lambda: export(options))


def export(options: argparse.Namespace) -> int:
    """Write, compare, and say so. Raises `SafuError` for whatever cannot be done."""
    exported = opened(options.bundle)
    labelled = exported.read_set(options.set) if options.set else []
    lines = [each.line for each in labelled] or exported.made_up_lines()
    written, impossible = write(exported, options.form, options.out)
    parities = {}
    console = Console()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for name in written:
            with form(name).answers(exported, options.out / name) as answers:
                tracked = progress.track(lines, description=f"comparing {name}")
                parities[name] = compare(exported, answers, tracked)
        found = accuracy(exported, progress.track(labelled, description="scoring")) if labelled else None
    if found:
        console.print(found.table(exported.scored))
    console.print(parity_table(parities), table(exported, written), sep="\n")
    wrong = [name for name, parity in parities.items() if parity.differing_outputs and form(name).EXACT]
    if wrong:
        raise SafuError(f"{' and '.join(wrong)} in {options.out} should answer as the integers do, but does not")
    for why in impossible:
        console.print(f"not possible: {why}", markup=False, soft_wrap=True)
    console.print(f"written to {options.out}: {', '.join(written)}", markup=False, soft_wrap=True)
    return 0


def opened(path: Path) -> Exportable[Any]:
    """The model of a bundle. Raises `BundleError` or `ExportError`, saying what is wrong with which file."""
    bundle = load(path)
    a = bundle.header.architecture
    hears_tokens = isinstance(bundle.model, IntegerStream) or (a.block and not a.document)
    try:
        return ExportedStream.of_bundle(bundle) if hears_tokens else Exported.of_bundle(bundle)
    except ValueError as error:
        raise ExportError(f"{path} cannot be exported: {error}") from error


def write(exported: Exportable[Any], wanted: str, out: Path) -> tuple[dict[str, list[Path]], list[str]]:
    """The files of each form, and why forms of `all` are not possible. Raises `ExportError`; so for one such form."""
    written, impossible = {}, []
    for name in FORMATS if wanted == "all" else [wanted]:
        try:
            if name in exported.lacks:
                raise NoFormError(f"{name} cannot be made: {exported.lacks[name]}")
            written[name] = form(name).write(exported, out / name)
        except NoFormError as error:
            if wanted != "all":
                raise
            impossible.append(error.message)
    return written, impossible


def form(name: str) -> ModuleType:
    """The module that writes a form. Raises `ExportError` where a package for it is missing."""
    try:
        return importlib.import_module(f"firmware_export.{FORMATS[name][0]}")
    except ImportError as error:
        raise ExportError(f"{name} needs a package: {error}", hint="pip install 'safu[onnx,litert]'") from error


def parity_table(parities: dict[str, Parity]) -> Table:
    """A row a form."""
    found = Table("export", "outputs compared", "differing", "worst, in 1/1024", "answers", "other actions")
    for name, parity in parities.items():
        p = parity
        row = (p.outputs, p.differing_outputs, p.worst, p.answers, p.differing_actions)
        found.add_row(name, *(f"{number:,}" for number in row))
    return found
