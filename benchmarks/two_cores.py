"""Work on two cores where there are two, each task in a process of its own, with a progress bar."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

from rich.progress import Progress

Task = TypeVar("Task")
Result = TypeVar("Result")


def finished(
    work: Callable[[Task], Result], tasks: Sequence[Task], progress: Progress, description: str
) -> Iterator[Result]:
    """What `work` makes of every task, in the order in which they are done."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1), context) as pool:
        waiting = as_completed([pool.submit(work, task) for task in tasks])
        try:
            for done in progress.track(waiting, total=len(tasks), description=description):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)  # after an error nobody waits for the others
