"""All of it as one page with plots: accuracy, calibration, confusions, what was forgotten, every model.

  safu-trainer report                        safu-report.html, here
  safu-trainer report --out /tmp/home.html

The page needs no network and holds what was said in the house: only its owner can read the file.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from rich.progress import Progress

from device.errors import TrainerError
from device.safu.bundle import write_whole
from device.settings import Settings
from trainer.household_store import open_store, the_node
from trainer.report import report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu-trainer report` takes."""
    parser.add_argument("--node", help="the device, where there are several")
    parser.add_argument(
        "--out", type=Path, default=Path("safu-report.html"), metavar="FILE", help="the page to write (%(default)s)"
    )


def run(settings: Settings, options: argparse.Namespace, progress: Progress) -> int:
    """Write it. Raises `TrainerError`, `StoreError`, or `BundleError` if the disk does not take it."""
    if options.out.is_dir():
        raise TrainerError(f"{options.out} is a folder", hint="name a file: --out FILE")
    store = open_store(settings)
    try:
        page = report(store, the_node(settings, options.node, store), settings, time.time(), progress)
    finally:
        store.close()
    write_whole(options.out, page.encode())
    print(f"{options.out}: open it in a browser; it holds what was said, so mind whom you give it to")
    return 0
