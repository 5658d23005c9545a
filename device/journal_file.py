"""The journal as a file: its schema, its versions, and what can be had from a damaged one.

Left out: what the rows mean (`journal.py`).
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from device.errors import JournalError

MIGRATIONS = (
    """
    CREATE TABLE interactions (
        id INTEGER PRIMARY KEY, at REAL NOT NULL, words TEXT NOT NULL, outcome TEXT NOT NULL, action TEXT NOT NULL,
        details TEXT NOT NULL);
    CREATE TABLE events (
        id INTEGER PRIMARY KEY, at REAL NOT NULL, action TEXT NOT NULL, before TEXT, cause TEXT NOT NULL);
    CREATE TABLE lessons (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, words TEXT NOT NULL, action TEXT NOT NULL,
        weight INTEGER NOT NULL, kind TEXT NOT NULL, utterance INTEGER NOT NULL, kept INTEGER NOT NULL DEFAULT 1);
    CREATE TABLE failures (id INTEGER PRIMARY KEY, at REAL NOT NULL, utterance INTEGER NOT NULL, error TEXT NOT NULL);
    CREATE TABLE requests (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, verb TEXT NOT NULL, argument TEXT NOT NULL,
        answer TEXT);
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT, action TEXT NOT NULL, before TEXT, created_unix_ms INTEGER NOT NULL);
    """,
)
"""Schema version n is what the first n of these make; a released one never changes. No semicolon but between two."""

_LOCK_S = 5.0
"""So long another process may write before we give up."""
_LESSON = "id, at, words, action, weight, kind, utterance, kept"


def connect(path: Path | str) -> sqlite3.Connection:
    """Open the file, make it if there is none, bring its schema up to date.

    Raises `JournalError` for a version of a newer safu, and `sqlite3.Error` for all that is wrong with the file.
    """
    database = sqlite3.connect(path, timeout=_LOCK_S, isolation_level=None)
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "temp_store=MEMORY"):
            database.execute(f"PRAGMA {pragma}")
        verdict = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
        if verdict != "ok":
            raise sqlite3.DatabaseError(" ".join(verdict.split()))
        _migrate(database, path)
    except BaseException:
        database.close()
        raise
    return database


def _migrate(database: sqlite3.Connection, path: Path | str) -> None:
    if _version(database) == len(MIGRATIONS):
        return  # as nearly always: not even a lock is needed
    database.execute("BEGIN IMMEDIATE")  # the version is looked up again inside: another process may do the same now
    version = _version(database)
    if version > len(MIGRATIONS):
        raise JournalError(
            f"the journal {path} is of version {version}, this safu knows {len(MIGRATIONS)}",
            hint="install the newer safu again, or move the file away",
        )
    for statement in ";".join(MIGRATIONS[version:]).split(";"):
        database.execute(statement)
    database.execute(f"PRAGMA user_version={len(MIGRATIONS)}")
    database.execute("COMMIT")


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def set_aside(path: Path) -> Path:
    """Give a damaged journal another name, its write-ahead log too; return that name. Nothing is ever deleted."""
    aside = path.with_name(f"journal.damaged-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.sqlite3")
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside


def salvage(aside: Path, into: sqlite3.Connection) -> int:
    """Copy the lessons that can still be read, under their old ids; return how many. The damaged file is only read."""
    rows: dict[int, tuple[Any, ...]] = {}
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{aside.absolute().as_uri()}?mode=ro", uri=True)) as old:
        for order in ("ASC", "DESC"):  # reading stops at the damage: so come from both ends
            with suppress(sqlite3.Error):
                for row in old.execute(f"SELECT {_LESSON} FROM lessons ORDER BY id {order}"):  # noqa: S608
                    if _is_lesson(row):
                        rows[row[0]] = row
    with into:  # all of them or none
        into.execute("BEGIN IMMEDIATE")
        for _, row in sorted(rows.items()):
            into.execute(f"INSERT INTO lessons ({_LESSON}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608
    return len(rows)


def _is_lesson(row: tuple[Any, ...]) -> bool:
    """Is this what we once wrote, as far as one can tell?"""
    _, at, words, action, weight, kind, utterance, kept = row
    with suppress(ValueError, TypeError):
        device, command, value = json.loads(action)
        texts = all(isinstance(text, str) for text in (words, device, command, kind))
        numbers = all(isinstance(number, int) for number in (weight, utterance)) and isinstance(at, float)
        return texts and numbers and kept in (0, 1) and isinstance(value, (str, float, int, type(None)))
    return False
