"""From the flip of a switch to the first prediction by the model that was trained for it: real broker, real clocks.

A device with 1,000 lessons in its journal lives here at the speed of its frames; the trainer is a process of its own,
`safu-trainer watch`, as at home. Words are put in as a request, a hand flips a switch, and the clock runs until the
device has predicted with a newer model. It only observes: what it did itself nobody would teach. The house has a switch
for each of the 64 intents of `nlu_home`; the words are known ones and a "please", so that the flip is no coincidence. A
round whose challenger does not pass makes no model: such flips are counted, not timed.

    python -m benchmarks.retraining.live [--data DIR] [--quick]      this part alone, for an idle machine
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks.arguments import arguments, write
from benchmarks.corrections import Sentence, household, sentences
from device.assembly import assembled
from device.assistant import Assistant
from device.audio.recording import RecordingMicrophone, silence
from device.home.mqtt import MqttBus
from device.host import KEYS
from device.journal_folder import open_journal
from device.keys import new_ring, public_key, save_ring
from device.loop import step
from device.messages import FRAME_BYTES, FRAME_MS, FULL_LESSON, Action, Frame, Lesson, Request
from device.requests import handle_request
from device.settings import read_settings
from tests.brokers import mosquitto
from trainer.household_store import keys_folder, open_store
from trainer.store import Store

_NODE = "safu"
_LONGEST_S = 90.0
_LOOK_EVERY = 8
"""Frames between two looks into the trainer's database."""
_STORED, _FLIPS = 1_000, 8


def main() -> None:
    options = arguments(__doc__).parse_args()
    with Progress(console=Console(stderr=True)) as progress:
        figures = live(sentences(options.data / "nlu_home" / "dev.csv"), progress, quick=options.quick)
    write(options, "retraining.live", figures, {"quick": options.quick})
    for name, value in figures.items():
        print(f"{name:22} {value:.4g}")


def live(learned: Sequence[Sentence], progress: Progress, *, quick: bool) -> dict[str, float]:
    """Median and longest of the flips whose model passed, and how many did."""
    said, flips = household("", list(learned), [], 0, _STORED).said, 1 if quick else _FLIPS
    taken_s = list(progress.track(flips_to_live_s(said, _STORED, flips), total=flips, description="flips"))
    live_s = [seconds for seconds in taken_s if seconds is not None]
    figures = {"flips": float(len(taken_s)), "flips_live": float(len(live_s))}
    if live_s:
        figures |= {"lesson_to_live_s_p50": float(np.median(live_s)), "lesson_to_live_s_max": max(live_s)}
    return figures


def flips_to_live_s(said: Sequence[Sentence], stored: int, flips: int) -> Iterator[float | None]:
    """Seconds from each flip to the first prediction by a newer model; None if none passed."""
    intents = sorted({sentence.meaning.label for sentence in said})
    switch_of = {intent: f"switch_{place}" for place, intent in enumerate(intents)}
    with tempfile.TemporaryDirectory() as named, mosquitto(Path(named)) as broker:
        folder = Path(named)
        file = _settings_file(folder, broker, list(switch_of.values()))
        settings = read_settings(file)
        _pair(folder / "device" / KEYS, keys_folder(settings) / f"{_NODE}.json")
        with closing(open_journal(settings.storage.path)) as journal:
            for sentence in said[:stored]:
                action = Action(switch_of[sentence.meaning.label], "on")
                journal.record_lesson(Lesson(sentence.words, action, FULL_LESSON, "said"))
        microphone = RecordingMicrophone([silence(FRAME_MS)])
        with (
            _trainer(file, folder / "log"),
            closing(open_store(settings)) as store,
            closing(MqttBus(settings.broker)) as hands,
            assembled(settings, microphone) as assistant,
        ):
            device = _Device(assistant, hands, store)
            device.is_live_after(rounds=0)
            for sentence in said[:flips]:
                yield device.taught((*sentence.words, "please"), switch_of[sentence.meaning.label])


def _settings_file(folder: Path, broker: tuple[str, int], switches: Sequence[str]) -> Path:
    """One for both, as on a machine where both run."""
    lines = ["[broker]", f'host = "{broker[0]}"', f"port = {broker[1]}", f'node = "{_NODE}"']
    lines += ["[learning]", "blank = true", "[decision]", "observe = true"]
    lines += ["[storage]", f'folder = "{folder / "device"}"', "[trainer]", f'folder = "{folder / "trainer"}"']
    for switch in switches:
        lines += [f"[devices.{switch}]", 'kind = "switch"', f'name = "{switch}"']
        lines += [f'command_topic = "{switch}/set"', f'state_topic = "{switch}"']
    file = folder / "safu.toml"
    file.write_text("\n".join(lines) + "\n")
    return file


def _pair(device: Path, trainer: Path) -> None:
    """Keys of both, as pairing would have left them."""
    ours, theirs = new_ring(), new_ring()
    save_ring(device, replace(ours, house="h", peer=public_key(theirs.public)))
    save_ring(trainer, replace(theirs, house="h", peer=public_key(ours.public)))


@contextmanager
def _trainer(settings: Path, log: Path) -> Iterator[None]:
    """`safu-trainer watch`, until the end of the block."""
    command = [sys.executable, "-m", "trainer", "watch", "--settings", str(settings)]
    with log.open("wb") as told, subprocess.Popen(command, stdout=told, stderr=told) as process:
        try:
            yield
        finally:
            process.terminate()


class _Device:
    """Lives whenever it is waited for: a frame every 32 ms."""

    def __init__(self, assistant: Assistant, hands: MqttBus, store: Store) -> None:
        self._assistant, self._hands, self._store = assistant, hands, store
        self._due_s = time.monotonic()

    def taught(self, words: Sequence[str], switch: str) -> float | None:
        """Words, and the hand that says what they meant; seconds until the device has predicted with a newer model."""
        rounds = len(self._store.models(_NODE))
        self._hands.publish(switch, "OFF", retain=True)
        self._live_until(lambda: self._assistant.home.undo_of(Action(switch, "on")) == Action(switch, "off"))
        handle_request(self._assistant, Request("say", " ".join(words)))
        started_s = time.monotonic()
        self._hands.publish(switch, "ON", retain=True)
        if not self.is_live_after(rounds):
            return None
        self._assistant.anticipator.predict_one(words)
        return time.monotonic() - started_s

    def is_live_after(self, rounds: int) -> bool:
        """Live until there is one round more, and until its model, if it passed, is the one that predicts."""
        before, acted_by = self._assistant.anticipator, self._version

        def is_live() -> bool:
            return self._assistant.anticipator is not before and self._version > acted_by

        self._live_until(lambda: is_live() or self._has_failed(rounds))
        return is_live()

    @property
    def _version(self) -> int:
        standing = self._assistant.host.standing() if self._assistant.host else None
        return standing[0] if standing else 0

    def _has_failed(self, rounds: int) -> bool:
        if self._assistant.now_ms % (FRAME_MS * _LOOK_EVERY):
            return False
        records = self._store.models(_NODE)
        return len(records) > rounds and not records[-1].accepted

    def _live_until(self, is_over: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + _LONGEST_S
        while not is_over() and time.monotonic() < deadline_s:
            time.sleep(max(0.0, self._due_s - time.monotonic()))
            step(self._assistant, Frame(bytes(FRAME_BYTES), self._assistant.now_ms + FRAME_MS))
            self._due_s += FRAME_MS / 1000


if __name__ == "__main__":
    main()
