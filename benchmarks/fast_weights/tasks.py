"""What is measured: the capacity of a rule, or its loss with so many keys that come again. One core each."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from rich.console import Console
from rich.progress import Progress

from benchmarks.fast_weights.capacity import ends_above, first_above
from benchmarks.fast_weights.reference import GRID, Logs, capacity
from benchmarks.fast_weights.retrieval import Rule, losses
from benchmarks.two_cores import finished

CAPACITY_STEPS, UPDATE_STEPS = 12_000, 3_000
_COUNTS, _SLOW_COUNTS = (20, 60, 120), (20,)
_SLOW_CAPACITIES = {("dpfp", 2), ("dpfp", 3), ("favor", 512), ("softmax", 0)}


@dataclass(frozen=True, slots=True)
class Task:
    """Without a count, the capacity."""

    rule: Rule
    count: int | None = None

    @property
    def name(self) -> str:
        """Of the figure."""
        rule = self.rule
        argument = [str(rule.argument)] if rule.argument else []
        if self.count is None:
            return f"setting1.{'_'.join([rule.feature_map, *argument])}.capacity"
        return f"setting2.{'_'.join([rule.feature_map, *argument, rule.update])}.loss_{self.count}"

    @property
    def reference_name(self) -> str:
        """Of the authors' figure."""
        if self.count is None:
            return f"{self.name}_reference"
        return self.name.replace("loss_", "loss_reference_")


def everything(logs: Logs) -> list[Task]:
    """Long ones first, so that both cores are busy to the end."""
    capacities = sorted(map(Task, logs.capacity), key=lambda task: -capacity(logs.capacity[task.rule]))
    updates = [
        Task(rule, count) for rule in logs.update for count in (_SLOW_COUNTS if rule.update == "fwm" else _COUNTS)
    ]
    return capacities + sorted(updates, key=lambda task: (task.rule.update != "fwm", -(task.count or 0)))


def quick(logs: Logs) -> list[Task]:
    """What is done in two minutes."""
    capacities = [Task(rule) for rule in logs.capacity if (rule.feature_map, rule.argument) not in _SLOW_CAPACITIES]
    quickly = [rule for rule in logs.update if rule.update != "fwm" and rule.feature_map != "favor"]
    return capacities + [Task(rule, _COUNTS[0]) for rule in quickly]


def done(tasks: Sequence[Task]) -> Iterator[tuple[str, float]]:
    """The figure of every task, as they come (`nan`: diverged); two at a time where there are two cores."""
    with Progress(console=Console(stderr=True)) as progress:
        for name, figure in finished(work, tasks, progress, "memories"):
            progress.console.print(f"{name} {figure:.4g}")
            yield name, figure


def work(task: Task) -> tuple[str, float]:
    """One task, in a process of its own."""
    torch.set_num_threads(1)
    rule, count = task.rule, task.count
    if count is None:
        found = first_above(GRID, lambda keys: ends_above(losses(rule, keys, replacement=False, steps=CAPACITY_STEPS)))
        return task.name, float(found)
    return task.name, last(losses(rule, count, replacement=True, steps=UPDATE_STEPS))


def last(values: Iterable[float]) -> float:
    """The last one."""
    return deque(values, maxlen=1)[0]


def references(tasks: Iterable[Task], logs: Logs) -> dict[str, float]:
    """What the authors have for each task; nothing where their run diverged."""
    found: dict[str, float] = {}
    for task in tasks:
        if task.count is None:
            found[task.reference_name] = float(capacity(logs.capacity[task.rule]))
        elif (final := logs.update[task.rule][task.count]) == final:
            found[task.reference_name] = final
    return found
