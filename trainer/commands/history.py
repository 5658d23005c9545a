"""Every model: lessons, figures, verdict, what became of it.

safu-trainer history
safu-trainer history --json       one object a line, for other programs
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from device.settings import Settings
from trainer.household_store import open_store
from trainer.store import ModelRecord


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu-trainer history` takes."""
    parser.add_argument("--json", action="store_true", help="one object a line")


def run(settings: Settings, options: argparse.Namespace, _: Progress) -> int:
    """Print it."""
    store = open_store(settings)
    try:
        records = [record for node in store.nodes() for record in store.models(node)]
    finally:
        store.close()
    if options.json:
        for record in records:
            told = {**asdict(record), "signature": record.signature.hex()}
            told.pop("devices")
            print(json.dumps(told))
        return 0
    table = Table("device", "model", "made", "lessons", "right, before", "verdict", "now")
    for record in records:
        table.add_row(*_told(record))
    Console().print(table) if records else print("no model has been made yet")
    return 0


def _told(record: ModelRecord) -> tuple[str, ...]:
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.created))
    new, old = (record.figures.get(f"{who}.right") for who in ("challenger", "champion"))
    right = "" if new is None or old is None else f"{new:.0%}, {old:.0%}"
    verdict = f"{'passed' if record.accepted else 'failed'}: {'; '.join(record.reasons)}"
    return record.node, str(record.version), made, str(len(record.lesson_ids)), right, verdict, record.outcome
