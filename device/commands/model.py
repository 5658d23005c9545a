"""Fetch a better recogniser: the small English model of Vosk, about 40 MB over the network, once.

It hears free speech better than PocketSphinx and wants 300 MB of memory. This is the only thing in safu that ever
uses the internet, and only when you ask for it; without a network, the message says how to do it by hand.

  safu model fetch               into the storage folder
  safu model fetch --url URL     another model, packed as a zip file

Afterwards set engine = "vosk" in the section [transcriber] of the settings.
"""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from device.settings import Settings
from device.transcribers.vosk_model import SMALL_ENGLISH, fetch_model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu model` takes."""
    parser.add_argument("verb", choices=("fetch",), help="download and unpack it")
    parser.add_argument("--url", default=SMALL_ENGLISH, help="a zip file with one folder (%(default)s)")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Fetch it, and say how to use it."""
    folder = settings.storage.path / "vosk"
    console = Console(stderr=True)
    columns = (TextColumn("fetching"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=None)
        fetch_model(options.url, folder, lambda here, total: progress.update(bar, completed=here, total=total))
    print(f"the model is in {folder}")
    if settings.transcriber.vosk_model:
        print(f"but transcriber.vosk_model is set to {settings.transcriber.vosk_model}, which goes before it")
    if settings.transcriber.engine != "vosk":
        print('to use it, put engine = "vosk" into the section [transcriber] of the settings; see: safu doctor')
    return 0
