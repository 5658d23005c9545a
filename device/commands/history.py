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
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from device.acoustic.sounds import described
from device.journal import SqliteJournal
from device.journal_folder import FILE
from device.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu history` takes."""
    parser.add_argument("--limit", type=_count, default=20, metavar="N", help="the newest so many (20)")
    parser.add_argument("--lessons", action="store_true", help="only lessons")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Print it, oldest first. Only reads: looking makes no journal where there is none, and repairs none."""
    entries = _entries(settings.storage.path / FILE, options)
    rows = [tuple(map(_printable, _told(entry))) for entry in entries]
    console = Console()
    if options.json:
        for entry in entries:
            print(json.dumps(entry))
    elif not rows:
        print("nothing yet; say something, flip a switch, and look again")
    elif console.is_terminal:
        console.print(_table(rows))
    else:
        for row in rows:
            print("\t".join(row))
    return 0


def _entries(file: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    if not file.exists():
        return []
    with closing(SqliteJournal(file)) as journal:
        return journal.history(options.limit, only_lessons=options.lessons)


def _table(rows: list[tuple[str, ...]]) -> Table:
    table = Table("when", "what", "words", "came to", "why", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(Text, row))  # as text: names of devices may look like markup
    return table


def _told(entry: dict[str, Any]) -> tuple[str, ...]:
    return time.strftime("%d %b %H:%M:%S", time.localtime(entry["at"])), *_came_to(entry)


def _printable(text: str) -> str:
    """Names come from the broker, and a terminal obeys control characters."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text[:9]) > 0):
        raise argparse.ArgumentTypeError(f"{text} is not a number of entries")
    return int(text[:9])


def _came_to(entry: dict[str, Any]) -> tuple[str, str, str, str]:
    if entry["kind"] == "flip":
        return "flip", "", entry["action"], entry["cause"]
    words = described(entry["words"].split()) or "(not kept)"
    if entry["kind"] == "lesson":
        state = "" if entry["kept"] else ", undone"
        return f"lesson {entry['id']}", words, entry["action"], f"{entry['of']}, {entry['weight']}/16{state}"
    ranked = ", ".join(f"{label} {p:.2f}" for label, p in entry.get("ranked", [])[:2])
    evidence = ", ".join(f"{feature!r} {nats:+.1f}" for feature, nats in entry.get("evidence", [])[:4])
    return f"heard {entry['id']}", words, f"{entry['outcome']} {entry['action']}", f"{ranked}; {evidence}".rstrip("; ")
