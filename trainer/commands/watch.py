"""Train whenever lessons come, deliver what passes the gate, for ever.

  safu-trainer watch --broker homeassistant.local

Every flip of a switch that teaches the device comes here within a second. When it has been quiet for a moment, a
challenger is trained on all lessons but the newest, and judged on those: only if it is no worse than the model that is
at work, a model of all lessons is signed and offered to the device, which tries it beside the old one. Ctrl-C at any
time: nothing is lost. See also: safu-trainer history, safu-trainer report
"""

from __future__ import annotations

import argparse
import signal
from contextlib import closing
from functools import partial
from types import FrameType

from rich.progress import Progress

from device.home.mqtt import MqttBus
from device.settings import Settings
from trainer.beside import beside
from trainer.holder import holder_of
from trainer.household_store import open_store, rings
from trainer.watch import Watch


def add_arguments(_: argparse.ArgumentParser) -> None:
    """`safu-trainer watch` takes nothing of its own."""


def run(settings: Settings, _: argparse.Namespace, progress: Progress) -> int:
    """Until told to stop."""
    stop = _Stop()
    signal.signal(signal.SIGTERM, stop.ask)
    with (
        holder_of(settings.trainer.path) as holder,
        closing(open_store(settings)) as store,
        closing(MqttBus(settings.broker)) as bus,
        beside() as worker,
    ):
        known = partial(rings, settings)
        watch = Watch(bus, store, known, settings, progress=progress, beside=worker, holder=holder)
        watch.run(lambda: stop.is_asked)
    return 0


class _Stop:
    """SIGTERM ends the work between two steps, and a round where it is: its result would not be missed."""

    is_asked = False

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        if self.is_asked:
            raise KeyboardInterrupt
        self.is_asked = True
