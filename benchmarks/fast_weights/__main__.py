"""How many pairs does a fast-weight memory hold, and which rule overwrites best? Against the authors' own logs.

    python -m benchmarks.fast_weights [--data DIR] [--test DIR] [--json FILE] [--quick]

The two synthetic settings of "Linear Transformers Are Secretly Fast Weight Programmers" (arXiv 2102.11174), beside the
final losses in `fast_weights/final_losses.csv` of `--data`; there is nothing to score on `--test`. Setting 1 (each key
once): capacity, the first of 20, 40 .. 600 keys with a final loss above 0.05, found by doubling and bisection; a run
ends as soon as that is clear (`capacity.py`). Setting 2 (keys come again, twice as many pairs as keys): final loss, at
fewer numbers of keys and with fewer steps than the authors took. One seed, as in the logs. `memory.*` is the memory as
the device has it, on phrases of `nlu_home`. `--quick`: setting 1 without
dpfp 2 and 3, favor 512 and softmax; setting 2 at 20 keys, without favor and fwm.
"""

from __future__ import annotations

import math
import os
import platform
import time
from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.table import Table

from benchmarks.arguments import arguments, write
from benchmarks.fast_weights import reference
from benchmarks.fast_weights.memory import measure
from benchmarks.fast_weights.tasks import CAPACITY_STEPS, UPDATE_STEPS, Task, done, everything, quick, references
from benchmarks.plots import associative_retrieval


def main() -> None:
    options = arguments(__doc__).parse_args()
    logs = reference.read(options.data)
    tasks = quick(logs) if options.quick else everything(logs)
    started_s = time.monotonic()
    found = dict(done(tasks))
    figures = {name: value for name, value in found.items() if not math.isnan(value)} | references(tasks, logs)
    figures |= measure(options.data)
    show(tasks, figures)
    conditions = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}, one thread a run",
        "minutes": round((time.monotonic() - started_s) / 60, 1),
        "cpu_minutes": round((os.times().children_user + os.times().children_system) / 60, 1),
        "capacity": "first of 20, 40 .. 600 keys with a final loss above 0.05; 620 if there is none",
        "setting1_steps": CAPACITY_STEPS,
        "setting2_steps": UPDATE_STEPS,
        "setting2_keys": sorted({task.count for task in tasks if task.count}),
        "diverged": sorted(found.keys() - figures.keys()),
        "quick": options.quick,
    }
    write(options, "fast_weights", figures, conditions)
    if options.json:
        associative_retrieval(figures, options.json.with_suffix(".png"))


def show(tasks: Iterable[Task], figures: Mapping[str, float]) -> None:
    """A row a figure, the authors' beside ours; `nan` where a run diverged."""
    table = Table("figure", "here", "authors")
    for task in tasks:
        table.add_row(task.name, *(f"{figures.get(name, math.nan):.4g}" for name in (task.name, task.reference_name)))
    for name, value in figures.items():
        if name.startswith("memory."):
            table.add_row(name, f"{value:.4g}", "")
    Console().print(table)


if __name__ == "__main__":
    main()
