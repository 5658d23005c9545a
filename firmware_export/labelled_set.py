"""A table of sentences and what they mean: CSV with a column `text` (or `utterance`), and `action` or `intent`.

Where there is a column `scenario` as well, the label is `scenario_intent`, as in the data that the benchmarks use. Left
out: sets in other forms.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from device.errors import ExportError


def read_set(path: Path, actions: Sequence[str]) -> tuple[list[str], list[str]]:
    """Texts and labels. Raises `ExportError`, saying what is wrong; also if no label is one of the `actions`."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ExportError(f"{path} cannot be read: {error}") from error
    if not rows:
        raise ExportError(f"{path} has no rows")
    text = next((name for name in ("text", "utterance") if name in rows[0]), "")
    label = next((name for name in ("action", "intent") if name in rows[0]), "")
    if not text or not label:
        raise ExportError(f"{path} has the columns {', '.join(rows[0])}; needed are text and action (or intent)")
    texts = [(row[text] or "").lower() for row in rows]
    labels = [f"{row['scenario']}_{row[label]}" if row.get("scenario") else row[label] or "" for row in rows]
    if not set(labels) & set(actions):
        raise ExportError(f"{path} has none of the actions of the model; its first label is {labels[0]!r}")
    return texts, labels
