"""A model as C: a folder with the runtime, the model as an array, and examples. It compiles as it is.

    src/       the runtime (`runtime/`), safu_model.c and safu_model.h
    examples/  host/main.c, the program at the beginning of safu.h, or of safu_stream.h for a streaming model;
               Commands or Stream, for Arduino
    library.properties, library.json, src/CMakeLists.txt     for Arduino, PlatformIO and CMake
    safu_model.bin     the model alone

Left out: images for boards, with a start-up of their own (`boards/`).
"""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from device.errors import ExportError
from firmware_export.exportable import Answers, Exportable, InC, Line
from firmware_export.host import RUNTIME, library
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
{numbers}}};

#ifdef __cplusplus
extern "C" {{
#endif
extern const uint32_t safu_model[SAFU_MODEL_SIZE / 4];
{texts}#ifdef __cplusplus
}}
#endif

#endif
"""


def write(exported: Exportable[Any], folder: Path) -> list[Path]:
    """Write the folder anew; returns its files. Raises `ExportError` for a folder of something else."""
    if folder.exists() and not (folder / "src" / "safu.h").is_file():
        raise ExportError(f"{folder} exists, and is no export of ours", hint="name another with --out")
    data, in_c = exported.image().pack(), exported.in_c()
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_LIBRARY, folder, ignore=shutil.ignore_patterns("examples"))
    shutil.copytree(_LIBRARY / "examples" / in_c.sketch, folder / "examples" / in_c.sketch)
    shutil.copytree(RUNTIME, folder / "src")
    (folder / "src" / "safu_model.h").write_text(header(in_c, len(data)), encoding="ascii")
    (folder / "src" / "safu_model.c").write_text(array(data) + texts(in_c.texts), encoding="ascii")
    (folder / "safu_model.bin").write_bytes(data)
    example = folder / "examples" / "host" / "main.c"
    example.parent.mkdir()
    example.write_text(first_screen(in_c.program), encoding="ascii")
    return sorted(path for path in folder.rglob("*") if path.is_file())


def array(data: bytes) -> str:
    """An image as C: in words, so that it is aligned."""
    words = listed(np.frombuffer(data, "<u4"), _PER_LINE, "{:#010x}")
    return f'#include "safu_model.h"\n\nconst uint32_t safu_model[{len(data) // 4}] = {{\n{words}}};\n'


def texts(tables: Mapping[str, Sequence[str]]) -> str:
    """Tables of texts as C."""
    found = ""
    for name, table in tables.items():
        lines = "".join(f"    {literal(text)},\n" for text in table)
        found += f"\nconst char *const {name}[{len(table)}] = {{\n{lines}}};\n"
    return found


def literal(text: str) -> str:
    r"""A text as C: UTF-8, and in octal whatever is no letter, digit or harmless.

    >>> print(literal('say "ä1"'))
    "say \042\303\2441\042"
    """
    escaped = re.sub(rb"[^A-Za-z0-9 .,_<>#-]", lambda found: b"\\%03o" % found[0][0], text.encode())
    return f'"{escaped.decode()}"'


def header(in_c: InC, size: int) -> str:
    """What a program must know of the image, which is of so many bytes."""
    numbers = {"SIZE": (size, "bytes of the model"), **in_c.numbers}
    return _HEADER.format(
        numbers="".join(
            f"    SAFU_MODEL_{name} = {number}, /* {what} */\n" for name, (number, what) in numbers.items()
        ),
        texts="".join(f"extern const char *const {name}[{len(table)}];\n" for name, table in in_c.texts.items()),
    )


def first_screen(name: str) -> str:
    """The program at the beginning of a header of the runtime."""
    comment = (RUNTIME / name).read_text(encoding="ascii").partition("*/")[0].splitlines()
    program = [line.removeprefix(" *") for line in comment if line.startswith(" *     ") or line == " *"]
    return textwrap.dedent("\n".join(program)).strip() + "\n"


@contextmanager
def answers(exported: Exportable[Line], folder: Path) -> Iterator[Answers[Line]]:
    """The export run on this machine. Raises `ExportError` if there is no C compiler."""
    with library(runtime=folder / "src") as made:
        yield exported.on_host(made, (folder / "safu_model.bin").read_bytes())
