"""What does the trainer add, what does its gate let through, and how soon is a flip in the model?

    python -m benchmarks.retraining [--data DIR] [--test DIR] [--json FILE] [--quick]

The 64 intents of `nlu_home` as actions. `MODEL.accuracy_N`: after N lessons, on a fifth of the sentences or, with
`--test`, on those of the other folder; `device` alone, `trainer` the device after a round of the trainer, peers fitted
anew; medians of five orders. `gate_accepted_good` of 100 honest improvements, `gate_rejected_bad` of 100 damaged
challengers, by kind as well: see `challengers.py`. `train_cpu_s`: of a whole round, two trainings and the gate, at
1,000 lessons. `lesson_to_live_s_p50`: from the flip to the first prediction by the new model, with 1,000 lessons in
store, the pause before a round included: see `live.py`.
"""

from __future__ import annotations

import argparse
import platform
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks.arguments import arguments, show, write
from benchmarks.corrections import Sentence, household, sentences
from benchmarks.plots import retraining
from benchmarks.retraining.challengers import DAMAGES, Day, verdicts
from benchmarks.retraining.live import live
from benchmarks.retraining.streams import COUNTS, Stream, measured
from benchmarks.two_cores import finished

_ORDERS = 5
_DAYS, _LESSONS, _CHAMPION = 50, 1_500, 500
"""Days on which two honest and two damaged challengers come, lessons then, and lessons when the champion was made."""


def main() -> None:
    options = arguments(__doc__).parse_args()
    learned = sentences(options.data / "nlu_home" / "dev.csv")
    tested = sentences(options.test / "nlu_home" / "dev.csv") if options.test else []
    with Progress(console=Console(stderr=True)) as progress:
        figures = _accuracies(options, learned, tested, progress)
        figures |= _gate(options, learned, progress)
        figures |= live(learned, progress, quick=options.quick)
    show(figures)
    conditions = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}, one thread a task",
        "held_out": "all rows of --test" if options.test else "a fifth of the sentences",
        "orders": 1 if options.quick else _ORDERS,
        "gate": f"days with {_LESSONS} lessons, the champion of the first {_CHAMPION}, or none",
        "quick": options.quick,
    }
    write(options, "retraining", figures, conditions)
    if options.json:
        retraining(figures, COUNTS, options.json.with_suffix(".png"))


def _accuracies(
    options: argparse.Namespace, learned: list[Sentence], tested: list[Sentence], progress: Progress
) -> dict[str, float]:
    orders, counts = (1, (50, 200)) if options.quick else (_ORDERS, COUNTS)
    tasks = [Stream(household("", learned, tested, order, max(counts)), counts) for order in range(orders)]
    found: dict[str, list[float]] = defaultdict(list)
    for figures in finished(measured, tasks, progress, "orders"):
        for name, value in figures.items():
            found[name].append(value)
    made = {name: float(np.median(values)) for name, values in sorted(found.items()) if "accuracy" in name}
    made |= {name: float(np.mean(values)) for name, values in sorted(found.items()) if name.startswith("accepted")}
    return made | {"train_cpu_s": float(np.median(found[f"train_cpu_s_{max(counts)}"]))}


def _gate(options: argparse.Namespace, learned: Sequence[Sentence], progress: Progress) -> dict[str, float]:
    days = [
        Day(
            household("", list(learned), [], 100 + number, _LESSONS),
            _LESSONS,
            _CHAMPION,
            tuple(DAMAGES[(2 * number + which) % len(DAMAGES)] for which in range(2)),
            number,
        )
        for number in range(2 if options.quick else _DAYS)
    ]
    came, passed = Counter[str](), Counter[str]()
    for verdict in finished(verdicts, days, progress, "days"):
        for name, is_accepted in verdict:
            came[name] += 1
            passed[name] += is_accepted
    figures = {f"gate_rejected_{name}": float(came[name] - passed[name]) for name in DAMAGES}
    figures |= {f"gate_came_{name}": float(came[name]) for name in DAMAGES}
    figures["gate_rejected_bad"] = sum(figures[f"gate_rejected_{name}"] for name in DAMAGES)
    return figures | {"gate_accepted_good": float(passed["honest"]), "gate_came_good": float(came["honest"])}


if __name__ == "__main__":
    main()
