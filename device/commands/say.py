"""Type words as if they had been heard: see what they would do, and have it done.

  safu say "turn on the kitchen light"

Prints what was done with its probability, and what in the words spoke for it. Reaches the running safu; without one,
does it by itself.
"""

from __future__ import annotations

import argparse

from device.commands.one_request import make_request
from device.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu say` takes."""
    parser.add_argument("words", nargs="+", help="what somebody might say")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Ask, and print the answer."""
    print(make_request(settings, "say", " ".join(options.words)))
    return 0
