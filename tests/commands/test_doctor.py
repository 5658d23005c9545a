"""The doctor finds what is wrong, goes on looking, and says what to type."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device import cli
from device.commands.doctor import judged_sound
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
    assert "--broker" in shown
    assert "✓ recogniser" in shown


def test_with_a_broker_all_is_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mosquitto: tuple[str, int]
) -> None:
    host, port = mosquitto
    house = VirtualHouse(MqttBus(BrokerSettings(host=host, port=port)))
    try:
        assert cli.main(["doctor", RECORDING, "--storage", str(tmp_path / "safu"), "--broker", f"{host}:{port}"]) == 0
    finally:
        house.close()
    assert "broker: connected" in capsys.readouterr().out


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


@pytest.mark.parametrize(("peak", "told"), [(0, "silent"), (32_767, "clipping"), (9_000, "sound at")])
def test_levels_are_judged(peak: int, told: str) -> None:
    sound = np.tile(np.array([peak, -peak], np.int16), 8_000)
    assert told in judged_sound("the microphone", sound).what
