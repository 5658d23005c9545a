"""An assistant in the virtual house without a microphone: words are typed or sound is given, frame by frame."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from device.anticipator import SafuAnticipator
from device.assembly import anticipator as anticipator_of
from device.assembly import assistant as assistant_of
from device.assistant import Assistant
from device.audio.recording import RecordingMicrophone, silence
from device.home.local_bus import LocalBroker, LocalBus
from device.home.mqtt_home import MqttHome
from device.home.virtual import VirtualHouse
from device.journal import SqliteJournal
from device.loop import step
from device.messages import FRAME_BYTES, FRAME_MS, Frame, Hypothesis, Request
from device.requests import handle_request
from device.respond import respond
from device.safu.slow import SlowModel
from device.settings import Engine, LearningSettings, Settings, TranscriberSettings


class Living:
    """An assistant in a virtual house, on a local broker and a journal in memory."""

    def __init__(self, *, blank: bool, broker: LocalBroker | None = None, engine: Engine = "pocketsphinx") -> None:
        broker = broker or LocalBroker()
        self.house = VirtualHouse(LocalBus(broker))
        self.journal = SqliteJournal(":memory:")
        self.settings = Settings(learning=LearningSettings(blank=blank), transcriber=TranscriberSettings(engine=engine))
        home = MqttHome(LocalBus(broker), self.settings, self.journal)
        self.assistant: Assistant = assistant_of(self.settings, RecordingMicrophone([silence(32)]), home, self.journal)
        self._is_hearing = False
        self.pass_time(6_000)

    def anticipator(self, slow: SlowModel | None, known: SafuAnticipator | None = None) -> SafuAnticipator:
        return known or anticipator_of(self.settings, slow)

    def pass_time(self, duration_ms: int) -> None:
        for _ in range(duration_ms // FRAME_MS):
            step(self.assistant, Frame(bytes(FRAME_BYTES), self.assistant.now_ms + FRAME_MS))

    def hears_sound(self, samples: npt.NDArray[np.int16]) -> None:
        """So much sound at 16 kHz; what is left after the last whole frame is lost."""
        pcm = samples.astype("<i2").tobytes()
        for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES):
            step(self.assistant, Frame(pcm[at : at + FRAME_BYTES], self.assistant.now_ms + FRAME_MS))

    def ask(self, verb: str, argument: str) -> str:
        answer = handle_request(self.assistant, Request(verb, argument))
        self.pass_time(320)
        return answer

    def hears(self, text: str, *, is_final: bool = False, is_pause: bool = False) -> None:
        """The recogniser's present belief about the utterance that is going on."""
        if not self._is_hearing:
            self.assistant.listener.next_utterance_id()
        self._is_hearing = not is_final
        now_ms, utterance_id = self.assistant.now_ms, self.assistant.listener.utterance_id
        heard = Hypothesis(utterance_id, tuple(text.split()), is_final, now_ms - 900, now_ms, is_pause)
        respond(self.assistant, heard)
        self.pass_time(320)
