"""Let a microcontroller be a device of the house.

The chip runs the firmware that `safu-export c` makes: it hears words, says what they mean, and learns.
The bridge does what it says over MQTT, teaches it what hands flip at the switches, keeps its lessons, brings it the
models that your trainer has signed (see: safu pair), and teaches it anew when it was reset or replaced.

  safu bridge --serial /dev/ttyACM0                a chip at a serial port; needs pip install "safu[bridge]"
  safu bridge --socket 127.0.0.1:5555              a chip behind a serial server, or in QEMU
  safu bridge --serial /dev/ttyACM0 --observe      say what would be done, do nothing

Words reach it from the chip itself if it has ears, from whoever publishes them to safu/NODE/say, or typed:

  safu say "turn on the lamp"

`safu flip`, `undo`, `forget`, `history` and `pair` work as with safu run. A chip that is unplugged is waited for.
"""

from __future__ import annotations

import argparse

from device.assembly import bridged
from device.audio.silence import Silence
from device.commands.run import run_until_stopped
from device.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu bridge` takes."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--serial", metavar="PORT", help="the serial port that the chip is at; or chip.serial")
    where.add_argument("--socket", metavar="HOST:PORT", help="the address that the chip answers at; or chip.socket")
    parser.add_argument("--observe", action="store_true", help="say what would be done, do nothing")


def run(settings: Settings, _: argparse.Namespace) -> int:
    """Carry words to the chip, and what it makes of them to the house, until told to stop."""
    return run_until_stopped(settings, Silence(), bridged)
