"""What the authors' logs reached: the last line of each, by rule and number of keys."""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fast_weights.retrieval import Rule

THRESHOLD = 0.05
GRID = range(20, 620, 20)


@dataclass(frozen=True, slots=True)
class Logs:
    """Final loss by number of keys, by rule; diverged runs are `nan`."""

    capacity: Mapping[Rule, Mapping[int, float]]
    update: Mapping[Rule, Mapping[int, float]]


def read(folder: Path) -> Logs:
    """Both settings."""
    path = folder / "fast_weights" / "final_losses.csv"
    settings: dict[str, dict[Rule, dict[int, float]]] = {"1": defaultdict(dict), "2": defaultdict(dict)}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                rule = Rule(row["feature_map"], int(row["feature_arg"] or 0), row["update_rule"])
                settings[row["setting"]][rule][int(row["n_keys"])] = float(row["final_eval_loss"])
    except OSError as error:
        sys.exit(f"{path} cannot be read: {error.strerror}; name the folder with --data DIR or $SAFU_DATA")
    return Logs(settings["1"], settings["2"])


def capacity(final: Mapping[int, float]) -> int:
    """The first number of keys with a loss above 0.05; one grid step beyond the last if there is none."""
    above = [count for count, value in final.items() if not value <= THRESHOLD]
    return min(above, default=GRID.stop)
