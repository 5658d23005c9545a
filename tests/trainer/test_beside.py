"""Work beside this process: the same result, whoever makes it, and whoever is killed meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from device.errors import TrainerError
from device.safu.bundle import pack
from device.settings import LearningSettings, Settings
from tests.trainer.test_gate import DEVICES, HEADER, LESSONS
from tests.waiting import wait_until
from trainer.beside import Beside, Here, Worker, beside
from trainer.rounds import Challenge, challenge

START_S = 60.0
_PARENT = """
import os, time
from trainer.beside import Worker
print(Worker().begin(os.getpid)(), flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with closing(Worker()) as made:
        yield made


def refuse(why: str) -> None:
    raise TrainerError(why)


def die_elsewhere(own: int) -> int:
    """Killed wherever this is not process `own`."""
    if os.getpid() != own:
        os.kill(os.getpid(), signal.SIGKILL)
    return own


def test_a_worker_is_another_process_and_says_what_it_used(worker: Worker) -> None:
    assert worker.begin(os.getpid)() != os.getpid() == Here().begin(os.getpid)()
    used_s = worker.cpu_s
    assert worker.begin(sum, range(10_000_000))() == sum(range(10_000_000))
    assert worker.cpu_s > used_s
    assert Here().cpu_s == 0


@pytest.mark.parametrize("processors", [None, 1, 2])
def test_a_machine_of_one_processor_does_all_itself(processors: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    with beside() as made:
        assert isinstance(made, Worker) == (processors == 2)


def test_what_nobody_asks_for_is_not_done_here(tmp_path: Path) -> None:
    Here().begin((tmp_path / "made").touch)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("is_beside", [False, True])
def test_errors_come_with_the_result(worker: Worker, is_beside: bool) -> None:
    beside: Beside = worker if is_beside else Here()
    result = beside.begin(refuse, "too few")
    with pytest.raises(TrainerError, match="too few"):
        result()


def test_a_killed_worker_loses_nothing(worker: Worker, caplog: pytest.LogCaptureFixture) -> None:
    before = worker.begin(os.getpid)()
    one, other = worker.begin(die_elsewhere, os.getpid()), worker.begin(os.getpid)
    assert (one(), other()) == (os.getpid(), os.getpid()), "it is done here"
    assert "has died" in caplog.text
    assert worker.begin(os.getpid)() not in (before, os.getpid()), "there is a new one"


def test_a_worker_ends_with_the_process_that_was_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True) as parent:
        line = parent.stdout.readline() if parent.stdout else ""
        parent.kill()
    wait_until(lambda: not _is_alive(int(line)), "its end", START_S)


def _is_alive(process: int) -> bool:
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_worker_does_not_heed_the_terminal(worker: Worker) -> None:
    process = worker.begin(os.getpid)()
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(process, number)
    assert worker.begin(os.getpid)() == process


def test_a_round_makes_the_same_bytes_with_a_worker(worker: Worker) -> None:
    alone, together = (round_of(beside) for beside in (Here(), worker))
    assert alone.verdict == together.verdict
    assert pack(alone.judged) == pack(together.judged)
    assert pack(alone.final) == pack(together.final)
    assert alone.final != alone.judged, "it passes, or this shows nothing"


def round_of(beside: Beside) -> Challenge:
    return challenge(LESSONS, DEVICES, HEADER, None, Settings(learning=LearningSettings(blank=True)), beside=beside)
