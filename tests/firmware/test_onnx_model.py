"""The file for onnxruntime answers as the integers do, after every word of any line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from device.safu.mixed_code import MixedCode
from firmware_export.exportable import Answers
from firmware_export.exported import Exported
from firmware_export.onnx_model import answers, write
from firmware_export.parity import compare
from tests.firmware.test_intents import WITHIN_REACH, exported, lines
from tests.firmware.test_text import LINES


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Exported, Answers[str | bytes]]]:
    model, folder = exported(17, 5, 90, "relu"), tmp_path_factory.mktemp("onnx")
    write(model, folder)
    with answers(model, folder) as runs:
        yield model, runs


def test_no_output_differs(tmp_path: Path) -> None:
    model = exported()
    assert [file.name for file in write(model, tmp_path)] == ["model.onnx", "names.json"]
    with answers(model, tmp_path) as runs:
        parity = compare(model, runs, [*lines(300), *model.made_up_lines()])
    assert parity.outputs > 120_000
    assert (parity.differing_outputs, parity.worst, parity.differing_actions) == (0, 0, 0)


def test_names_say_what_rows_and_columns_are(tmp_path: Path) -> None:
    model = exported(17, 5, 90)
    names = json.loads(write(model, tmp_path)[1].read_text(encoding="utf-8"))
    assert MixedCode(names["features"], names["rows"]).encode("lamp") == model.code.encode("lamp")
    assert names["actions"] == list(model.actions)


@WITHIN_REACH
@given(LINES)
def test_bytes_of_any_kind_are_a_line(small: tuple[Exported, Answers[str | bytes]], line: bytes) -> None:
    model, runs = small
    assert compare(model, runs, [line]).differing_outputs == 0
