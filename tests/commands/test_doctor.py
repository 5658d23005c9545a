"""The doctor finds what is wrong, goes on looking, and says what to type."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device import cli
from device.commands.doctor import level
from device.demo.script import FOLDER
from device.home.mqtt import MqttBus
from device.home.virtual import VirtualHouse
from device.settings import BrokerSettings
from tests.brokers import free_port

RECORDING = str(FOLDER / "lesson_kitchen_light_on_1.flac")


def test_without_a_broker_everything_else_is_still_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["doctor", RECORDING, "--storage", str(tmp_path / "safu"), "--broker", f"127.0.0.1:{free_port()}"]
    assert cli.main(arguments) == 1
    shown = capsys.readouterr().out
    assert "nothing listens" in shown
    assert "--broker HOST" in shown
    assert "✓ journal" in shown
    assert "✓ sound" in shown


def test_with_a_broker_all_is_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mosquitto: tuple[str, int]
) -> None:
    host, port = mosquitto
    house = VirtualHouse(MqttBus(BrokerSettings(host=host, port=port)))
    try:
        assert cli.main(["doctor", RECORDING, "--storage", str(tmp_path / "safu"), "--broker", f"{host}:{port}"]) == 0
    finally:
        house.close()
    assert "bedside dimmer" in capsys.readouterr().out


def test_a_recording_that_is_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "doctor",
        str(tmp_path / "none.wav"),
        "--storage",
        str(tmp_path),
        "--broker",
        f"127.0.0.1:{free_port()}",
    ]
    assert cli.main(arguments) == 1
    assert "none.wav" in capsys.readouterr().out.replace("\n", "")


@pytest.mark.parametrize(("peak", "told"), [(0, "silence"), (32_767, "clips"), (9_000, "sound:")])
def test_levels_are_judged(peak: int, told: str) -> None:
    assert told in level(np.array([0, peak, -peak // 2], np.int16)).what
