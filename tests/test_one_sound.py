"""A switch that learns sounds, all the way: recordings, flips, MQTT and a journal on disk, and back after a restart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from device.assembly import assembled
from device.demo.person import Person
from device.demo.script import SOUNDS, Recording, load_manifest
from device.home.mqtt import MqttBus
from device.home.virtual import VirtualHouse
from device.journal_folder import open_journal
from device.loop import run
from device.messages import NOTHING, Action
from device.settings import BrokerSettings, Settings, StorageSettings, TranscriberSettings

TAKES = {recording.file: recording for recording in load_manifest(SOUNDS)}
ON, OFF = Action("kitchen_light", "on"), Action("kitchen_light", "off")


def said(file: str) -> Recording:
    """Said by somebody who flips the switch if the house does not."""
    return replace(TAKES[file], kind="lesson")


def not_meant(file: str) -> Recording:
    """The same sound for no reason: whoever makes it flips back what the house does."""
    return replace(TAKES[file], kind="oov", action=None)


class Day:
    """A day in a house with a broker: what was said, what it did, and which lessons it kept."""

    def __init__(self, broker: BrokerSettings, folder: Path, *recordings: Recording) -> None:
        settings = Settings(
            broker=broker,
            transcriber=TranscriberSettings(engine="acoustic"),
            storage=StorageSettings(folder=str(folder)),
        )
        house = VirtualHouse(MqttBus(replace(broker, node="house")))
        self.person = Person(recordings, house, realtime=False)
        try:
            with assembled(settings, self.person) as assistant:
                assistant.notice = self.person.notice
                run(assistant)
        finally:
            house.close()
        self.did = [scene.commands for scene in self.person.scenes]
        journal = open_journal(folder)
        self.lessons = [(lesson.kind, lesson.action) for lesson in journal.lessons() if lesson.weight]
        journal.close()


def test_two_sounds_are_taught_corrected_and_still_known_after_a_restart(
    mosquitto: tuple[str, int], tmp_path: Path
) -> None:
    broker, folder = BrokerSettings(host=mosquitto[0], port=mosquitto[1]), tmp_path / "safu"
    first = Day(
        broker,
        folder,
        said("lesson_kitchen_light_on_1.flac"),
        said("lesson_kitchen_light_off_1.flac"),
        said("lesson_kitchen_light_on_2.flac"),
        said("lesson_kitchen_light_off_2.flac"),
        said("lesson_kitchen_light_on_3.flac"),
        said("lesson_kitchen_light_off_3.flac"),
    )
    assert first.did == [[], [], [ON], [OFF], [ON], [OFF]], "one flip each, and then none"
    assert first.person.flips == 2
    assert first.lessons == [("flip", ON), ("flip", OFF)]

    second = Day(
        broker,
        folder,
        not_meant("command_kitchen_light_on_5.flac"),
        said("command_kitchen_light_off_4.flac"),
        not_meant("command_kitchen_light_on_5.flac"),
        said("command_kitchen_light_off_6.flac"),
    )
    assert second.did == [[ON], [OFF], [], [OFF]], "known after a restart; and what was flipped back is not done again"
    assert second.lessons == [*first.lessons, ("correction", NOTHING)]
    assert second.person.flips == 1
