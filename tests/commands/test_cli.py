"""Every command exists, teaches, and ends with the right exit code."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from device import cli


def safu(*arguments: str, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "device", *arguments], capture_output=True, text=True, timeout=timeout_s, check=False
    )


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_teaches(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = importlib.import_module(f"device.commands.{name}")
    assert command.__doc__
    with pytest.raises(SystemExit) as ended:
        cli.main([name, "--help"])
    assert ended.value.code == 0
    assert command.__doc__.splitlines()[0] in capsys.readouterr().out


def test_help_names_every_command() -> None:
    shown = safu("--help").stdout
    assert all(name in shown and line in shown for name, line in cli.COMMANDS.items())


def test_wrong_settings_end_with_two(tmp_path: Path) -> None:
    path = tmp_path / "safu.toml"
    path.write_text("[broker]\nprot = 1\n")
    ended = safu("--settings", str(path), "history")
    assert ended.returncode == 2
    assert "broker.prot" in ended.stderr
    assert safu("dance").returncode == 2


def test_history_of_nothing(tmp_path: Path) -> None:
    ended = safu("history", "--storage", str(tmp_path / "safu"))
    assert (ended.returncode, "nothing yet" in ended.stdout) == (0, True)


def test_the_unit_is_printed(tmp_path: Path) -> None:
    shown = safu("run", "--print-unit").stdout
    assert "ExecStart=/usr/local/bin/safu run" in shown
    assert "WatchdogSec=" in shown


def test_a_recording_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "note.wav"
    path.write_text("no sound")
    ended = safu("run", "--storage", str(tmp_path / "safu"), str(path))
    assert ended.returncode == 1
    assert "note.wav" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_say_works_without_a_running_safu(tmp_path: Path, mosquitto: tuple[str, int]) -> None:
    from device.home.mqtt import MqttBus
    from device.home.virtual import VirtualHouse
    from device.settings import BrokerSettings
    from tests.waiting import wait_until

    house = VirtualHouse(MqttBus(BrokerSettings(host=mosquitto[0], port=mosquitto[1])))
    try:
        broker = ["--broker", f"{mosquitto[0]}:{mosquitto[1]}", "--storage", str(tmp_path / "safu")]
        ended = safu("say", "turn on the kitchen light", *broker)
        assert ended.stdout.startswith("acted: kitchen_light on"), ended.stderr
        wait_until(lambda: house.states["kitchen_light"].command == "on", "the light")
    finally:
        house.close()
