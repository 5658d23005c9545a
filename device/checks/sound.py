"""Does the microphone hear anything, and is it fit to be understood? Left out: what it says (`recogniser.py`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from device.audio.microphone import SoundCardMicrophone, input_devices
from device.audio.recording import load_pcm16, save_pcm16
from device.audio.sound_check import fault_of
from device.checks.finding import Finding
from device.errors import AudioError
from device.troubles import TROUBLES

_SILENT_DB = -75.0
"""The noise of the worst microphone in the quietest room is louder."""
_CLIPPED_SHARE = 0.001
_FULL_SCALE = 32768
_METER_DB = 60

Samples = NDArray[np.int16]


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
