"""Check disk, backend, broker, chip, a running safu, microphone and recogniser, and say what is wrong.

Say something while the meter moves. Every line that begins with a cross is followed by what to do about it; the exit
code is 0 if there is none, else 1. Nothing is switched, learned or changed, so it may run beside `safu run`, except
that most sound cards serve one program at a time.

  safu doctor                            listen for three seconds, and tell what was heard
  safu doctor --seconds 10 --record FILE.wav      keep the sound as well
  safu doctor RECORDING                  hear a sound file instead; no microphone is needed
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from device.acoustic.sounds import described
from device.assembly import backend_for, chip_link, listener_for, transcriber_for, vosk_folder
from device.audio.microphone import SoundCardMicrophone, input_devices
from device.audio.recording import RecordingMicrophone, load_pcm16, save_pcm16
from device.audio.sound_check import fault_of
from device.chip.lines import parse_info
from device.errors import AudioError, BackendError, ChipError, DiscoveryError, JournalError, SafuError
from device.home.announce import counters_topic
from device.home.catalogue import Catalogue
from device.home.discovery import filters
from device.home.mqtt import MqttBus
from device.journal import FILE, SqliteJournal
from device.messages import Device
from device.protocols import Transcriber
from device.settings import Settings
from device.transcribers.pocketsphinx import PocketSphinxTranscriber
from device.transcribers.vosk import VoskTranscriber
from device.troubles import TROUBLES

CONNECT_S = 5.0
_QUIET_S = 0.5
"""Retained messages come in one go: so long without any, and those were all."""
_LEAST_FREE_BYTES = 100_000_000
_SILENT_DB = -75.0
"""The noise of the worst microphone in the quietest room is louder."""
_CLIPPED_SHARE = 0.001
_FULL_SCALE = 32768
_METER_DB = 60

Samples = NDArray[np.int16]
Sentences = Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check came to: in one line, and what to do about it."""

    ok: bool
    what: str
    hint: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu doctor` takes."""
    parser.add_argument("--seconds", type=_seconds, default=3.0, metavar="N", help="listen for so long (3)")
    sound = parser.add_mutually_exclusive_group()
    sound.add_argument("--record", type=Path, metavar="FILE.wav", help="keep what the microphone heard")
    sound.add_argument("recording", nargs="?", type=Path, metavar="RECORDING", help="hear this instead")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Check everything, whatever the checks before came to."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(shown(settings))
    all_is_well = True
    with _without_log(still=options.verbose):
        for finding in _findings(settings, options, console):
            console.print(f"{'✓' if finding.ok else '✗'} {finding.what}", style="green" if finding.ok else "red")
            if finding.hint and not finding.ok:
                console.print(f"    {finding.hint}")
            all_is_well &= finding.ok
    return 0 if all_is_well else 1


def shown(settings: Settings) -> str:
    """The settings that matter here, in short; never the password."""
    broker = settings.broker
    host, port = broker.address
    who = f" as {broker.user}" if broker.user else ""
    return (
        f"settings: microphone {settings.audio.device or 'by default'}, recogniser {settings.transcriber.engine}, "
        f"broker {host}:{port}{' with TLS' if broker.tls else ''}{who}, storage {settings.storage.path}"
    )


def check_chip(settings: Settings) -> Finding:
    """Does the chip of the settings answer, and what has it?"""
    where = settings.chip.serial or settings.chip.socket
    link = chip_link(settings)
    try:
        _wait(lambda: link.connected, CONNECT_S)
        info = parse_info(link.ask("info")[-1])
    except ChipError as error:
        return Finding(False, f"chip: {error.message}", error.hint or "is it plugged in, and no safu bridge running?")
    finally:
        link.close()
    return Finding(True, f"chip at {where}: model {info.version}, {info.lessons} lessons")


def _findings(settings: Settings, options: argparse.Namespace, console: Console) -> Iterator[Finding]:
    """The recogniser comes last: it hears better if it knows the devices and the lessons."""
    finding, taught = check_storage(settings.storage.path)
    yield finding
    yield check_backend(settings)
    finding, devices, counters = check_broker(settings)
    yield finding
    if counters:
        yield judged_counters(counters)
    if settings.chip.serial or settings.chip.socket:
        yield check_chip(settings)
    if options.recording:
        finding, samples = check_recording(options.recording)
    else:
        finding, samples = check_microphone(settings.audio.device, options.seconds, options.record, console)
    yield finding
    yield check_recogniser(settings, samples, devices, taught, must_speak=bool(options.recording))


# -- storage -----------------------------------------------------------------------------------------------------------


def check_storage(folder: Path) -> tuple[Finding, Sentences]:
    """Can lessons be kept? And the words of those that are. Makes neither folder nor journal: they would be ours."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    hint = "give safu a folder of its own with --storage, or set storage.folder"
    try:
        with tempfile.TemporaryFile(dir=there):
            free_bytes = shutil.disk_usage(there).free
    except OSError as error:
        return Finding(False, f"storage: {there} cannot be written: {error.strerror}", hint), ()
    if free_bytes < _LEAST_FREE_BYTES:
        return Finding(False, f"storage: only {free_bytes // 1_000_000} MB are free in {there}", "make room"), ()
    if not (folder / FILE).exists():
        return Finding(True, f"storage: {folder} can be written; nothing has been learned there yet"), ()
    try:
        taught = _taught(folder / FILE)
    except JournalError as error:
        hint = error.hint or "safu run puts a damaged journal aside, and begins a new one"
        return Finding(False, f"storage: {error.message}", hint), ()
    return Finding(True, f"storage: {folder} can be written, lessons kept: {len(taught)}"), taught


def _taught(path: Path) -> Sentences:
    journal = SqliteJournal(path)  # not open_journal, which would repair what we are to tell
    try:
        return [lesson.words for lesson in journal.lessons()]
    finally:
        journal.close()


# -- backend -----------------------------------------------------------------------------------------------------------


def check_backend(settings: Settings) -> Finding:
    """Is what runs delivered models installed?"""
    try:
        backend_for(settings)
    except BackendError as error:
        return Finding(False, f"backend: {error.message}", error.hint)
    return Finding(True, f"backend: {settings.model.backend} runs the models that a trainer delivers")


# -- broker ------------------------------------------------------------------------------------------------------------


def check_broker(settings: Settings) -> tuple[Finding, Sequence[Device], Mapping[str, int]]:
    """Is there a broker, which devices does it tell of, and what has a running safu counted? Only listens."""
    host, port = settings.broker.address
    try:
        catalogue = Catalogue(settings.broker.discovery_prefix, settings.devices)
    except DiscoveryError as error:
        return Finding(False, f"broker: {error.message}", error.hint or "correct [devices] in the settings"), (), {}
    bus, counters = MqttBus(settings.broker), _Counters(counters_topic(settings.broker.node))
    try:
        bus.subscribe([*filters(settings.broker.discovery_prefix), counters.topic])
        is_connected = _wait(lambda: bus.connected, CONNECT_S)
        trouble = bus.trouble
        if is_connected:
            _collect(bus, lambda topic, payload: counters.take(topic, payload) or catalogue.take(topic, payload))
    finally:
        bus.close()
    devices = tuple(catalogue.devices.values())
    if not is_connected:
        return Finding(False, f"broker: {trouble}", "name another with --broker, or set broker.host"), devices, {}
    where = f"broker: connected to {host}:{port}"
    return _judged_devices(where, devices, settings.transcriber.engine), devices, counters.counted


class _Counters:
    """What a running safu has counted since its start, as it told the broker last."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.counted: dict[str, int] = {}

    def take(self, topic: str, payload: bytes) -> bool:
        """Whether the message was for us. What is no counter is left out: anybody may write there."""
        if topic != self.topic:
            return False
        with suppress(ValueError, RecursionError):
            told = json.loads(payload)
            counted = told.items() if isinstance(told, dict) else ()
            self.counted = {name: count for name, count in counted if type(count) is int}
        return True


def judged_counters(counters: Mapping[str, int]) -> Finding:
    """What a running safu came to, and what it has had to put up with."""
    did = ", ".join(f"{counters.get(name, 0)} {name}" for name in ("utterances", "actions", "lessons", "talk"))
    bad = {kind: counters[kind] for kind in TROUBLES if counters.get(kind)}
    if not bad:
        return Finding(True, f"safu at work: {did}; nothing wrong since its start")
    what = ", ".join(f"{count} times {kind}" for kind, count in bad.items())
    hint = "; ".join(f"{kind}: {TROUBLES[kind]}" for kind in bad)
    return Finding(False, f"safu at work: {did}; since its start {what}", hint)


def _collect(bus: MqttBus, take_one: Callable[[str, bytes], object]) -> None:
    """Take announcements until no more come, at most as long as connecting may take."""
    deadline_s = time.monotonic() + CONNECT_S

    def take() -> bool:
        messages = bus.drain()
        for message in messages:
            take_one(message.topic, message.payload)
        return bool(messages)

    while time.monotonic() < deadline_s and _wait(take, _QUIET_S):
        pass


def _judged_devices(where: str, devices: Sequence[Device], engine: str) -> Finding:
    if not devices:
        hint = "switch on MQTT discovery where your devices are, or add them to [devices] in the settings"
        return Finding(False, f"{where}, but no device has announced itself", hint)
    what = f"{where}, devices found: {len(devices)}"
    lost = PocketSphinxTranscriber().unpronounceable(d.name for d in devices) if engine == "pocketsphinx" else []
    if lost:
        words = ", ".join(map(repr, lost))
        return Finding(False, f"{what}, but nobody can say {words}", "give these devices names in English letters")
    return Finding(True, what)


def _wait(condition: Callable[[], bool], for_s: float) -> bool:
    deadline_s = time.monotonic() + for_s
    while not (fulfilled := condition()) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    return fulfilled


# -- sound -------------------------------------------------------------------------------------------------------------


def check_recording(path: Path) -> tuple[Finding, Samples | None]:
    """Can this file be heard?"""
    try:
        samples = load_pcm16(path)
    except AudioError as error:
        return Finding(False, f"recording: {error.message}", error.hint), None
    return judged_sound(f"recording {path.name}", samples), samples


def check_microphone(
    device: str, seconds: float, record: Path | None, console: Console
) -> tuple[Finding, Samples | None]:
    """Which microphones are there, and does the one of the settings hear anything?"""
    try:
        for setting, name in _inputs():
            console.print(f'  audio.device = "{setting}"  is  {name}')
        samples, outages = _listen(device, seconds, console)
        if record:
            save_pcm16(record, samples)
    except AudioError as error:
        return Finding(False, f"microphone: {error.message}", error.hint), None
    if outages:
        lost = "microphone: it was opened, but then no honest sound came from it"
        return Finding(False, lost, "plug it in again, or choose another with audio.device"), samples
    return judged_sound("microphone", samples), samples


def judged_sound(where: str, samples: Samples) -> Finding:
    """Silent, clipping, humming, with an offset, or fine."""
    loudest_db = max(map(_level_db, np.array_split(samples, max(1, len(samples) // 512))))
    if loudest_db < _SILENT_DB:
        return Finding(False, f"{where}: silent", "is it muted? try: alsamixer; or choose another with audio.device")
    extreme = np.abs(samples.astype(np.int32)) >= _FULL_SCALE - 8
    if float(np.mean(extreme)) > _CLIPPED_SHARE:
        return Finding(False, f"{where}: clipping, too loud to be understood", "turn its gain down, with: alsamixer")
    if fault := fault_of(samples):
        return Finding(False, f"{where}: {fault.what}", TROUBLES[fault.kind])
    return Finding(True, f"{where}: sound at up to {loudest_db:.0f} dB of full scale")


def _inputs() -> list[tuple[str, str]]:
    """What to put into audio.device; the whole name where a part of it would mean several."""
    found = input_devices()
    names = [name.lower() for _, name in found]
    return [(part if sum(part.lower() in n for n in names) == 1 else name, name) for part, name in found]


def _listen(device: str, seconds: float, console: Console) -> tuple[Samples, int]:
    """The sound of so many seconds, and how often the card was lost meanwhile. Raises `MicrophoneError`."""
    microphone = SoundCardMicrophone(device)
    heard = []
    try:
        microphone.open()
        with _meter(console) as show:
            for frame in microphone.frames():
                heard.append(np.frombuffer(frame.pcm, "<i2"))
                show(_level_db(heard[-1]))
                if frame.ended_ms >= 1000 * seconds:
                    break
    finally:
        microphone.close()
    return np.concatenate(heard).astype(np.int16), microphone.counters.outages


@contextmanager
def _meter(console: Console) -> Iterator[Callable[[float], None]]:
    """A bar as long as the sound is loud, while there is a terminal to show it."""
    columns = (TextColumn("say something"), BarColumn(), TextColumn("{task.fields[level_db]:.0f} dB"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=_METER_DB, level_db=-_METER_DB)
        yield lambda db: progress.update(bar, completed=max(0.0, _METER_DB + db), level_db=db)


def _level_db(samples: Samples) -> float:
    """Loudness below full scale; a constant offset is no sound."""
    return 20 * math.log10(float(np.std(samples)) / _FULL_SCALE + 1e-6)


# -- recogniser --------------------------------------------------------------------------------------------------------


def check_recogniser(
    settings: Settings, samples: Samples | None, devices: Sequence[Device], taught: Sentences, *, must_speak: bool
) -> Finding:
    """Does it start, and what does it make of the sound? Who only looks on need not speak."""
    where = f"recogniser {settings.transcriber.engine}"
    try:
        transcriber = _transcriber(settings)
        transcriber.expect(devices, taught)
        said = [] if samples is None else _said(settings, transcriber, samples)
    except SafuError as error:
        return Finding(False, f"{where}: {error.message}", error.hint)
    if any(said):
        return Finding(True, f"{where} heard: " + "; ".join(filter(None, said)))
    if samples is None:
        return Finding(True, f"{where}: starts; there was no sound to try it on")
    if said or must_speak:
        lost = "a voice, but no words" if said else "nobody speaking"
        return Finding(False, f"{where} heard {lost}", "speak up and come closer; then: safu doctor --seconds 10")
    return Finding(True, f"{where}: starts; nobody spoke")


def _transcriber(settings: Settings) -> Transcriber:
    """As the settings want it: `transcriber_for` alone would hide a missing Vosk model behind PocketSphinx."""
    return (
        VoskTranscriber(vosk_folder(settings)) if settings.transcriber.engine == "vosk" else transcriber_for(settings)
    )


def _said(settings: Settings, transcriber: Transcriber, samples: Samples) -> list[str]:
    """The words of each utterance, by the same way as in `safu run`."""
    listener = listener_for(settings, transcriber)
    hypotheses = [h for frame in RecordingMicrophone([samples]).frames() for h in listener.hear(frame)]
    hypotheses += listener.finish()
    return [described(h.words) for h in hypotheses if h.is_final]


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= 600:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds between 0 and 600")
    return seconds


@contextmanager
def _without_log(*, still: bool) -> Iterator[None]:
    """The findings say it all; the log would say it twice."""
    before = logging.root.manager.disable
    logging.disable(before if still else logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
