"""The demonstration itself: a broker, a virtual house, a person, and the assistant between them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

from device.assembly import assembled
from device.assistant import Assistant, Notice
from device.demo.broker import embedded_broker
from device.demo.person import Person
from device.demo.score import summary
from device.demo.script import Recording
from device.home.mqtt import MqttBus
from device.home.virtual import VirtualHouse
from device.loop import run
from device.protocols import Microphone
from device.settings import BrokerSettings, LearningSettings, Settings, StorageSettings


@contextmanager
def stage(settings: Settings) -> Iterator[tuple[Settings, VirtualHouse]]:
    """A broker, unless one is configured, and the virtual house on it; the settings for a blank assistant there."""
    with (
        tempfile.TemporaryDirectory(prefix="safu-demo-") as folder,
        embedded_broker() if not settings.broker.host else nullcontext(0) as port,
    ):
        broker = settings.broker if settings.broker.host else BrokerSettings(host="127.0.0.1", port=port)
        house = VirtualHouse(MqttBus(replace(broker, node="house")))
        try:
            yield (
                replace(
                    settings,
                    broker=broker,
                    learning=LearningSettings(blank=True),
                    storage=StorageSettings(folder=folder),
                ),
                house,
            )
        finally:
            house.close()


def perform(
    settings: Settings,
    recordings: Sequence[Recording],
    *,
    realtime: bool,
    watch: Callable[[Person, VirtualHouse], Callable[[Notice], None]],
) -> dict[str, Any]:
    """Play the recordings to a blank assistant; return what came of it (`score.summary`)."""
    with stage(settings) as (blank, house):
        person = Person(recordings, house, realtime=realtime)
        watcher = watch(person, house)
        with assembled(blank, person) as assistant:
            assistant.notice = _both(person.notice, watcher)
            person.stop_learning = lambda: setattr(assistant, "learning", False)
            try:
                run(assistant)
            finally:
                person.on_end()
            return summary(person.scenes, assistant.journal.lessons(), person.flips)


@contextmanager
def listen(settings: Settings, microphone: Microphone) -> Iterator[tuple[VirtualHouse, Assistant]]:
    """The same house with a live microphone."""
    with stage(settings) as (blank, house), assembled(blank, microphone) as assistant:
        yield house, assistant


def _both(first: Callable[[Notice], None], second: Callable[[Notice], None]) -> Callable[[Notice], None]:
    def notice(noticed: Notice) -> None:
        first(noticed)
        second(noticed)

    return notice
