"""A whole chip on this machine: the runtime and `boards/chip.c`, compiled by its C compiler, its flash a file.

It answers on standard input and output, as the firmware of a board does on its serial port. Left out: boards.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from device.chip.brain import Room
from device.chip.double import LINE_BYTES, PAGE_BYTES, SLOT_BYTES
from device.errors import ExportError
from firmware_export.host import RUNTIME

BOARDS = Path(__file__).parent / "boards"
SAVED_PAGES = 8
"""Of flash, for lessons; two slots for models come after them."""
MEMORY_BYTES = 64 * 1024
_FLAGS = ("-std=gnu99", "-O2", "-Wall", "-Wextra", "-Werror", "-Wconversion")


def definitions(room: Room, *, line_bytes: int = LINE_BYTES, slot_bytes: int = SLOT_BYTES) -> dict[str, int]:
    """What `boards/chip.c` is to be compiled with."""
    saved = SAVED_PAGES * PAGE_BYTES
    return {
        "SAFU_MEMORY_BYTES": MEMORY_BYTES,
        "SAFU_LINE_BYTES": line_bytes,
        "SAFU_PAGE_BYTES": PAGE_BYTES,
        "SAFU_SAVED_BYTES": saved,
        "SAFU_FLASH_BYTES": saved + 2 * (slot_bytes + PAGE_BYTES),
        "SAFU_ROWS": room.rows,
        "SAFU_PHRASES": room.phrases,
        "SAFU_NAMES": room.names,
    }


def build(folder: Path, image: bytes, room: Room, compiler: str = "cc", flags: tuple[str, ...] = ()) -> Path:
    """The program in `folder`, whose own model is `image`; nothing: it has none.

    Raises `ExportError` if there is no such compiler, or if it complains.
    """
    if shutil.which(compiler) is None:
        raise ExportError(f"there is no C compiler {compiler} here", hint="install one, such as: apt install gcc")
    (folder / "own.image").write_bytes(image)
    program = folder / "chip"
    sources = [*sorted(RUNTIME.glob("*.c")), *(BOARDS / name for name in ("chip.c", "host.c", "model.S"))]
    sizes = [f"-D{name}={value}" for name, value in definitions(room).items()]
    model = f'-DSAFU_MODEL="{folder / "own.image"}"'
    command = [compiler, *_FLAGS, *flags, *sizes, model, "-I", RUNTIME, *sources, "-o", program]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise ExportError(f"{compiler} does not compile the chip: {done.stderr.strip()}")
    return program
