"""A firmware in QEMU: bytes in, bytes out, and the exact number of instructions between two of its functions.

The count comes from a plugin of our own (`boards/roi.c`). QEMU runs the instructions of a core but not its cycles:
no time is claimed from here. Left out: building (`cores.py`).
"""

from __future__ import annotations

import atexit
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, mkdtemp

from firmware_export.cores import BOARDS, Firmware

PATIENCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a firmware said, and what it took."""

    output: bytes
    exit_code: int
    instructions: tuple[int, ...] = ()
    """Of every time from `safu_begin` to `safu_end`; empty if they were not to be counted."""


def run(firmware: Firmware, lines: bytes, *, count: bool = False, flash: Path | None = None) -> Answer:
    """Everything that the firmware answers to these bytes. Raises `TimeoutExpired` if it does not come to an end.

    `flash` is the folder that keeps the flash of a firmware that has one (`boards/file_flash.h`).
    """
    with TemporaryDirectory(prefix="safu_qemu_") as folder:
        counted = Path(folder) / "counted"
        counting = _counting(firmware, counted) if count else []
        done = subprocess.run(
            [*command(firmware), *counting],
            input=lines,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
            cwd=flash or folder,
        )
        found = tuple(map(int, counted.read_text().split())) if counted.exists() else ()
    return Answer(done.stdout, done.returncode, found)


def command(firmware: Firmware) -> list[str]:
    """How QEMU is started: its standard input and output are those of the board."""
    core = firmware.core
    bios = ["-bios", "none"] if core.machine == "virt" else []
    quiet = ["-display", "none", "-monitor", "none", "-serial", "none"]
    host = ["-semihosting-config", "enable=on,target=native"]
    return [core.emulator, "-M", core.machine, *bios, *quiet, *host, "-kernel", str(firmware.elf.absolute())]


def _counting(firmware: Firmware, out: Path) -> list[str]:
    begin, end = (firmware.symbols[name] & ~1 for name in ("safu_begin", "safu_end"))
    return ["-plugin", f"{plugin()},begin={begin:#x},end={end:#x},out={out}"]


@cache
def plugin() -> Path:
    """The plugin that counts, compiled for this machine."""
    folder = Path(mkdtemp(prefix="safu_plugin_"))
    atexit.register(rmtree, folder)
    made = folder / "libroi.so"
    subprocess.run(
        ["gcc", "-O2", "-Wall", "-Werror", "-Wextra", "-shared", "-fPIC", BOARDS / "roi.c", "-o", made], check=True
    )
    return made
