"""A home without a recogniser, from nothing: sound, MQTT, flips and journal, all real.

    python -m benchmarks.acoustic_household [--data DIR] [--test DIR] [--json FILE] [--quick]

Each speaker of `digits/` lives in a house of ten switches, one for each digit: says it, waits, flips the switch if the
house did not, flips back what it did wrongly. Words come as they were recorded, loud ones and quiet ones. Then 20
minutes of other people's speech play while learning stays on: whatever switches is false. Nothing is chosen here, so
`--test DIR` merely replaces `--data`. `uses_to_90`: the median over speakers of the use at which eighteen of the last
twenty were done right, by the house alone.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from rich.console import Console
from rich.progress import Progress

from benchmarks.acoustic.learning import first_use
from benchmarks.arguments import arguments, show, write
from benchmarks.loop import clips
from device.assembly import assembled
from device.demo.person import Person
from device.demo.score import is_right
from device.demo.script import Recording
from device.home.mqtt import MqttBus
from device.home.virtual import VirtualDevice, VirtualHouse
from device.loop import run
from device.messages import Action
from device.settings import BrokerSettings, Settings, StorageSettings, TranscriberSettings
from tests.brokers import mosquitto

_SWITCHES = tuple(VirtualDevice(f"light{digit}", f"light {digit}", "light", "Home") for digit in range(10))
_USES = 100
_TALK_S = 20 * 60


def main() -> None:
    parser = arguments(__doc__)
    options = parser.parse_args()
    if shutil.which("mosquitto") is None:
        sys.exit("mosquitto is not installed; type: sudo apt-get install mosquitto")
    figures = measure(options)
    show(figures)
    conditions = {"broker": "mosquitto on loopback", "uses": _uses(options), "quick": bool(options.quick)}
    write(options, "acoustic_household", figures, conditions)


def measure(options: argparse.Namespace) -> dict[str, float]:
    """One home after the other."""
    data = options.test or options.data
    folders = sorted(folder for folder in (data / "digits").iterdir() if folder.is_dir())
    talk = talk_of(data, 60 if options.quick else _TALK_S)
    reached, false, right, lessons = [], 0, [], []
    with Progress(console=Console(stderr=True)) as progress:
        for folder in folders[:1] if options.quick else folders:
            uses = words_of(folder, _uses(options))
            task = progress.add_task(folder.name, total=len(uses) + len(talk))
            person, taught = live([*uses, *talk], partial(progress.advance, task))
            done = [is_right(scene) for scene in person.scenes[: len(uses)]]
            reached.append(first_use(done, 0.9))
            right.append(float(np.mean(done[-20:])))
            false += sum(len(scene.commands) for scene in person.scenes[len(uses) :])
            lessons.append(taught)
    return {
        "uses_to_90": float(np.median(reached)),
        "uses_to_90_worst": float(max(reached)),
        "right_of_last_20": float(np.mean(right)),
        "false_actions": false / len(reached),
        "talk_minutes": sum(recording.speech_ended_ms for recording in talk) / 60_000,
        "lessons": float(np.mean(lessons)),
    }


def live(recordings: list[Recording], advance: Callable[[], None]) -> tuple[Person, int]:
    """A person in a house of ten switches with a broker; the person afterwards, and how many lessons are kept."""
    with tempfile.TemporaryDirectory() as folder, mosquitto(Path(folder)) as (host, port):
        settings = Settings(
            broker=BrokerSettings(host=host, port=port),
            transcriber=TranscriberSettings(engine="acoustic"),
            storage=StorageSettings(folder=f"{folder}/safu"),
        )
        house = VirtualHouse(MqttBus(replace(settings.broker, node="house")), _SWITCHES)
        person = Person(recordings, house, realtime=False)
        person.on_scene = lambda _: advance()
        try:
            with assembled(settings, person) as assistant:
                assistant.notice = person.notice
                run(assistant)
                return person, len(assistant.journal.lessons())
        finally:
            house.close()


def words_of(folder: Path, uses: int) -> list[Recording]:
    """So many words of one speaker in random order, every digit as often."""
    random = np.random.default_rng(0)
    takes = sorted({int(path.stem.split("_")[2]) for path in folder.glob("*.flac")})
    chosen = [
        folder / f"{digit}_{folder.name}_{take}.flac"
        for take in random.permutation(takes)[: uses // 10].tolist()
        for digit in random.permutation(10).tolist()
    ]
    return [recording_of(path, "lesson", Action(f"light{path.stem[0]}", "on")) for path in chosen]


def talk_of(data: Path, seconds: float) -> list[Recording]:
    """Other people's speech, so much of it."""
    talk, total_ms = [], 0
    for place in np.random.default_rng(0).permutation(len(paths := clips(data, quick=False))).tolist():
        try:
            found = recording_of(paths[place], "oov", None)
        except soundfile.LibsndfileError as error:
            print(f"{paths[place]}: {error}", file=sys.stderr)
            continue
        talk.append(found)
        total_ms += found.speech_ended_ms
        if total_ms >= 1000 * seconds:
            break
    return talk


def recording_of(path: Path, kind: str, action: Action | None) -> Recording:
    """A file as a scene."""
    samples, rate = soundfile.read(path)
    return Recording(path.name, kind, "", path.stem, action, None, 0, 1000 * len(samples) // rate, path.parent)


def _uses(options: argparse.Namespace) -> int:
    return 40 if options.quick else _USES


if __name__ == "__main__":
    main()
