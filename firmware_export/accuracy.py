"""How often a model is right before and after it was quantised, and how far its probabilities move.

Left out: whether an export answers as the integers do (`parity.py`).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from rich.table import Table

from firmware_export.exportable import Exportable, Judged, Labelled, Line


class Accuracy:
    """Counts of what was judged."""

    def __init__(self) -> None:
        self.judged = 0
        self.right: dict[str, int] = {}
        self.worst = 0.0
        """Error of a probability."""

    def add(self, judged: Judged, right: np.ndarray) -> None:
        """Some more answers, of which (n,) are right."""
        self.judged += len(right)
        for name, shares in (("floats", judged.floats), ("integers", judged.integers)):
            if shares is not None:
                hits = int((shares.argmax(axis=1) == right).sum())
                self.right[name] = self.right.get(name, 0) + hits
        if judged.floats is not None:
            self.worst = max(self.worst, float(np.abs(judged.integers - judged.floats).max()))

    def table(self, scored: str) -> Table:
        """A row for floats, if there are any, and one for integers."""
        found = Table(f"{self.judged:,} {scored}", "accuracy", "worst error of a probability")
        for name, hits in self.right.items():
            is_worse = name == "integers" and "floats" in self.right
            found.add_row(name, f"{hits / self.judged:.4f}", f"{self.worst:.4f}" if is_worse else "")
        return found


def accuracy(exported: Exportable[Line], labelled: Iterable[Labelled[Line]]) -> Accuracy:
    """On a set."""
    found = Accuracy()
    for each in labelled:
        at = 0
        for judged in exported.judged(each.line):
            found.add(judged, each.right[at : at + len(judged.integers)])
            at += len(judged.integers)
    return found
