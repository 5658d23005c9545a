"""A bridge in the virtual house, its chip a double in a plug; time passes frame by frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from device.assistant import Assistant
from device.audio.recording import RecordingMicrophone, silence
from device.audio.voice_activity import EnergyVoiceDetector
from device.chip.chip import Chip
from device.chip.flash import Flash
from device.chip.home import ChipHome
from device.chip.host import ChipHost
from device.chip.link import ChipLink
from device.chip.plug import Plug
from device.home.announce import availability_will
from device.home.local_bus import LocalBroker, LocalBus
from device.home.virtual import VirtualHouse
from device.journal import SqliteJournal
from device.learn import learn
from device.listener import Listener
from device.loop import step
from device.messages import FRAME_BYTES, FRAME_MS, Action, Frame, Lesson, Request
from device.requests import handle_request
from device.settings import Settings
from device.teacher import Teacher
from device.transcribers.scripted import ScriptedTranscriber
from tests.waiting import wait_until


class Bridged:
    """A house, a bridge and its chip."""

    def __init__(self, folder: Path, flash: Flash) -> None:
        self.broker = LocalBroker()
        self.house = VirtualHouse(LocalBus(self.broker))
        self.plug = Plug(flash)
        self.journal = SqliteJournal(":memory:")
        self.link = ChipLink("a plug", self.plug.open, answer_s=0.5)
        self.chip = Chip(self.link)
        settings, deaf = Settings(), ScriptedTranscriber(())
        home = ChipHome(LocalBus(self.broker, will=availability_will("safu")), settings, self.journal, self.chip)
        host = ChipHost(folder, self.journal, self.chip, settings.decision)
        self.assistant = Assistant(
            microphone=RecordingMicrophone([silence(32)]),
            listener=Listener(EnergyVoiceDetector(), deaf),
            transcriber=deaf,
            anticipator=host.anticipator(),
            teacher=Teacher(),
            home=home,
            journal=self.journal,
            host=host,
        )
        self.pass_time(6_000)
        self.until_ready()

    def close(self) -> None:
        self.link.close()
        self.journal.close()

    def pass_time(self, duration_ms: int) -> None:
        for _ in range(duration_ms // FRAME_MS):
            step(self.assistant, Frame(bytes(FRAME_BYTES), self.assistant.now_ms + FRAME_MS))

    def until(self, condition: Callable[[], bool]) -> None:
        """Frames, until it is so."""

        def passed() -> bool:
            self.pass_time(FRAME_MS)
            return condition()

        wait_until(passed, "the chip")

    def until_ready(self) -> None:
        """Frames, until the chip is as it should be: the host looks once a second."""
        self.pass_time(1_920)
        self.until(lambda: self.chip.is_safe and not self.chip.trouble)

    def learn(self, lesson: Lesson) -> None:
        """A lesson by itself."""
        learn(self.assistant, [replace(lesson, id=0)])
        self.pass_time(FRAME_MS)

    def say(self, text: str) -> str:
        """The answer of the bridge."""
        return self.ask("say", text)

    def ask(self, verb: str, argument: str) -> str:
        """The same of any request."""
        answer = handle_request(self.assistant, Request(verb, argument))
        self.pass_time(320)
        return answer

    def flip(self, action: Action) -> None:
        """A hand."""
        self.house.flip(action)
        self.pass_time(320)

    def retained(self, topic: str) -> str:
        return self.broker.retained.get(topic, b"").decode()
