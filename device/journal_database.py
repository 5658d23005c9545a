"""Rows of the journal: those that must not be lost are committed at once, the others go along with them or follow.

Left out: what the rows mean (`journal.py`), schema, versions and damage (`journal_file.py`).
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from device.errors import JournalError
from device.journal_file import connect

log = logging.getLogger(__name__)

_BATCH_S = 5.0
"""How much of what may be lost a power cut may take, and how old `safu history` may be: every commit costs the disk."""
_MOST_WAITING = 10_000
"""Rows in memory while the disk is full; then the oldest go."""


class JournalDatabase:
    """The file, and the rows that wait for it. Raises `JournalError`: it cannot be opened, read or written."""

    def __init__(self, path: Path | str) -> None:
        self.path = path
        self._waiting: deque[tuple[str, Sequence[Any]]] = deque(maxlen=_MOST_WAITING)
        self._tried_s = time.monotonic()
        self._is_ailing = False
        try:
            self.connection = connect(path)
        except sqlite3.Error as error:
            raise _error(path, error) from error

    def close(self) -> None:
        """Commit what waits."""
        self.settle()
        self.connection.close()

    def flush(self) -> None:
        """Commit what waits if that is due. Costs nothing otherwise."""
        if self._waiting and time.monotonic() - self._tried_s > _BATCH_S:
            self.commit()

    def later(self, sql: str, row: Sequence[Any]) -> None:
        """Write with the next commit: a power cut may lose it."""
        if not self._waiting:
            self._tried_s = time.monotonic()
        self._waiting.append((sql, row))

    def write(self, sql: str, row: Sequence[Any]) -> int:
        """Commit a statement and all that waits; return the id of its row."""
        return self.commit((sql, row))

    def commit(self, *statements: tuple[str, Sequence[Any]]) -> int:
        """All that waits and these, or, if that cannot be done, nothing: then the others still wait, these do not."""
        self._tried_s, last_id = time.monotonic(), 0
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            for sql, row in (*self._waiting, *statements):
                last_id = self.connection.execute(sql, row).lastrowid or 0
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                self.connection.execute("ROLLBACK")
            raise _error(self.path, error) from error
        self._waiting.clear()
        self._is_ailing = False
        return last_id

    def settle(self) -> None:
        """Commit what waits, if that can be done."""
        if self._waiting:
            with suppress(JournalError):
                self.commit()

    def wipe(self) -> None:
        """Leave no erased text in the write-ahead log: move it into the file, where erasing overwrites."""
        is_busy = self.read("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]
        if is_busy:
            log.warning("somebody reads the journal; what was erased is gone from the disk when they have finished")

    def complain(self, error: JournalError) -> None:
        """Say it once, until something can be written again."""
        if not self._is_ailing:
            log.warning("%s", error)
        self._is_ailing = True

    def read(self, sql: str, row: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query. Raises `JournalError`."""
        try:
            return self.connection.execute(sql, row).fetchall()
        except sqlite3.Error as error:
            raise _error(self.path, error) from error


def _error(path: Path | str, error: sqlite3.Error) -> JournalError:
    return JournalError(f"the journal {path} cannot be used: {error}")
