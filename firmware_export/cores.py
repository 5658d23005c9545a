"""Microcontrollers without a board: what each core is compiled with, where its memory is, which emulator plays it.

`build` makes a firmware of the runtime, a main and the image of a model; `sizes` reads flash and memory out of it. The
compilers are those of Debian (`gcc-arm-none-eabi`, `gcc-riscv64-unknown-elf`), without any C library. Left out: running
it (`emulator.py`).
"""

from __future__ import annotations

import atexit
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

HERE = Path(__file__).parent
RUNTIME, BOARDS = HERE / "runtime", HERE / "boards"
WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wconversion")
STACK_BYTES = 2_048
_SELDOM = ("safu_image.c", "safu_status.c", "safu_slots.c", "safu_models.c", "safu_lines.c", "safu_chip.c")
"""What runs once, or waits for flash or a line anyway: small rather than fast."""


@dataclass(frozen=True, slots=True)
class Core:
    """One core, on the machine of QEMU that has it."""

    name: str
    compiler: str
    flags: tuple[str, ...]
    emulator: str
    machine: str
    flash: int
    flash_bytes: int
    ram: int
    ram_bytes: int
    libraries: tuple[str, ...] = ()
    """Beside that of the compiler; ours need none."""

    def missing(self) -> list[str]:
        """Programs that are not installed."""
        return [program for program in (f"{self.compiler}-gcc", self.emulator) if shutil.which(program) is None]


def _cortex(name: str, cpu: str, machine: str, *more: str, flash: int = 0, ram: int = 0x2000_0000) -> Core:
    small = machine == "microbit"
    return Core(
        name,
        "arm-none-eabi",
        ("-mthumb", f"-mcpu={cpu}", "-mfloat-abi=soft", *more),
        "qemu-system-arm",
        machine,
        flash,
        256 * 1024 if small else 4 * 1024 * 1024,
        ram,
        16 * 1024 if small else 256 * 1024,
    )


CORES: Mapping[str, Core] = {
    core.name: core
    for core in (
        _cortex("m0", "cortex-m0", "microbit"),
        _cortex("m4", "cortex-m4", "mps2-an386"),
        _cortex("m4_portable", "cortex-m4", "mps2-an386", "-DSAFU_PORTABLE"),
        _cortex("m7", "cortex-m7", "mps2-an500"),
        _cortex("m33", "cortex-m33", "mps2-an505", flash=0x1000_0000, ram=0x3800_0000),
        Core(
            "rv32",
            "riscv64-unknown-elf",
            ("-march=rv32imc_zicsr", "-mabi=ilp32", "-mno-relax", "-msmall-data-limit=0"),
            "qemu-system-riscv32",
            "virt",
            0x8000_0000,
            1024 * 1024,
            0x8010_0000,
            256 * 1024,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Firmware:
    """What was built, and what of a chip it takes."""

    core: Core
    elf: Path
    flash_bytes: int
    """Code, tables, the model, and what memory begins with."""
    ram_bytes: int
    """Of variables; the stack comes on top."""
    symbols: Mapping[str, int]
    """Addresses by name."""


def build(
    core: Core,
    main: Path,
    image: Path,
    folder: Path,
    definitions: Mapping[str, int | str],
    more: Sequence[Path] = (),
    port: str = "semihosting.c",
) -> Firmware:
    """A firmware in `folder`, of `main` and `more` with these definitions, and of the board's `port`.

    Raises `CalledProcessError` if a compiler refuses; what it says is on stderr.
    """
    made = [folder / f"{core.name}_{source.stem}.o" for source in (main, *more)]
    for source, made_of_it in zip((main, *more), made, strict=True):
        _compile(core, source, made_of_it, *(f"-D{name}={value}" for name, value in definitions.items()))
    model = folder / f"{core.name}_model.o"
    _compile(core, BOARDS / "model.S", model, f'-DSAFU_MODEL="{image}"')
    elf = folder / f"{main.stem}_{core.name}.elf"
    _run(core, [*_flags(core), *_runtime(core, port), *made, model, *_linked(core), "-o", elf])
    return Firmware(core, elf, *sizes(core, elf), symbols(core, elf))


@cache
def _runtime(core: Core, port: str) -> list[Path]:
    """What all firmwares of a core have in common, compiled once."""
    folder = Path(mkdtemp(prefix=f"safu_{core.name}_"))
    atexit.register(shutil.rmtree, folder)
    board = [BOARDS / name for name in ("start.c", "memory.c", "console.c", port)]
    made = {source: folder / f"{source.stem}.o" for source in [*sorted(RUNTIME.glob("*.c")), *board]}
    for source, made_of_it in made.items():
        _compile(core, source, made_of_it)
    return list(made.values())


def _compile(core: Core, source: Path, made: Path, *more: str) -> None:
    size = "-Os" if source.parent == BOARDS or source.name in _SELDOM else "-O2"
    _run(core, [*_flags(core), *WARNINGS, size, *more, "-c", source, "-o", made])


def sizes(core: Core, elf: Path) -> tuple[int, int]:
    """Bytes of flash, and of memory without the stack."""
    lines = _output(core, "size", ["-A", elf]).splitlines()
    found = {words[0]: int(words[1]) for words in map(str.split, lines) if len(words) == 3 and words[1].isdigit()}
    return found[".text"] + found.get(".data", 0), found.get(".data", 0) + found.get(".bss", 0)


def symbols(core: Core, elf: Path) -> dict[str, int]:
    """Addresses of functions and variables."""
    lines = map(str.split, _output(core, "nm", [elf]).splitlines())
    return {words[2]: int(words[0], 16) for words in lines if len(words) == 3}


def _flags(core: Core) -> list[str | Path]:
    alone = ("-std=gnu99", "-ffreestanding", "-fno-tree-loop-distribute-patterns", "-fomit-frame-pointer")
    return [*core.flags, *alone, "-ffunction-sections", "-fdata-sections", "-I", RUNTIME, "-I", BOARDS]


def _linked(core: Core) -> list[str | Path]:
    where = {
        "SAFU_FLASH": core.flash,
        "SAFU_FLASH_BYTES": core.flash_bytes,
        "SAFU_RAM": core.ram,
        "SAFU_RAM_BYTES": core.ram_bytes,
        "SAFU_STACK_BYTES": STACK_BYTES,
    }
    placed = [f"-Wl,--defsym,{name}={value}" for name, value in where.items()]
    return [
        "-nostdlib",
        "-nostartfiles",
        "-T",
        BOARDS / "memory.ld",
        *placed,
        "-Wl,--gc-sections",
        *core.libraries,
        "-lgcc",
    ]


def _run(core: Core, words: Sequence[str | Path]) -> None:
    subprocess.run([f"{core.compiler}-gcc", *words], check=True)


def _output(core: Core, tool: str, words: Sequence[str | Path]) -> str:
    return subprocess.run([f"{core.compiler}-{tool}", *words], check=True, capture_output=True, text=True).stdout
