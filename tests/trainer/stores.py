"""Stores to test, on every database that is there: a file of SQLite, a server of PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from device.errors import StoreError
from device.messages import Action, Device, Lesson
from tests import postgres
from trainer.store import ModelRecord, Store, Taught

HALF = "half \ud800 a character, and \x00"
HUGE = 2**63
ON = Action("lamp", "on")
LAMP = Device("lamp", "kitchen light", "light", frozenset({"on", "off", "set"}), "Kitchen", ("a", "b"), 1, 9.5, "%")
RECORD = ModelRecord("home", 3, 2, 1.5, 7, "0.1.0", (1, 5), {"right": 0.75}, True, ("better by 3",), b"\x00signed")


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Postgres]:
    if postgres.MISSING:
        pytest.skip(postgres.MISSING)
    with postgres.postgres() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite3'}"
    running: postgres.Postgres = request.getfixturevalue("server")
    return running.new_database()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with closing(Store(url)) as store:
        yield store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite3"


@pytest.fixture
def filed(file: Path) -> Iterator[Store]:
    with closing(Store(f"sqlite:///{file}")) as store:
        yield store


def taught(lesson_id: int, words: str = "lamp on", action: Action = ON) -> Taught:
    return Taught(Lesson(tuple(words.split()), action, 16, "flip", 4, lesson_id), 1.5)


def race(acts: list[Callable[[], object]]) -> list[object]:
    """What each returned, or raised."""
    results: list[object] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            results.append(act())
        except StoreError as error:
            results.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
