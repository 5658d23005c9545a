"""A table of sentences and what they mean: CSV with a column `text` or `utterance`, and `action` or `intent`.

Where there is a column `scenario` as well, the label is `scenario_intent`, as in the data that the benchmarks use. Left
out: sets in other forms.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from device.errors import ExportError

Row = dict[str, str]


def read_set(path: Path, actions: Sequence[str]) -> tuple[list[str], list[str]]:
    """Texts and labels. Raises `ExportError`, saying what is wrong; also if no label is one of the `actions`."""
    rows = read_rows(path)
    text, label = text_column(path, rows), _column(path, rows, "action", "intent")
    texts = [(row[text] or "").lower() for row in rows]
    labels = [f"{row['scenario']}_{row[label]}" if row.get("scenario") else row[label] or "" for row in rows]
    if not set(labels) & set(actions):
        raise ExportError(f"{path} has none of the actions of the model; its first label is {labels[0]!r}")
    return texts, labels


def read_rows(path: Path) -> list[Row]:
    """All of a table. Raises `ExportError` if it cannot be read, or has none."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ExportError(f"{path} cannot be read: {error}") from error
    if not rows:
        raise ExportError(f"{path} has no rows")
    return rows


def text_column(path: Path, rows: Sequence[Row]) -> str:
    """Where the texts are. Raises `ExportError` if there is no such column."""
    return _column(path, rows, "text", "utterance")


def _column(path: Path, rows: Sequence[Row], *names: str) -> str:
    for name in names:
        if name in rows[0]:
            return name
    raise ExportError(f"{path} has the columns {', '.join(rows[0])}; needed is {' or '.join(names)}")
