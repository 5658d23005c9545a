"""Listen and act, for ever.

Hears through the microphone (or recordings, one after the other), acts over MQTT, learns from every flip of a
switch. Devices are found by themselves from Home Assistant discovery messages; those that do not announce
themselves go into [devices] in the settings. One log line an utterance; what was said is logged only with -v.

  safu run --broker 192.168.1.5      with that broker
  safu run --observe                 say what would be done, do nothing
  safu run --print-unit              a systemd unit: safu run --print-unit | sudo tee /etc/systemd/system/safu.service
"""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import resources
from types import FrameType

from device import service
from device.assembly import assembled
from device.assistant import Assistant
from device.audio.microphone import SoundCardMicrophone
from device.audio.recording import RecordingMicrophone
from device.errors import JournalError
from device.journal_folder import journal_lock
from device.loop import run as run_loop
from device.protocols import Microphone
from device.settings import ENGINES, Settings

Assemble = Callable[[Settings, Microphone], AbstractContextManager[Assistant]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu run` takes."""
    parser.add_argument("recordings", nargs="*", metavar="RECORDING", help="hear these instead of the microphone")
    parser.add_argument("--observe", action="store_true", help="say what would be done, do nothing")
    parser.add_argument("--blank", action="store_true", help="start knowing nothing, not even the built-in phrasings")
    parser.add_argument("--transcriber", choices=ENGINES, help="the recogniser, or `acoustic`: none")
    parser.add_argument("--print-unit", action="store_true", help="print a systemd unit and exit")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Listen until told to stop."""
    if options.print_unit:
        print(resources.files("device.commands").joinpath("safu.service").read_text(encoding="utf-8"), end="")
        return 0
    return run_until_stopped(settings, _microphone(settings, options), assembled)


def run_until_stopped(settings: Settings, microphone: Microphone, assemble: Assemble) -> int:
    """The loop, on a journal of its own, until SIGTERM or Ctrl-C."""
    stop = _Stop(microphone)
    signal.signal(signal.SIGTERM, stop.ask)
    with journal_lock(settings.storage.path) as is_ours:
        if not is_ours:
            raise JournalError(
                f"another safu run or bridge uses {settings.storage.path}",
                hint="stop it, or give this one a --storage of its own",
            )
        with assemble(settings, microphone) as assistant, stop.at_control_c():
            service.ready()
            assistant.alive = stop.alive
            run_loop(assistant)
    return 0


def _microphone(settings: Settings, options: argparse.Namespace) -> Microphone:
    if options.recordings:
        return RecordingMicrophone(options.recordings, realtime=True)
    return SoundCardMicrophone(settings.audio.device)


class _Stop:
    """SIGTERM ends the frames, and with them the loop, in good order; Ctrl-C ends the loop as Ctrl-C does.

    Not within the signal handler, but at the next frame: the handler may have interrupted the microphone itself, or C
    code that swallows what is raised in it. Whoever presses Ctrl-C twice does not want to wait.
    """

    def __init__(self, microphone: Microphone) -> None:
        self._microphone, self._is_asked, self._is_interrupted = microphone, False, False

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        self._is_asked = True

    @contextmanager
    def at_control_c(self) -> Iterator[None]:
        """Within, Ctrl-C waits for the next frame."""
        before = signal.signal(signal.SIGINT, self._interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        if self._is_interrupted:
            raise KeyboardInterrupt
        self._is_interrupted = True

    def alive(self) -> None:
        """Every frame."""
        service.alive()
        if self._is_interrupted:
            raise KeyboardInterrupt
        if self._is_asked:
            self._microphone.close()
