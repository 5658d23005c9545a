"""Fuzzing: `firmware_export/fuzz/fuzz_*.c` with libFuzzer, and sanitisers that stop at undefined behaviour.

A target takes any bytes; what it found interesting is kept in `corpus/`, and grown by
`python -m tests.firmware.fuzzing TARGET SECONDS`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from device.safu.mixed_code import MixedCode
from firmware_export.c_source import array, header
from firmware_export.exported import Exported
from firmware_export.host import RUNTIME
from tests.images import FEATURES, integers

FOLDER = RUNTIME.parent / "fuzz"
CORPUS = Path(__file__).parent / "corpus"
TARGETS = tuple(sorted(path.stem for path in FOLDER.glob("fuzz_*.c")))
_SANITISED = ("-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all", "-g", "-O1")
_FLAGS: tuple[str | Path, ...] = (*_SANITISED, "-std=c99", "-I", RUNTIME)
_kept = TemporaryDirectory(prefix="safu_fuzzing_")
_LONGEST_INPUT = 4_096
_HASH = 40
"""Characters of the names that libFuzzer gives."""


def built(target: str, folder: Path, instead: Path | None = None) -> Path:
    """The program, with one source of the runtime replaced `instead`; skips by name where clang is absent."""
    if shutil.which("clang") is None:
        pytest.skip("clang is not installed")
    model = Exported(integers(6, 5, 40), MixedCode(FEATURES, 40), tuple(f"lamp {number}" for number in range(5)))
    data = model.image().pack()
    (folder / "safu_model.h").write_text(header(model.in_c(), len(data)))
    (folder / "safu_model.c").write_text(array(data))
    program = folder / target
    objects = dict(_objects())
    if instead is not None:
        objects[instead.stem] = _compiled(instead, folder)
    sources = [FOLDER / f"{target}.c", folder / "safu_model.c", *objects.values()]
    subprocess.run(["clang", *_FLAGS, "-I", folder, *sources, "-o", program], check=True)
    return program


@cache
def _objects() -> Mapping[str, Path]:
    """The runtime, compiled once, by the names of its sources."""
    return {source.stem: _compiled(source, Path(_kept.name)) for source in sorted(RUNTIME.glob("*.c"))}


def _compiled(source: Path, folder: Path) -> Path:
    made = folder / f"{source.stem}.o"
    subprocess.run(["clang", *_FLAGS, "-c", source, "-o", made], check=True)
    return made


def fuzz(program: Path, *limits: str) -> str:
    """Run it from the corpus on; what it says. Raises `CalledProcessError` at the first finding."""
    found = program.parent / "found"
    found.mkdir(exist_ok=True)
    folders = [found, CORPUS / program.name]
    command: list[str | Path] = [
        program,
        *limits,
        f"-max_len={_LONGEST_INPUT}",
        f"-artifact_prefix={program.parent}/",
        *folders,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr)  # noqa: T201  # pytest shows it
        done.check_returncode()
    return done.stderr


def grow(target: str, seconds: int) -> None:
    """Fuzz, and keep the fewest inputs that reach as much, and those that somebody named."""
    with TemporaryDirectory() as folder:
        program = built(target, Path(folder))
        (CORPUS / target).mkdir(parents=True, exist_ok=True)
        fuzz(program, f"-max_total_time={seconds}")
        fewest = Path(folder) / "fewest"
        fewest.mkdir()
        merged: list[str | Path] = [program, "-set_cover_merge=1", fewest, CORPUS / target, program.parent / "found"]
        subprocess.run(merged, check=True, capture_output=True)
        for path in (CORPUS / target).iterdir():
            if len(path.name) == _HASH:
                path.unlink()
        shutil.copytree(fewest, CORPUS / target, dirs_exist_ok=True)


if __name__ == "__main__":
    grow(sys.argv[1], int(sys.argv[2]))
