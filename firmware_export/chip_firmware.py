"""A whole chip as a program, `boards/chip.c`: for this machine, its flash a file, or for a core that QEMU plays.

It answers lines (`runtime/LINES.md`) on standard input and output, as the firmware of a board does on its serial port;
`at_socket` starts one that answers at a TCP port, for `safu bridge --socket`. Left out: flash that outlives QEMU.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from device.chip.brain import Room
from device.chip.double import LINE_BYTES
from device.chip.flash import PAGE_BYTES, SLOT_BYTES
from device.errors import ExportError
from firmware_export.cores import BOARDS, CORES, RUNTIME, Core, Firmware, build
from firmware_export.emulator import command

_FLAGS = ("-std=gnu99", "-O2", "-Wall", "-Wextra", "-Werror", "-Wconversion")


@dataclass(frozen=True, slots=True)
class ChipSizes:
    """What a chip has; the default is that of its double."""

    room: Room = field(default_factory=Room)
    line_bytes: int = LINE_BYTES
    memory_bytes: int = 64 * 1024
    """For the model that acts, and what is learned."""
    page_bytes: int = PAGE_BYTES
    saved_pages: int = 8
    """Of flash, for lessons; two slots for models come after them."""
    slot_bytes: int = SLOT_BYTES
    """The greatest model that fits."""

    def definitions(self) -> dict[str, int]:
        """What the program is to be compiled with."""
        saved = self.saved_pages * self.page_bytes
        return {
            "SAFU_MEMORY_BYTES": self.memory_bytes,
            "SAFU_LINE_BYTES": self.line_bytes,
            "SAFU_PAGE_BYTES": self.page_bytes,
            "SAFU_SAVED_BYTES": saved,
            "SAFU_WRITABLE_BYTES": saved + 2 * (self.slot_bytes + self.page_bytes),
            "SAFU_ROWS": self.room.rows,
            "SAFU_PHRASES": self.room.phrases,
            "SAFU_NAMES": self.room.names,
        }


def for_host(folder: Path, image: bytes, sizes: ChipSizes, compiler: str = "cc", *flags: str) -> Path:
    """The program in `folder` for this machine, whose own model is `image`; of no bytes: it has none.

    Raises `ExportError` if there is no such compiler, or if it complains.
    """
    if shutil.which(compiler) is None:
        raise ExportError(f"there is no C compiler {compiler} here", hint="install one, such as: apt install gcc")
    own, program = folder / "own.image", folder / "chip"
    own.write_bytes(image)
    sources = [*sorted(RUNTIME.glob("*.c")), *(BOARDS / name for name in ("chip.c", "host.c", "model.S"))]
    defined = [f"-D{name}={value}" for name, value in sizes.definitions().items()]
    words = [compiler, *_FLAGS, *flags, *defined, f'-DSAFU_MODEL="{own}"', "-I", RUNTIME, *sources, "-o", program]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise ExportError(f"{compiler} does not compile the chip: {done.stderr.strip()}")
    return program


def for_core(core: Core, folder: Path, image: bytes, sizes: ChipSizes, port: str = "semihosting.c") -> Firmware:
    """The same as a firmware; memory plays its flash. Raises `CalledProcessError` if a compiler refuses."""
    own = folder / "own.image"
    own.write_bytes(image)
    more = (BOARDS / "memory_flash.c",)
    return build(core, BOARDS / "chip.c", own, folder, sizes.definitions(), more, port)


def at_socket(folder: Path, image: bytes, sizes: ChipSizes, port: int) -> subprocess.Popen[bytes]:
    """A Cortex-M4 in QEMU, its serial port at a TCP port of this machine, whoever connects and however often."""
    words = command(for_core(CORES["m4"], folder, image, sizes, "uart.c"))
    words[words.index("-serial") + 1] = f"tcp:127.0.0.1:{port},server=on,wait=off,nodelay=on"
    return subprocess.Popen(words)
