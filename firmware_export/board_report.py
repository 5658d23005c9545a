"""What fixed models, and learning words or sounds, take on every core: a table, a plot, and a file for tests.

    python -m firmware_export.board_report [--out DIR] [--golden FILE]

`make firmware` runs it, `make golden` writes `tests/golden/firmware.json` anew. Cores whose compiler or emulator is not
installed are named and left out. Left out: trained models (`benchmarks/firmware.py`).
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from device.chip.brain import Room
from firmware_export.chip_firmware import ChipSizes, for_core
from firmware_export.cores import CORES, Core
from firmware_export.emulator import run
from firmware_export.firmware import Commands, Cost, Lessons, Step
from firmware_export.fixed_models import command_lines, command_model, fixed_lessons, stream_model, stream_tokens
from firmware_export.fixed_story import SHAPE, fixed_questions, fixed_story, right
from firmware_export.sound import SOUND_CORES, SoundFirmware, Twin

_SMALL = ChipSizes(
    Room(rows=64, phrases=4, names=4), memory_bytes=2_560, page_bytes=256, saved_pages=10, slot_bytes=2_304
)
"""A chip for the least memory, 16 kB, flash that memory plays included."""
_LINES = (
    "name lamp\ton",
    "name fan\ton",
    "hear it is dark in here",
    "teach lamp on",
    "hear i am melting",
    "teach fan on",
    "hear it is dark",
    "hear i am melting",
    "teach lamp on",
    "undo",
    "hear i am melting",
)
Costs = dict[str, Cost]
"""By task: `step`, `intents`, `lesson`, `second of sound`, and `lesson of sound`."""


def main() -> None:
    """Measure, and show it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--out", type=Path, default=Path("firmware"), metavar="DIR", help="firmwares and plot (./firmware)"
    )
    parser.add_argument("--golden", type=Path, metavar="FILE", help="write what tests compare with")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    found: dict[str, Costs] = {}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for name in progress.track(CORES, description="cores"):
            if missing := CORES[name].missing():
                progress.console.print(f"{name} is left out: {' and '.join(missing)} not installed")
            else:
                found[name] = measure(CORES[name], options.out)
    Console().print(table(found))
    said = {name: conversation(CORES[name], options.out) for name in found}
    for text in dict.fromkeys(said.values()):
        same = ", ".join(name for name in said if said[name] == text)
        Console().print(f"\nA blank chip is taught by its switch ({same}):\n{text}\n", highlight=False)
    if found:
        plot(found, options.out / "firmware.png")
        Console().print(f"firmwares and plot are in {options.out}")
    if options.golden:
        write_golden(options.golden, found)


def measure(core: Core, folder: Path | None = None) -> Costs:
    """Of all firmwares; they stay in `folder`."""
    with TemporaryDirectory(prefix="safu_firmware_") as made:
        where = Path(made)
        step, commands = Step(core, stream_model(), where), Commands(core, command_model(), where)
        lessons = Lessons(core, where)
        if folder is not None:
            for made_of in (step, commands, lessons):
                copy(made_of.firmware.elf, folder)
        costs = {
            "step": step.cost(stream_tokens()),
            "intents": commands.cost(command_lines()),
            "lesson": lessons.cost(fixed_lessons()),
        }
        return costs | _sound(core, where, folder)


def _sound(core: Core, made: Path, folder: Path | None) -> Costs:
    """Of a blank chip that becomes a taught switch. Raises `RuntimeError` if it does not."""
    questions, meant = fixed_questions()
    story = [*fixed_story(), *questions]
    switch = SoundFirmware(SOUND_CORES[core.name], made, SHAPE)
    cost, said = switch.measured(story)
    if said != Twin(SHAPE).answers(story) or right(said, meant) < len(meant):
        raise RuntimeError(f"the switch that learns sounds is not on {core.name} what it is in Python")
    if folder is not None:
        copy(switch.firmware.elf, folder)
    memory = (cost.ram_bytes, cost.stack_bytes, cost.flash_bytes)
    return {
        "second of sound": Cost(cost.instructions_per_audio_s, *memory),
        "lesson of sound": Cost(cost.instructions_per_lesson, *memory),
    }


def conversation(core: Core, folder: Path) -> str:
    """What a chip without a model answers to a few lines (`runtime/LINES.md`), under each of them."""
    with TemporaryDirectory(prefix="safu_chip_") as made:
        firmware = for_core(core, Path(made), b"", _SMALL)
        copy(firmware.elf, folder)
        said = run(firmware, "".join(f"{line}\n" for line in _LINES).encode()).output.decode().splitlines()
    pairs = zip(("", *_LINES), said, strict=True)
    return "\n".join(f"  {line:26} {answer}".replace("\t", " ") for line, answer in pairs)


def compiler_of(core: Core) -> str:
    """Name and version: another compiler makes other instructions."""
    said = subprocess.run([f"{core.compiler}-gcc", "--version"], check=True, capture_output=True, text=True).stdout
    return said.splitlines()[0]


def write_golden(path: Path, found: Mapping[str, Costs]) -> None:
    """Costs by compiler, core and task; those of other compilers stay."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name, costs in found.items():
        tasks = {task: asdict(cost) for task, cost in costs.items()}
        known.setdefault(compiler_of(CORES[name]), {})[name] = tasks
    path.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def table(found: Mapping[str, Costs]) -> Table:
    """A row a core and task."""
    shown = Table("core", "task", "instructions", "flash", "memory", "stack")
    for name, costs in found.items():
        for task, cost in costs.items():
            numbers = (cost.instructions, cost.flash_bytes, cost.ram_bytes, cost.stack_bytes)
            shown.add_row(name, task, *(f"{number:,.0f}" for number in numbers))
    for column in shown.columns[2:]:
        column.justify = "right"
    return shown


def plot(found: Mapping[str, Costs], path: Path) -> None:
    """Instructions, flash and memory with stack, a bar a core, for each task."""
    from matplotlib.figure import Figure

    tasks = list(next(iter(found.values())))
    figure = Figure(figsize=(10, 3 * len(tasks)), layout="constrained")
    panels = figure.subplots(len(tasks), 3)
    for row, task in zip(panels, tasks, strict=True):
        costs = [each[task] for each in found.values()]
        for panel, (title, values) in zip(
            row,
            {
                "instructions": [cost.instructions for cost in costs],
                "bytes of flash": [cost.flash_bytes for cost in costs],
                "bytes of memory and stack": [cost.ram_bytes + cost.stack_bytes for cost in costs],
            }.items(),
            strict=True,
        ):
            panel.barh(list(found), values)
            panel.invert_yaxis()
            panel.set_title(f"{task}: {title}", fontsize=9)
            panel.tick_params(labelsize=8)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
