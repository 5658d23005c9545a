"""The real assistant in the simulated house: assembled, killed without warning, and assembled again from its journal.

Only the ears, the bus and the wall clock are doubles. Each process has a frame clock of its own, from 0.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.household.clock import Clock
from benchmarks.household.ears import Ears
from benchmarks.household.truth import Truth
from device.assembly import assistant as assembled
from device.assistant import Assistant, Notice
from device.audio.recording import RecordingMicrophone, silence
from device.home.announce import availability_will
from device.home.local_bus import LocalBroker, LocalBus
from device.home.mqtt_home import MqttHome
from device.journal import SqliteJournal
from device.listener import Listener
from device.loop import step
from device.messages import FRAME_MS, Frame, Interaction, Lesson, SwitchEvent
from device.settings import Settings

_MORNING_S = 1_700_000_000


class Living:
    """At most one process at a time; `assistant` is None while there is none."""

    def __init__(self, broker: LocalBroker, clock: Clock, ears: Ears, truth: Truth, folder: Path) -> None:
        self._broker, self._clock, self._truth = broker, clock, truth
        self.ears = ears
        self._path = folder / "journal.sqlite3"
        self._settings = Settings()
        self.assistant: Assistant | None = None
        self.start()

    def start(self) -> None:
        """A process begins, and knows what the journal knows."""
        self._began_ms = self._clock.now_ms
        self._journal = SqliteJournal(self._path, clock=self._wall_s)
        self.bus = LocalBus(self._broker, will=availability_will("safu"))
        home = MqttHome(self.bus, self._settings, self._journal)
        home._outbox.wall_ms = lambda: round(1000 * self._wall_s())
        made = assembled(self._settings, RecordingMicrophone([silence(FRAME_MS)]), home, self._journal)
        made.transcriber = self.ears
        made.listener = Listener(self.ears, self.ears, self._journal.last_utterance_id() + 1)
        made.notice = self._notice
        self._truth.by_id = {}
        self.assistant = made

    def kill(self) -> None:
        """The power fails: nothing is closed, and what was not committed is lost."""
        self.assistant = None
        self.bus.go_offline()
        self._journal.rows.connection.close()

    def step(self, now_ms: int) -> None:
        """One frame."""
        pcm = self.ears.next_frame()
        if pcm[0] or (self.assistant and self.assistant.listener.is_hearing):
            self._clock.stir()
        if self.assistant is not None:
            step(self.assistant, Frame(pcm, now_ms - self._began_ms))

    def _wall_s(self) -> float:
        return _MORNING_S + self._clock.now_ms / 1000

    def _notice(self, noticed: Notice) -> None:
        if isinstance(noticed, SwitchEvent):
            self._truth.noticed(noticed, noticed.at_ms + self._began_ms)
        elif isinstance(noticed, Lesson) and noticed.weight:
            self._truth.learned(noticed, self._clock.now_ms)
        elif isinstance(noticed, Interaction):
            self._truth.heard(noticed, self._clock.now_ms)
