"""The runtime as others take it: CMake, Arduino, PlatformIO, C++; and what was generated is what would be."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from firmware_export.c_source import write
from firmware_export.exportable import Exportable
from firmware_export.exported import Exported
from firmware_export.exported_stream import ExportedStream
from firmware_export.host import RUNTIME
from firmware_export.tables import WRITTEN, tables
from tests.firmware.test_export import ACTIONS, TEXTS, floats
from tests.streams import integer_stream

VERSION = tomllib.loads((RUNTIME.parents[1] / "pyproject.toml").read_text())["project"]["version"]
_CONSUMER = """
cmake_minimum_required(VERSION 3.16)
project(consumer LANGUAGES C)
find_package(safu 0.1 REQUIRED)
add_executable(commands main.c)
target_link_libraries(commands PRIVATE safu::safu)
"""


MODELS: dict[str, Exportable[Any]] = {
    "commands": Exported.of_bundle(floats()),
    "stream": ExportedStream(integer_stream(), *2 * (tuple(map(str, range(30))),)),
}


@pytest.fixture
def export(tmp_path: Path) -> Path:
    write(MODELS["commands"], tmp_path / "c")
    return tmp_path / "c"


def cmake(*arguments: str | Path) -> None:
    subprocess.run(["cmake", *arguments], check=True, capture_output=True)


def test_another_project_finds_the_package(export: Path, tmp_path: Path) -> None:
    if shutil.which("cmake") is None:
        pytest.skip("cmake is not installed")
    cmake("-S", export / "src", "-B", tmp_path / "build", "-DCMAKE_C_FLAGS=-Werror")
    cmake("--build", tmp_path / "build")
    cmake("--install", tmp_path / "build", "--prefix", tmp_path / "installed")
    consumer = tmp_path / "consumer"
    consumer.mkdir()
    (consumer / "CMakeLists.txt").write_text(_CONSUMER)
    shutil.copy(export / "examples" / "host" / "main.c", consumer)
    cmake("-S", consumer, "-B", consumer / "build", f"-DCMAKE_PREFIX_PATH={tmp_path / 'installed'}")
    cmake("--build", consumer / "build")
    program = [consumer / "build" / "commands"]
    spoken = subprocess.run(program, input="\n".join(TEXTS), capture_output=True, text=True, check=True).stdout
    assert len(spoken.splitlines()) == len(TEXTS)
    assert all(line.startswith(ACTIONS) for line in spoken.splitlines())


def test_the_library_has_the_form_that_arduino_and_platformio_ask_for(export: Path) -> None:
    lines = (export / "library.properties").read_text().splitlines()
    properties = dict(line.split("=", 1) for line in lines)
    needed = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"}
    assert needed <= properties.keys()
    library = json.loads((export / "library.json").read_text())
    assert properties["version"] == library["version"] == VERSION
    assert f"VERSION {VERSION} " in (RUNTIME / "CMakeLists.txt").read_text()
    assert (export / "src" / properties["includes"]).is_file()
    assert (export / "src" / library["headers"]).is_file()
    (sketch,) = (export / "examples").rglob("*.ino")
    assert sketch.stem == sketch.parent.name, "a sketch is called as its folder is"


@pytest.mark.parametrize("name", MODELS)
def test_the_sketch_compiles_as_arduino_does_it(name: str, tmp_path: Path) -> None:
    """As C++, with what Arduino puts before a sketch; without its tools this is as near as it gets."""
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    (tmp_path / "Arduino.h").write_text(
        "#include <stddef.h>\n#include <stdint.h>\n"
        "struct Port { void begin(long); size_t readBytesUntil(char, char *, size_t);"
        " size_t readBytes(char *, size_t);"
        " size_t print(const char *); size_t print(char); size_t println(const char *); size_t println(uint32_t); };\n"
        "extern Port Serial;\n"
    )
    export = tmp_path / "c"
    write(MODELS[name], export)
    (sketch,) = (export / "examples").rglob("*.ino")
    includes: list[str | Path] = ["-I", tmp_path, "-include", "Arduino.h", "-I", export / "src"]
    flags = ["-x", "c++", "-Wall", "-Wextra", "-Werror"]
    subprocess.run(["g++", *flags, *includes, "-c", sketch, "-o", tmp_path / "sketch.o"], check=True)


def test_one_header_includes_all() -> None:
    text = (RUNTIME / "safu.h").read_text()
    for header in sorted(RUNTIME.glob("safu_*.h")):
        assert f'#include "{header.name}"' in text


def test_the_tables_are_those_of_the_integers() -> None:
    assert WRITTEN.read_text() == tables(), "python -m firmware_export.tables"
