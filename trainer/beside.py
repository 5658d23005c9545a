"""Half of a round's work in a process beside this one, for hosts with two processors; or all of it here.

`Beside.begin` starts some work and returns what waits for its result. `Here` does it when the result is asked for, and
not at all if nobody asks. `Worker` has it done by a process that is kept warm, as importing torch takes seconds; the
function and its arguments go there pickled, so it must be of a module, and what it prints is lost. A worker that is
killed loses nothing: what it had is done here, and the next work gets a new one. It ends with the process that started
it, however that ends. Left out: which half (`rounds.py`), and more than one worker.
"""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from typing import ParamSpec, Protocol, TypeVar

from threadpoolctl import threadpool_limits

log = logging.getLogger(__name__)

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


class Beside(Protocol):
    """Where work is done."""

    def begin(
        self, work: Callable[_Given, _Made], *arguments: _Given.args, **named: _Given.kwargs
    ) -> Callable[[], _Made]:
        """Call what is returned for the result, once; it raises what the work raises."""

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all work that was asked for and was not done in this process."""


@contextmanager
def beside() -> Iterator[Beside]:
    """A worker until the end of the block, if this machine has a processor for it."""
    if (os.cpu_count() or 1) == 1:
        yield Here()
        return
    with closing(Worker()) as worker:
        yield worker


class Here:
    """A `Beside` that is not: no second process."""

    cpu_s = 0.0

    def begin(
        self, work: Callable[_Given, _Made], *arguments: _Given.args, **named: _Given.kwargs
    ) -> Callable[[], _Made]:
        return partial(work, *arguments, **named)


class Worker:
    """A `Beside` of one warm process. Not thread-safe; to be closed."""

    def __init__(self) -> None:
        self.cpu_s = 0.0
        self._pool = _pool()

    def close(self) -> None:
        """Wait for what has begun, and let the process go."""
        self._pool.shutdown(cancel_futures=True)

    def begin(
        self, work: Callable[_Given, _Made], *arguments: _Given.args, **named: _Given.kwargs
    ) -> Callable[[], _Made]:
        begun = partial(work, *arguments, **named)
        try:
            future = self._pool.submit(_timed, begun)
        except BrokenExecutor:
            self._pool.shutdown(wait=False)
            self._pool = _pool()
            future = self._pool.submit(_timed, begun)
        return partial(self._result, future, begun)

    def _result(self, future: Future[tuple[_Made, float]], begun: Callable[[], _Made]) -> _Made:
        try:
            result, cpu_s = future.result()
        except BrokenExecutor:
            log.warning("the process that trains beside this one has died; going on without it")
            return begun()
        self.cpu_s += cpu_s
        return result


def _pool() -> ProcessPoolExecutor:
    """Spawned, not forked: threads of torch and of the bus do not survive a fork. Begins to warm up at once."""
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _come_up)
    pool.submit(importlib.import_module, "trainer.household")
    return pool


def _come_up() -> None:
    """The worker obeys its parent, not the terminal, and does not outlive it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, name="end with the parent", daemon=True).start()


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _timed(work: Callable[[], _Made]) -> tuple[_Made, float]:
    started_s = time.process_time()
    with threadpool_limits(1):  # a processor each
        return work(), time.process_time() - started_s
