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
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from device.checks.broker import check_broker, judged_counters
from device.checks.finding import Finding
from device.checks.parts import check_backend, check_chip
from device.checks.recogniser import check_recogniser
from device.checks.sound import check_microphone, check_recording
from device.checks.storage import check_storage
from device.settings import Settings


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
