"""What was heard, done, flipped and learned, and why.

Words are kept of utterances that acted and of lessons, never of other talk. The evidence says what each word added
to the decision, in nats: 2.3 makes it ten times likelier.

  safu history                the last 20 entries
  safu history --lessons      what has been learned, with the numbers that `safu undo` takes
  safu history --json         for programs
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from rich.console import Console
from rich.table import Table

from device.journal import open_journal
from device.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu history` takes."""
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="the newest so many (20)")
    parser.add_argument("--lessons", action="store_true", help="only lessons")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Print it, oldest first."""
    journal = open_journal(settings.storage.path)
    try:
        entries = journal.history(options.limit, only_lessons=options.lessons)
    finally:
        journal.close()
    if options.json:
        for entry in entries:
            print(json.dumps(entry))
    elif entries:
        Console().print(_table(entries))
    else:
        print("nothing yet; say something, flip a switch, and look again")
    return 0


def _table(entries: list[dict[str, Any]]) -> Table:
    table = Table("when", "what", "words", "came to", "why", box=None, pad_edge=False)
    for entry in entries:
        when = time.strftime("%d %b %H:%M:%S", time.localtime(entry["at"]))
        table.add_row(when, *_told(entry))
    return table


def _told(entry: dict[str, Any]) -> tuple[str, str, str, str]:
    if entry["kind"] == "flip":
        return "flip", "", entry["action"], entry["cause"]
    words = entry["words"] or "(not kept)"
    if entry["kind"] == "lesson":
        state = "" if entry["kept"] else ", undone"
        return f"lesson {entry['id']}", words, entry["action"], f"{entry['of']}, {entry['weight']}/16{state}"
    ranked = ", ".join(f"{label} {p:.2f}" for label, p in entry.get("ranked", [])[:2])
    evidence = ", ".join(f"{feature!r} {nats:+.1f}" for feature, nats in entry.get("evidence", [])[:4])
    return f"heard {entry['id']}", words, f"{entry['outcome']} {entry['action']}", f"{ranked}; {evidence}".rstrip("; ")
