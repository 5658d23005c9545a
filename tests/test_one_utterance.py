"""One utterance, all the way: a recording in, an MQTT message and a journal row out, on a real broker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from device.assembly import assembled
from device.audio.recording import RecordingMicrophone, load_pcm16, silence
from device.demo.script import FOLDER
from device.home.mqtt import MqttBus
from device.home.virtual import VirtualHouse
from device.journal_folder import open_journal
from device.loop import learn_from_the_house, run
from device.messages import Action, Frame
from device.settings import BrokerSettings, DecisionSettings, Settings, StorageSettings
from tests.waiting import wait_until


class Awaited:
    """A recording that begins once the house has been found."""

    def __init__(self, recording: Path) -> None:
        self._sound = RecordingMicrophone([np.concatenate([load_pcm16(recording), silence(1_500)])])

    def frames(self) -> Iterator[Frame]:
        yield from (replace(frame, ended_ms=frame.ended_ms + 100_000) for frame in self._sound.frames())

    def close(self) -> None:
        self._sound.close()


def hear(
    recording: str, mosquitto: tuple[str, int], folder: Path, *, observe: bool = False
) -> tuple[list[Action], Path]:
    """Play a recording to a warm-started assistant in the virtual house; return what reached the house."""
    broker = BrokerSettings(host=mosquitto[0], port=mosquitto[1])
    settings = Settings(
        broker=broker, storage=StorageSettings(folder=str(folder)), decision=DecisionSettings(observe=observe)
    )
    house = VirtualHouse(MqttBus(replace(broker, node="house")))
    try:
        with assembled(settings, Awaited(FOLDER / recording)) as assistant:

            def found() -> bool:
                assistant.now_ms += 32
                learn_from_the_house(assistant)
                known = [assistant.home.undo_of(Action(device, "on")) for device in assistant.devices or {}]
                return len(known) == 5 and None not in known

            wait_until(found, "the devices and their states")
            run(assistant)
            if not observe and assistant.counters["actions"]:
                wait_until(lambda: house.commands, "the command")
        return [command.action for command in house.commands], folder
    finally:
        house.close()


def test_a_recording_becomes_a_command_and_a_row(mosquitto: tuple[str, int], tmp_path: Path) -> None:
    commands, folder = hear("command_kitchen_light_on_same_1.flac", mosquitto, tmp_path / "safu")
    assert commands == [Action("kitchen_light", "on")]
    journal = open_journal(folder)
    (row,) = [entry for entry in journal.history(9) if entry["kind"] == "utterance"]
    journal.close()
    assert (row["words"], row["outcome"]) == ("turn on the kitchen light", "acted")
    assert row["action"] == "kitchen_light on"
    assert {feature for feature, _ in row["evidence"]} >= {"kitchen", "light", "on"}
    assert set(row["stage_ms"]) == {"transcribe", "predict", "act"}


def test_talk_becomes_nothing_and_is_not_kept(mosquitto: tuple[str, int], tmp_path: Path) -> None:
    commands, folder = hear("oov_talk_02.flac", mosquitto, tmp_path / "safu")
    assert commands == []
    journal = open_journal(folder)
    rows = [entry for entry in journal.history(9) if entry["kind"] == "utterance"]
    journal.close()
    assert rows
    assert all(row["words"] == "" for row in rows)


def test_observing_does_nothing(mosquitto: tuple[str, int], tmp_path: Path) -> None:
    commands, _ = hear("command_kitchen_light_on_same_1.flac", mosquitto, tmp_path / "safu", observe=True)
    assert commands == []
