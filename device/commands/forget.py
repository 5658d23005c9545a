"""Erase every trace of some words: lessons that contain them, and utterances that acted on them.

safu forget "movie time"
"""

from __future__ import annotations

import argparse

from device.commands.one_request import make_request
from device.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu forget` takes."""
    parser.add_argument("words", nargs="+", help="the words, in their order")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Ask, and print the answer."""
    print(make_request(settings, "forget", " ".join(options.words)))
    return 0
