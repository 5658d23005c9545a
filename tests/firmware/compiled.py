"""The C runtime compiled for this machine, as a library that tests call."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

RUNTIME = Path(__file__).parents[2] / "firmware_export" / "runtime"
WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wconversion", "-pedantic")
COMPILERS = ("gcc", "clang")


@cache
def runtime(compiler: str) -> ctypes.CDLL:
    """All of the runtime; skips by name where the compiler is absent."""
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    library = Path(mkdtemp(prefix="safu_runtime_")) / "libsafu.so"
    sources = sorted(RUNTIME.glob("*.c"))
    command: list[str | Path] = [
        compiler,
        "-std=c99",
        "-O2",
        "-ffreestanding",
        *WARNINGS,
        "-shared",
        "-fPIC",
        *sources,
        "-o",
        library,
    ]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(library))
