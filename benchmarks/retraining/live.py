"""From the flip of a switch to the first prediction by the model that was trained for it: real broker, real clocks.

A device with 1,000 lessons in its journal lives at the speed of its frames in a thread of its own; a trainer watches
from another. Words are put in as a request, a hand flips a switch, and the clock runs until the device predicts with a
newer model. The house has a switch for each of the 64 intents of `nlu_home`; the words are known ones and a "please",
so that the flip is no coincidence. A round whose challenger does not pass makes no model: such flips are counted, not
timed.
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
from device.host import KEYS
from device.journal import open_journal
from device.keys import KeyRing, new_ring, public_key, save_ring
from device.loop import step
from device.messages import FRAME_BYTES, FRAME_MS, FULL_LESSON, Action, Frame, Lesson, Request
from device.requests import handle_request
from device.settings import BrokerSettings, LearningSettings, Settings, StorageSettings, TrainerSettings
from tests.brokers import mosquitto
from trainer.household_store import open_store
from trainer.store import Store
from trainer.watch import Watch

_LONGEST_S = 90.0
_LOOK_S = 0.01
_SETTLED_S = 1.0


def flips_to_live_s(said: Sequence[Sentence], stored: int, flips: int) -> Iterator[float | None]:
    """Seconds from each flip to the first prediction by a newer model; None if none passed."""
    intents = sorted({sentence.meaning.label for sentence in said})
    switch_of = {intent: f"switch_{place}" for place, intent in enumerate(intents)}
    with tempfile.TemporaryDirectory() as folder, mosquitto(Path(folder)) as (host, port):
        settings = Settings(
            broker=BrokerSettings(host=host, port=port),
            learning=LearningSettings(blank=True),
            storage=StorageSettings(folder=f"{folder}/device"),
            trainer=TrainerSettings(folder=f"{folder}/trainer"),
            devices={switch: _announced(switch) for switch in switch_of.values()},
        )
        ring = _paired(Path(folder))
        _fill(settings, [(s.words, Action(switch_of[s.meaning.label], "on")) for s in said[:stored]])
        with _watched(settings, ring) as store, _living(settings, store) as device:
            device.wait_for_a_round(0)
            for sentence in said[:flips]:
                yield device.taught((*sentence.words, "please"), switch_of[sentence.meaning.label])


def _announced(switch: str) -> dict[str, str]:
    return {"kind": "switch", "name": switch, "command_topic": f"{switch}/set", "state_topic": switch}


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

    def __init__(self, settings: Settings, hands: MqttBus, store: Store) -> None:
        self._settings, self._hands, self._store = settings, hands, store
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

    def wait_for_a_round(self, rounds: int) -> bool:
        """Whether it made a model that the device predicts with by now."""
        deadline_s = time.monotonic() + _LONGEST_S
        while time.monotonic() < deadline_s:
            records = self._store.models(self._settings.broker.node)
            if len(records) > rounds and (not records[-1].accepted or self.version == records[-1].version):
                return records[-1].accepted
            time.sleep(_LOOK_S)
        return False

    def taught(self, words: Sequence[str], switch: str) -> float | None:
        """Words that nobody understood, and the hand that says what they meant."""
        rounds = len(self._store.models(self._settings.broker.node))
        self._hands.publish(switch, "OFF", retain=True)
        time.sleep(_SETTLED_S)
        self._asked.append(Request("say", " ".join(words)))
        time.sleep(_SETTLED_S)
        started_s = time.monotonic()
        self._hands.publish(switch, "ON", retain=True)
        return time.monotonic() - started_s if self.wait_for_a_round(rounds) else None


@contextmanager
def _living(settings: Settings, store: Store) -> Iterator[_Device]:
    hands = MqttBus(settings.broker)
    device = _Device(settings, hands, store)
    thread = threading.Thread(target=device.live, name="device")
    thread.start()
    try:
        yield device
    finally:
        device.is_over = True
        thread.join()
        hands.close()


@contextmanager
def _watched(settings: Settings, ring: KeyRing) -> Iterator[Store]:
    """A trainer at work, in a thread of its own."""
    is_over = threading.Event()
    store, bus = open_store(settings), MqttBus(settings.broker)
    watch = Watch(bus, store, lambda: {settings.broker.node: ring}, settings)
    thread = threading.Thread(target=lambda: watch.run(is_over.is_set), name="trainer")
    thread.start()
    try:
        yield store
    finally:
        is_over.set()
        thread.join()
        bus.close()
        store.close()
