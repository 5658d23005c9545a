"""How right, how fast and how cheap is the whole loop, from sound to switch?

    python -m benchmarks.loop [--data DIR] [--test DIR] [--json FILE] [--quick]

The demonstration's house is taught and scored on the recordings that ship with safu, against a real mosquitto on
loopback. Then all human speech of `keywords/` and `speech_to_intent/` plays as talk that is not for the house, with
learning left on, as it would be. Nothing is chosen here, so `--test DIR` merely replaces `--data`.

Latency is that of real time: the end of a frame plus the time the loop takes to get through it and all frames that
were still waiting (a queue served at the measured speed of this machine), counted from the end of speech.
"""

from __future__ import annotations

import argparse
import csv
import platform
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks.arguments import arguments, show, write
from device.assembly import assembled
from device.assistant import Assistant, Notice
from device.audio.recording import load_pcm16
from device.demo.person import Person, rehearsal
from device.demo.score import is_right
from device.demo.script import load_manifest
from device.errors import RecordingError
from device.home.mqtt import MqttBus
from device.home.virtual import VirtualHouse
from device.loop import step
from device.messages import FRAME_BYTES, FRAME_MS, Frame, Interaction
from device.settings import BrokerSettings, LearningSettings, Settings, StorageSettings
from tests.brokers import mosquitto

_NEVER_MS = 10_000.0
"""Latency of a command that was never carried out."""
_SILENCE_S = 60
_GAP_MS = 1_500


@dataclass(slots=True)
class Meter:
    """Steps an assistant and measures each frame."""

    assistant: Assistant
    recogniser_s: float = 0.0
    """Spent in the recogniser during the present frame."""
    other_ms: list[float] = field(default_factory=list)
    """All but the recogniser, per frame."""
    cpu_s: float = 0.0
    audio_s: float = 0.0
    delay_ms: float = 0.0
    """How far a loop of this speed would be behind real time."""
    acted_at: dict[int, float] = field(default_factory=dict)
    """Utterance to the moment its action was published, on the frame clock, queue included."""

    def __post_init__(self) -> None:
        transcriber = self.assistant.transcriber
        for verb in ("start", "transcribe", "finish", "expect"):
            setattr(transcriber, verb, self._timed(getattr(transcriber, verb)))

    def _timed(self, verb: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any) -> Any:
            started_s = time.perf_counter()
            try:
                return verb(*given)
            finally:
                self.recogniser_s += time.perf_counter() - started_s

        return timed

    def step(self, frame: Frame) -> None:
        """One frame."""
        self.recogniser_s = 0.0
        before = self.assistant.deed.acted_ms
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        step(self.assistant, frame)
        took_ms = 1000 * (time.perf_counter() - wall_s)
        self.cpu_s += time.process_time() - cpu_s
        self.audio_s += FRAME_MS / 1000
        self.other_ms.append(took_ms - 1000 * self.recogniser_s)
        self.delay_ms = max(0.0, self.delay_ms - FRAME_MS) + took_ms
        deed = self.assistant.deed
        if deed.acted_ms is not None and deed.acted_ms != before:
            self.acted_at[deed.utterance_id] = frame.ended_ms + self.delay_ms

    def take(self) -> tuple[float, float]:
        """CPU and audio seconds since the last call."""
        taken = self.cpu_s, self.audio_s
        self.cpu_s = self.audio_s = 0.0
        return taken


def main() -> None:
    parser = arguments(__doc__)
    options = parser.parse_args()
    data = options.test or options.data
    if shutil.which("mosquitto") is None:
        sys.exit("mosquitto is not installed; type: sudo apt-get install mosquitto")
    with tempfile.TemporaryDirectory() as folder, mosquitto(Path(folder)) as (host, port):
        settings = Settings(
            broker=BrokerSettings(host=host, port=port),
            learning=LearningSettings(blank=True),
            storage=StorageSettings(folder=f"{folder}/safu"),
        )
        house = VirtualHouse(MqttBus(replace(settings.broker, node="house")))
        try:
            figures = measure(settings, house, data, options)
        finally:
            house.close()
    show(figures)
    conditions = {
        "machine": f"{platform.machine()}, {platform.python_version()}",
        "broker": "mosquitto on loopback",
        "talk": "development half of keywords/ and speech_to_intent/" if options.test is None else "--test",
        "quick": bool(options.quick),
    }
    write(options, "loop", figures, conditions)


def measure(settings: Settings, house: VirtualHouse, data: Path, options: argparse.Namespace) -> dict[str, float]:
    """Teach and score, then silence, then other people's talk."""
    person = Person(rehearsal(load_manifest()), house, realtime=False)
    with assembled(settings, person) as assistant:
        meter = Meter(assistant)
        interactions: list[Interaction] = []

        def notice(noticed: Notice) -> None:
            person.notice(noticed)
            if isinstance(noticed, Interaction):
                interactions.append(noticed)

        assistant.notice = notice
        person.stop_learning = lambda: setattr(assistant, "learning", False)
        with Progress(console=Console(stderr=True)) as progress:
            task = progress.add_task("teaching and scoring", total=len(person.scenes))
            person.on_scene = lambda _: progress.advance(task)
            for frame in person.frames():
                meter.step(frame)
            speech = meter.take()
            figures = score(person, meter)
            assistant.learning = True
            now_ms = assistant.now_ms
            for frame in frames_of(silence(), now_ms):
                meter.step(frame)
            quiet = meter.take()
            figures |= talk(meter, house, clips(data, quick=options.quick), progress)
        heard = meter.take()
    figures["cpu_s_per_audio_s_speech"] = (speech[0] + heard[0]) / (speech[1] + heard[1])
    figures["cpu_s_per_audio_s_silence"] = quiet[0] / quiet[1]
    figures["rss_mb_max"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures["frame_ms_p99"] = float(np.percentile(meter.other_ms, 99))
    figures["frame_ms_p50"] = float(np.percentile(meter.other_ms, 50))
    return figures


def score(person: Person, meter: Meter) -> dict[str, float]:
    """Shares and latencies over the scored commands; one that was not carried out counts as late."""
    commands = [s for s in person.scenes if s.recording.kind == "command"]
    late = []
    for scene in commands:
        acted = meter.acted_at.get(scene.interaction.utterance_id) if scene.interaction else None
        spoken_ms = scene.started_ms + scene.recording.speech_ended_ms
        late.append(acted - spoken_ms if acted is not None and is_right(scene) else _NEVER_MS)
    return {
        "commands": float(len(commands)),
        "right": sum(map(is_right, commands)) / len(commands),
        "wrong": sum(bool(s.commands) and not is_right(s) for s in commands) / len(commands),
        "oov_recordings": float(sum(s.recording.kind == "oov" for s in person.scenes)),
        "oov_actions": float(sum(len(s.commands) for s in person.scenes if s.recording.kind == "oov")),
        "after_speech_ms_p50": float(np.percentile(late, 50)),
        "after_speech_ms_p95": float(np.percentile(late, 95)),
    }


def talk(meter: Meter, house: VirtualHouse, paths: list[Path], progress: Progress) -> dict[str, float]:
    """Other people's speech: whatever the house does is false."""
    before = len(house.commands)
    false, audio_ms, unreadable = 0, 0, 0
    for path in progress.track(paths, description="other people's talk"):
        try:
            pcm = np.concatenate([load_pcm16(path), np.zeros(16 * _GAP_MS, np.int16)])
        except RecordingError as error:
            print(error.message, file=sys.stderr)
            unreadable += 1
            continue
        started_ms = meter.assistant.now_ms
        actions = meter.assistant.counters["actions"]
        for frame in frames_of(pcm, started_ms):
            meter.step(frame)
        false += meter.assistant.counters["actions"] - actions
        audio_ms += meter.assistant.now_ms - started_ms
    deadline_s = time.monotonic() + 2
    while len(house.commands) - before < false and time.monotonic() < deadline_s:
        meter.step(Frame(bytes(FRAME_BYTES), meter.assistant.now_ms + FRAME_MS))
    reached = len(house.commands) - before
    hours = audio_ms / 3_600_000
    return {
        "false_actions": float(reached),
        "talk_hours": hours,
        "talk_clips": float(len(paths) - unreadable),
        "talk_clips_unreadable": float(unreadable),
        "false_actions_per_hour": reached / hours,
    }


def clips(data: Path, *, quick: bool) -> list[Path]:
    """All human speech of `keywords/` and `speech_to_intent/`."""
    with (data / "keywords" / "index.csv").open(newline="", encoding="utf-8") as file:
        keywords = [data / "keywords" / row["path"] for row in csv.DictReader(file) if row["kind"] != "noise"]
    orders = sorted((data / "speech_to_intent" / "clips").glob("*.flac"))
    found = [*keywords, *orders]
    return found[::20] if quick else found


def silence() -> np.ndarray[Any, np.dtype[np.int16]]:
    """A quiet room: faint noise, for a minute."""
    noise = np.random.default_rng(0).normal(0, 5, 16_000 * _SILENCE_S)
    return np.rint(noise).astype(np.int16)


def frames_of(samples: np.ndarray[Any, np.dtype[np.int16]], after_ms: int) -> Iterator[Frame]:
    """Samples as frames that go on after a moment of the frame clock."""
    pcm = samples.astype("<i2").tobytes()
    for number, at in enumerate(range(0, len(pcm), FRAME_BYTES), 1):
        yield Frame(pcm[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\0"), after_ms + number * FRAME_MS)


if __name__ == "__main__":
    main()
