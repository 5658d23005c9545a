"""Flip a switch by hand: the device changes, and if somebody spoke just before, that is a lesson.

  safu flip "kitchen light" off
  safu flip bedside_dimmer 30
  safu flip radio jazz

DEVICE is an id or a spoken name; `safu flip list on` names them all.
"""

from __future__ import annotations

import argparse

from device.commands.one_request import make_request
from device.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu flip` takes."""
    parser.add_argument("device", help="id or spoken name")
    parser.add_argument("wanted", metavar="on|off|VALUE", help="what it shall be")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Ask, and print the answer."""
    print(make_request(settings, "flip", f"{options.device} {options.wanted}"))
    return 0
