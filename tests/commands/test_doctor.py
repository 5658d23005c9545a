"""The doctor finds what is wrong, goes on looking, and says what to type."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from device import cli
from device.checks.sound import judged_sound
from device.checks.storage import check_storage
from device.demo.script import FOLDER, SOUNDS
from device.home.mqtt import MqttBus
from device.home.mqtt_home import MqttHome
from device.home.virtual import VirtualHouse
from device.journal import SqliteJournal
from device.settings import BrokerSettings, Settings
from tests.brokers import free_port
from tests.waiting import wait_until

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


def test_hum_and_offsets_are_judged() -> None:
    seconds = np.arange(32_000) / 16_000
    hum = np.rint(2_000 * np.sin(2 * np.pi * 50 * seconds)).astype(np.int16)
    noise = np.random.default_rng(0).integers(-200, 200, 32_000).astype(np.int16)
    for sound, told in ((hum, "hums"), (noise + np.int16(9_000), "offset")):
        finding = judged_sound("the microphone", sound)
        assert told in finding.what
        assert finding.hint


def test_what_a_running_safu_had_to_put_up_with_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mosquitto: tuple[str, int]
) -> None:
    host, port = mosquitto
    bus = MqttBus(BrokerSettings(host=host, port=port))
    arguments = ["doctor", RECORDING, "--storage", str(tmp_path / "safu"), "--broker", f"{host}:{port}"]
    home = MqttHome(bus, Settings(), SqliteJournal(":memory:"))
    try:
        wait_until(lambda: home.is_connected, "the broker")
        home.report_counters({"utterances": 40, "actions": 7, "talk": 30})
        cli.main(arguments)
        assert "✓ safu at work: 40 utterances, 7 actions, 0 lessons, 30 talk" in _line(capsys)
        home.report_counters({"utterances": 41, "overloaded": 2, "refused": 1})
        assert cli.main(arguments) == 1
        shown = _line(capsys)
        assert "since its start 2 times overloaded, 1 times refused" in shown
        assert "overloaded: turn its level down" in shown
        wait_until(lambda: bus.publish("safu/safu/counters", "{[", retain=True), "the broker")
        cli.main(arguments)
        assert "safu at work" not in _line(capsys), "what anybody may have written there is no counter"
    finally:
        home.close()


def _line(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_without_a_recogniser_a_sound_is_told_as_a_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "safu.toml"
    settings.write_text('[transcriber]\nengine = "acoustic"\n')
    recording = str(SOUNDS / "lesson_kitchen_light_on_1.flac")
    nowhere = f"127.0.0.1:{free_port()}"
    cli.main(["doctor", recording, "--settings", str(settings), "--storage", str(tmp_path), "--broker", nowhere])
    assert "✓ recogniser acoustic heard: (a sound of" in _line(capsys)


def test_without_a_microphone_it_says_so_and_goes_on(tmp_path: Path) -> None:
    """In a process of its own, as PortAudio never lets go of one; the name is one that no machine's card has."""
    environment = {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "PYTHONUTF8": "1",
        "SAFU_AUDIO_DEVICE": "no such microphone",
        "SAFU_BROKER_PASSWORD": "xyzzy",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "device", "doctor", "--storage", tmp_path, "--broker", f"127.0.0.1:{free_port()}"],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    assert "✗ microphone: " in ended.stdout
    assert "✗ broker: nothing listens" in ended.stdout
    assert "✓ storage: " in ended.stdout
    assert "starts; there was no sound" in ended.stdout
    assert "xyzzy" not in ended.stdout + ended.stderr


def test_the_words_of_a_recording_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mosquitto: tuple[str, int]
) -> None:
    host, port = mosquitto
    house = VirtualHouse(MqttBus(BrokerSettings(host=host, port=port)))
    try:
        cli.main(["doctor", RECORDING, "--storage", str(tmp_path / "safu"), "--broker", f"{host}:{port}"])
    finally:
        house.close()
    assert "heard: turn on the kitchen light" in capsys.readouterr().out


def test_a_storage_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    finding, _ = check_storage(tmp_path / "file" / "safu")
    assert not finding.ok
    assert "cannot be written" in finding.what
    assert finding.hint
