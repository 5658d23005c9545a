"""Which backend runs models: by the settings; a missing package is said before anything is heard."""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from device import cli
from device.assembly import anticipator, assembled
from device.audio.recording import RecordingMicrophone, silence
from device.checks.parts import check_backend
from device.errors import BackendError
from device.safu.bundle import Bundle, Header
from device.safu.model import Architecture
from device.safu.slow import SlowModel
from device.settings import ModelSettings, Settings, StorageSettings
from tests.integer_models import made

ONNX = Settings(model=ModelSettings(backend="onnx"))
LITERT = Settings(model=ModelSettings(backend="litert"))


@pytest.fixture
def without_runtimes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a device where nobody installed the extras."""
    for package in ("onnxruntime", "ai_edge_litert"):
        monkeypatch.setitem(sys.modules, package, None)
    for module in ("device.backends.onnx", "device.backends.litert"):
        monkeypatch.delitem(sys.modules, module, raising=False)


@pytest.mark.usefixtures("without_runtimes")
@pytest.mark.parametrize("settings", [ONNX, LITERT])
def test_a_missing_package_is_said_at_the_start_and_by_the_doctor(settings: Settings, tmp_path: Path) -> None:
    settings = replace(settings, storage=StorageSettings(folder=str(tmp_path)))
    backend = settings.model.backend
    with (
        pytest.raises(BackendError, match=f"{backend}, but .* pip install 'safu.{backend}.', or set model.backend to"),
        assembled(settings, RecordingMicrophone([silence(32)])),
    ):
        pass
    finding = check_backend(settings)
    assert not finding.ok
    assert f"safu[{backend}]" in finding.hint


@pytest.mark.usefixtures("without_runtimes")
def test_it_is_one_plain_line_and_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAFU_MODEL_BACKEND", "onnx")
    assert cli.main(["say", "dinner is ready", "--storage", str(tmp_path)]) == 1
    assert "pip install 'safu[onnx]'" in capsys.readouterr().err


def test_the_doctor_says_what_runs_models() -> None:
    assert check_backend(Settings()).what == "backend: numpy runs the models that a trainer delivers"


def test_a_model_that_the_backend_cannot_run_is_run_by_numpy(caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("ai_edge_litert")
    model = made(activation="relu", actions=2)
    architecture = Architecture(0, 0, 2, document=500, hidden=32, activation="relu")
    header = Header(architecture, actions=("\t", "lamp\ton"), features=("lamp",), version=7)
    slow = SlowModel(Bundle(header, model))
    with caplog.at_level(logging.WARNING):
        assert anticipator(LITERT, slow)._slow is slow
    assert "model 7 is run by numpy: its activation relu has no form in eight bits" in caplog.text
