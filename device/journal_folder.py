"""The journal of a storage folder: opened whatever is wrong with it, and written by one process.

Left out: what is in it (`journal.py`), schema, versions and damage (`journal_file.py`).
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from device.errors import JournalError
from device.journal import SqliteJournal
from device.journal_file import salvage, set_aside

log = logging.getLogger(__name__)

FILE = "journal.sqlite3"


def open_journal(folder: Path) -> SqliteJournal:
    """The journal of a storage folder. Whatever is wrong with it is said once, and listening goes on.

    A damaged file is set aside beside the new one; where nothing can be written, the journal is in memory only.
    """
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        journal = SqliteJournal(path)
    except (OSError, JournalError) as error:
        if isinstance(error.__cause__, sqlite3.DatabaseError) and not isinstance(
            error.__cause__, sqlite3.OperationalError
        ):
            with suppress(OSError, JournalError):
                return _anew(path, error)
        if isinstance(error, JournalError) and error.hint:
            raise  # of a newer safu: its lessons are fine, so do not act as if there were none
        log.warning("%s; nothing of this run will be remembered", error)
        return SqliteJournal(":memory:")
    with suppress(JournalError):
        journal.drop_stale_requests()
    return journal


@contextmanager
def journal_lock(folder: Path) -> Iterator[bool]:
    """Whether we are now the one process that writes the journal of this folder; until the end of the block."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / "journal.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        yield True  # nothing can be written here, so nobody else does
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = True
        except OSError:
            ours = False
        yield ours
    finally:
        os.close(handle)


def _anew(path: Path, error: Exception) -> SqliteJournal:
    aside = set_aside(path)
    path.touch(mode=0o600)
    journal = SqliteJournal(path)
    lessons = 0
    with suppress(sqlite3.Error):
        lessons = salvage(aside, journal.rows.connection)
    log.warning("%s; it is kept as %s, and a new journal begins with %d of its lessons", error, aside.name, lessons)
    return journal
