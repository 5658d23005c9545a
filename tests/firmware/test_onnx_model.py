"""The file for onnxruntime answers as the integers do, after every word of any line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from firmware_export.exported import Exported
from firmware_export.onnx_model import answers_of_onnx, write_onnx
from firmware_export.parity import Answers, compare, made_up_lines
from tests.firmware.test_intents import WITHIN_REACH, exported, lines
from tests.firmware.test_text import LINES


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Exported, Answers]:
    model, file = exported(17, 5, 90, "relu"), tmp_path_factory.mktemp("onnx") / "model.onnx"
    write_onnx(model.model, file)
    return model, answers_of_onnx(model, file)


def test_no_output_differs(tmp_path: Path) -> None:
    model = exported()
    write_onnx(model.model, tmp_path / "model.onnx")
    parity = compare(model, answers_of_onnx(model, tmp_path / "model.onnx"), [*lines(300), *made_up_lines(model)])
    assert parity.outputs > 120_000
    assert (parity.differing_outputs, parity.worst, parity.differing_actions) == (0, 0, 0)


@WITHIN_REACH
@given(LINES)
def test_bytes_of_any_kind_are_a_line(small: tuple[Exported, Answers], line: bytes) -> None:
    model, answers = small
    assert compare(model, answers, [line]).differing_outputs == 0
