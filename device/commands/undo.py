"""Take one lesson back. The model becomes, bit for bit, what it would be had the lesson never been taught.

safu history --lessons      lists lessons with their numbers
safu undo 17
"""

from __future__ import annotations

import argparse

from device.commands.one_request import make_request
from device.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu undo` takes."""
    parser.add_argument("id", nargs="+", help="the number of the lesson")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Ask, and print the answer."""
    print(make_request(settings, "undo", " ".join(options.id)))
    return 0
