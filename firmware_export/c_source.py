"""A model as C: a folder with the runtime, the model as an array, and examples. It compiles as it is.

    src/       the runtime (`runtime/`), safu_model.c and safu_model.h
    examples/  host/main.c, the program at the beginning of safu.h; Commands, for Arduino
    library.properties, library.json, src/CMakeLists.txt     for Arduino, PlatformIO and CMake
    safu_model.bin     the model alone

Left out: images for boards, with a start-up of their own (`boards/`).
"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from device.errors import ExportError
from device.safu.interleaved import padded
from firmware_export.exported import Exported
from firmware_export.host import RUNTIME, HostIntents, library
from firmware_export.parity import Answers
from firmware_export.tables import listed

EXACT = True
_LIBRARY = Path(__file__).parent / "library"
_PER_LINE = 8
_HEADER = """\
/* A model, made by safu-export. */
#ifndef SAFU_MODEL_H
#define SAFU_MODEL_H

#include <stdint.h>

enum {{
    SAFU_MODEL_SIZE = {size},     /* bytes of the model */
    SAFU_MODEL_ACTIONS = {actions}, /* logits of an answer */
    SAFU_MODEL_MEMORY = {memory}  /* bytes that a sentence takes */
}};

#ifdef __cplusplus
extern "C" {{
#endif
extern const uint32_t safu_model[SAFU_MODEL_SIZE / 4];
#ifdef __cplusplus
}}
#endif

#endif
"""


def write(exported: Exported, folder: Path) -> list[Path]:
    """Write the folder anew; returns its files. Raises `ExportError` for a folder of something else."""
    if folder.exists() and not (folder / "src" / "safu.h").is_file():
        raise ExportError(f"{folder} exists, and is no export of ours", hint="name another with --out")
    data = exported.image().pack()
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_LIBRARY, folder)
    shutil.copytree(RUNTIME, folder / "src")
    (folder / "src" / "safu_model.h").write_text(header(exported, len(data)), encoding="ascii")
    (folder / "src" / "safu_model.c").write_text(array(data), encoding="ascii")
    (folder / "safu_model.bin").write_bytes(data)
    example = folder / "examples" / "host" / "main.c"
    example.parent.mkdir()
    example.write_text(first_screen(), encoding="ascii")
    return sorted(path for path in folder.rglob("*") if path.is_file())


def array(data: bytes) -> str:
    """An image as C: in words, so that it is aligned."""
    words = listed(np.frombuffer(data, "<u4"), _PER_LINE, "{:#010x}")
    return f'#include "safu_model.h"\n\nconst uint32_t safu_model[{len(data) // 4}] = {{\n{words}}};\n'


def header(exported: Exported, size: int) -> str:
    """What a program must know of the image."""
    memory = 6 * padded(exported.model.inputs.shape[0])
    return _HEADER.format(size=size, actions=len(exported.actions), memory=memory)


def first_screen() -> str:
    """The program at the beginning of safu.h."""
    comment = (RUNTIME / "safu.h").read_text(encoding="ascii").partition("*/")[0].splitlines()
    program = [line.removeprefix(" *") for line in comment if line.startswith(" *     ") or line == " *"]
    return textwrap.dedent("\n".join(program)).strip() + "\n"


@contextmanager
def answers(_: Exported, folder: Path) -> Iterator[Answers]:
    """The export run on this machine. Raises `ExportError` if there is no C compiler."""
    with library(runtime=folder / "src") as made:
        yield HostIntents(made, (folder / "safu_model.bin").read_bytes()).answers
