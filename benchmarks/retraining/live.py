"""From the flip of a switch to the first prediction by the model that was trained for it: real broker, real clocks.

A device with 1,000 lessons in its journal lives at the speed of its frames in a thread of its own; a trainer watches
from another. Words are put in as a request, a hand flips a switch of the virtual house, and the clock runs until the
device predicts with a newer model. The lessons are sentences of `nlu_home`; every intent means one action of the house.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.corrections import Sentence
from device.assembly import assembled
from device.assistant import Assistant
from device.audio.recording import RecordingMicrophone, silence
from device.home.mqtt import MqttBus
from device.home.virtual import DEVICES, VirtualHouse
from device.host import KEYS
from device.journal import open_journal
from device.keys import KeyRing, new_ring, public_key, save_ring
from device.loop import step
from device.messages import FRAME_BYTES, FRAME_MS, FULL_LESSON, Action, Frame, Lesson, Request
from device.requests import handle_request
from device.settings import BrokerSettings, LearningSettings, Settings, StorageSettings, TrainerSettings
from tests.brokers import mosquitto
from trainer.household_store import open_store
from trainer.watch import Watch

ACTIONS = [Action(device.id, command) for device in DEVICES for command in ("on", "off")]
_LONGEST_S = 90.0
_LOOK_S = 0.005


def flips_to_live_s(said: Sequence[Sentence], stored: int, flips: int) -> Iterator[float]:
    """Seconds from each flip to the first prediction by a newer model; a flip that brings none takes `_LONGEST_S`."""
    intents = sorted({sentence.meaning.label for sentence in said})
    meant = {intent: ACTIONS[place % len(ACTIONS)] for place, intent in enumerate(intents)}
    with tempfile.TemporaryDirectory() as folder, mosquitto(Path(folder)) as (host, port):
        settings = Settings(
            broker=BrokerSettings(host=host, port=port),
            learning=LearningSettings(blank=True),
            storage=StorageSettings(folder=f"{folder}/device"),
            trainer=TrainerSettings(folder=f"{folder}/trainer"),
        )
        ring = _paired(Path(folder))
        _fill(settings, [(s.words, meant[s.meaning.label]) for s in said[:stored]])
        with _living(settings) as device, _watched(settings, ring):
            device.wait_for_newer(0)
            for sentence in said[stored : stored + flips]:
                yield device.taught(sentence.words, meant[sentence.meaning.label])


def _paired(folder: Path) -> KeyRing:
    """Keys of both, as pairing would have left them; returns the trainer's."""
    ours, theirs = new_ring(), new_ring()
    save_ring(folder / "device" / KEYS, replace(ours, house="h", peer=public_key(theirs.public)))
    return replace(theirs, house="h", peer=public_key(ours.public))


def _fill(settings: Settings, taught: Sequence[tuple[tuple[str, ...], Action]]) -> None:
    journal = open_journal(settings.storage.path)
    for words, action in taught:
        journal.record_lesson(Lesson(words, action, FULL_LESSON, "said"))
    journal.close()


class _Device:
    """Lives in the thread that calls `live`, journal and all; others ask it through `asked`."""

    def __init__(self, settings: Settings, house: VirtualHouse) -> None:
        self._settings, self._house = settings, house
        self._asked: list[Request] = []
        self._assistant: Assistant | None = None
        self.is_over = False

    def live(self) -> None:
        with assembled(self._settings, RecordingMicrophone([silence(FRAME_MS)])) as assistant:
            self._assistant = assistant
            due_s = time.monotonic()
            while not self.is_over:
                while self._asked:
                    handle_request(assistant, self._asked.pop(0))
                step(assistant, Frame(bytes(FRAME_BYTES), assistant.now_ms + FRAME_MS))
                due_s += FRAME_MS / 1000
                time.sleep(max(0.0, due_s - time.monotonic()))

    @property
    def version(self) -> int:
        """Of the model that its predictions come from by now."""
        host = self._assistant.host if self._assistant else None
        standing = host.standing() if host else None
        return standing[0] if standing else 0

    @property
    def _lessons(self) -> int:
        return len(self._assistant.lessons) if self._assistant else 0

    def wait_for_newer(self, version: int) -> None:
        deadline_s = time.monotonic() + _LONGEST_S
        while self.version <= version and time.monotonic() < deadline_s:
            time.sleep(_LOOK_S)

    def taught(self, words: Sequence[str], action: Action) -> float:
        """Words that nobody understood, and the hand that says what they meant."""
        before, lessons = self.version, self._lessons
        self._house.flip(Action(action.device, "off" if action.command == "on" else "on"))
        time.sleep(1.0)  # the device is as it was before the words
        self._asked.append(Request("say", " ".join(words)))
        time.sleep(0.5)
        started_s = time.monotonic()
        self._house.flip(action)
        deadline_s = started_s + _LONGEST_S
        while self.version <= before and time.monotonic() < deadline_s:
            time.sleep(_LOOK_S)
        return time.monotonic() - started_s if self._lessons > lessons else _LONGEST_S


@contextmanager
def _living(settings: Settings) -> Iterator[_Device]:
    house = VirtualHouse(MqttBus(settings.broker))
    device = _Device(settings, house)
    thread = threading.Thread(target=device.live, name="device")
    thread.start()
    try:
        yield device
    finally:
        device.is_over = True
        thread.join()
        house.close()


@contextmanager
def _watched(settings: Settings, ring: KeyRing) -> Iterator[None]:
    """A trainer at work, in a thread of its own."""
    is_over = threading.Event()
    store, bus = open_store(settings), MqttBus(settings.broker)
    watch = Watch(bus, store, {settings.broker.node: ring}, settings)
    thread = threading.Thread(target=lambda: watch.run(is_over.is_set), name="trainer")
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        bus.close()
        store.close()
