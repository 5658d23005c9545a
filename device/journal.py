"""SQLite: what must outlive the process.

Lessons, flips by a hand, outbox entries and requests are on the disk before the call returns (synchronous=FULL);
interactions and other events are batched and may be lost by a power cut. Words stay only with lessons and with
utterances that acted. One process writes, the one that holds `JournalLock`; others put requests into a table.
A damaged file is kept aside, never deleted. Left out: models (they are files of their own).
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from device.errors import JournalError
from device.messages import Action, Cause, Interaction, Lesson, OutboxEntry, Request, SwitchEvent

log = logging.getLogger(__name__)

FILE = "journal.sqlite3"
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
"""Schema version n is what the first n of these make; a released one never changes."""

_BATCH_S = 30.0
"""How much of what may be lost a power cut may take: every commit waits for the disk."""
_PATIENCE_S = 5.0
"""For another process to finish writing."""
_REQUEST_LIVES_S = 30.0
_SHOWN_RANKS = 5


class SqliteJournal:
    """A `Journal` in one file. Raises `JournalError`: the file cannot be opened or written, or is of a newer safu."""

    def __init__(self, path: Path | str, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._waiting: list[tuple[str, Sequence[Any]]] = []
        self._written_s = time.monotonic()
        try:
            self._db = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)
        except sqlite3.Error as error:
            raise JournalError(f"cannot open the journal {path}: {error}") from error
        try:
            self._prepare()
        except (sqlite3.Error, JournalError) as error:
            self._db.close()
            raise error if isinstance(error, JournalError) else _error(path, error) from error

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA secure_delete=ON")
        self._db.execute("PRAGMA quick_check").fetchone()
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise JournalError(
                f"the journal {self.path} is of version {version}, this safu knows {len(MIGRATIONS)}",
                hint="install the newer safu again, or move the file away",
            )
        for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
            self._db.executescript(f"BEGIN; {script}; PRAGMA user_version={number}; COMMIT;")

    # -- what the loop writes --------------------------------------------------------------------------------------

    def record_interaction(self, interaction: Interaction, *, keep_words: bool) -> None:
        details = {
            "ranked": [[_action_text(a), round(p, 4)] for a, p in interaction.prediction.ranked[:_SHOWN_RANKS]],
            "evidence": [[e.feature, round(e.nats, 2)] for e in interaction.prediction.evidence] if keep_words else [],
            "started_ms": interaction.started_ms,
            "ended_ms": interaction.ended_ms,
            "acted_ms": interaction.acted_ms,
            "stage_ms": {stage: round(ms, 3) for stage, ms in interaction.stage_ms.items()},
        }
        row = (
            interaction.utterance_id,
            self._clock(),
            _words_text(interaction.words) if keep_words else "",
            interaction.outcome,
            _action_text(interaction.action),
            json.dumps(details),
        )
        self._write("INSERT OR REPLACE INTO interactions VALUES (?, ?, ?, ?, ?, ?)", row, now=False)

    def record_event(self, event: SwitchEvent) -> None:
        before = None if event.before is None else _action_text(event.before)
        row = (self._clock(), _action_text(event.action), before, event.cause.value)
        self._write(
            "INSERT INTO events (at, action, before, cause) VALUES (?, ?, ?, ?)", row, now=event.cause == Cause.HAND
        )

    def record_lesson(self, lesson: Lesson) -> Lesson:
        row = (self._clock(), _words_text(lesson.words), _action_text(lesson.action), lesson.weight, lesson.kind)
        lesson_id = self._write(
            "INSERT INTO lessons (at, words, action, weight, kind, utterance) VALUES (?, ?, ?, ?, ?, ?)",
            (*row, lesson.utterance_id),
            now=True,
        )
        return Lesson(**{**_fields(lesson), "id": lesson_id})

    def record_failure(self, utterance_id: int, error: Exception) -> None:
        row = (self._clock(), utterance_id, f"{type(error).__name__}: {error}"[:500])
        self._write("INSERT INTO failures (at, utterance, error) VALUES (?, ?, ?)", row, now=False)

    # -- lessons ---------------------------------------------------------------------------------------------------

    def lessons(self) -> list[Lesson]:
        rows = self._read("SELECT words, action, weight, kind, utterance, id FROM lessons WHERE kept ORDER BY id")
        return [Lesson(tuple(w.split()), _action(a), weight, kind, u, i) for w, a, weight, kind, u, i in rows]

    def undo(self, lesson_id: int) -> Lesson | None:
        found = next((lesson for lesson in self.lessons() if lesson.id == lesson_id), None)
        if found is not None:
            self._write("UPDATE lessons SET kept = 0 WHERE id = ?", (lesson_id,), now=True)
        return found

    def forget(self, words: Sequence[str]) -> int:
        pattern = f" {_words_text(words)} "
        contains = "instr(' ' || words || ' ', ?) > 0"
        lessons = self._read(f"SELECT count(*) FROM lessons WHERE {contains}", (pattern,))[0][0]  # noqa: S608
        self._write(f"DELETE FROM lessons WHERE {contains}", (pattern,), now=True)  # noqa: S608
        self._write(
            f"UPDATE interactions SET words = '', details = '{{}}' WHERE {contains}",  # noqa: S608
            (pattern,),
            now=True,
        )
        self._forget_requests()
        self._read("PRAGMA wal_checkpoint(TRUNCATE)")
        return int(lessons)

    def _forget_requests(self) -> None:
        """What was asked and answered holds words too, in any spelling."""
        over = (self._clock() - _REQUEST_LIVES_S,)
        self._write("DELETE FROM requests WHERE answer IS NOT NULL OR at <= ?", over, now=True)
        self._write("UPDATE requests SET argument = '' WHERE verb = 'forget'", (), now=True)

    def expire(self, days: int) -> int:
        """Erase lessons older than so many days; return how many."""
        limit = self._clock() - 86_400 * days
        old = self._read("SELECT count(*) FROM lessons WHERE at < ?", (limit,))[0][0]
        if old:
            self._write("DELETE FROM lessons WHERE at < ?", (limit,), now=True)
        return int(old)

    # -- requests by other processes -------------------------------------------------------------------------------

    def requests(self) -> list[Request]:
        oldest = self._clock() - _REQUEST_LIVES_S
        rows = self._read(
            "SELECT verb, argument, id FROM requests WHERE answer IS NULL AND at > ? ORDER BY id", (oldest,)
        )
        return [Request(verb, argument, request_id) for verb, argument, request_id in rows]

    def answer(self, request_id: int, text: str) -> None:
        self._write("UPDATE requests SET answer = ?, argument = '' WHERE id = ?", (text, request_id), now=True)

    def ask(self, verb: str, argument: str) -> int:
        """For another process: put a request in, return its id."""
        row = (self._clock(), verb, argument)
        self._write("DELETE FROM requests WHERE at <= ?", (row[0] - _REQUEST_LIVES_S,), now=False)
        return self._write("INSERT INTO requests (at, verb, argument) VALUES (?, ?, ?)", row, now=True)

    def answer_to(self, request_id: int) -> str | None:
        """For another process: the answer, once it is there."""
        rows = self._read("SELECT answer FROM requests WHERE id = ?", (request_id,))
        return rows[0][0] if rows else None

    # -- outbox ----------------------------------------------------------------------------------------------------

    def put_outbox(self, entry: OutboxEntry) -> OutboxEntry:
        before = None if entry.before is None else _action_text(entry.before)
        entry_id = self._write(
            "INSERT INTO outbox (action, before, created_unix_ms) VALUES (?, ?, ?)",
            (_action_text(entry.action), before, entry.created_unix_ms),
            now=True,
        )
        return OutboxEntry(entry.action, entry.before, entry.created_unix_ms, entry_id)

    def remove_outbox(self, entry_id: int) -> None:
        # Batched: after a power cut the command may be sent once more, and it is absolute and soon too old.
        self._write("DELETE FROM outbox WHERE id = ?", (entry_id,), now=False)

    def outbox(self) -> list[OutboxEntry]:
        self._settle()
        rows = self._read("SELECT action, before, created_unix_ms, id FROM outbox ORDER BY id")
        return [OutboxEntry(_action(a), None if b is None else _action(b), at, i) for a, b, at, i in rows]

    # -- reading back ----------------------------------------------------------------------------------------------

    def last_utterance_id(self) -> int:
        self._settle()
        rows = self._read(
            "SELECT max(coalesce((SELECT max(id) FROM interactions), 0),"
            " coalesce((SELECT max(utterance) FROM lessons), 0))"
        )
        return int(rows[0][0])

    def history(self, limit: int, *, only_lessons: bool = False) -> list[dict[str, Any]]:
        """The newest entries of everything, oldest first, as plain dictionaries for `safu history`."""
        self._settle()
        sources = [self._told_lessons] if only_lessons else [self._told_lessons, self._told_events, self._told_talk]
        entries = [entry for source in sources for entry in source(limit)]
        return sorted(entries, key=lambda entry: float(entry["at"]))[-limit:]

    def _told_lessons(self, limit: int) -> Iterator[dict[str, Any]]:
        columns = "at, id, words, action, weight, kind, kept"
        for at, i, words, action, weight, kind, kept in self._newest("lessons", columns, limit):
            entry = {"at": at, "kind": "lesson", "id": i, "words": words, "action": str(_action(action))}
            yield {**entry, "weight": weight, "of": kind, "kept": bool(kept)}

    def _told_events(self, limit: int) -> Iterator[dict[str, Any]]:
        for at, i, action, cause in self._newest("events", "at, id, action, cause", limit):
            yield {"at": at, "kind": "flip", "id": i, "action": str(_action(action)), "cause": cause}

    def _told_talk(self, limit: int) -> Iterator[dict[str, Any]]:
        columns = "at, id, words, outcome, action, details"
        for at, i, words, outcome, action, details in self._newest("interactions", columns, limit):
            told = json.loads(details)
            told["ranked"] = [[str(_action(text)), p] for text, p in told.get("ranked", [])]
            entry = {"at": at, "kind": "utterance", "id": i, "words": words, "outcome": outcome}
            yield {**entry, "action": str(_action(action)), **told}

    def _newest(self, table: str, columns: str, limit: int) -> list[Any]:
        return self._read(f"SELECT {columns} FROM {table} ORDER BY at DESC LIMIT ?", (limit,))  # noqa: S608

    def close(self) -> None:
        if self._waiting:
            with suppress(JournalError):
                self._write_waiting()
        self._db.close()

    # -- what may be lost waits in memory: an open transaction would keep other processes out ------------------------

    def flush(self) -> None:
        """Write what waits, if it has waited long enough. Costs nothing otherwise."""
        if self._waiting and time.monotonic() - self._written_s > _BATCH_S:
            self._write_waiting()

    def _settle(self) -> None:
        """Before reading what may still be waiting."""
        if self._waiting:
            self._write_waiting()

    def _write(self, sql: str, row: Sequence[Any], *, now: bool) -> int:
        self._waiting.append((sql, row))
        return self._write_waiting() if now else 0

    def _write_waiting(self) -> int:
        """One transaction for all that waits; returns the row of the last. What cannot be written is let go."""
        waiting, self._waiting = self._waiting, []
        self._written_s = time.monotonic()
        last = 0
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for sql, row in waiting:
                last = self._db.execute(sql, row).lastrowid or 0
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise _error(self.path, error) from error
        return last

    def _read(self, sql: str, row: Sequence[Any] = ()) -> list[Any]:
        try:
            return self._db.execute(sql, row).fetchall()
        except sqlite3.Error as error:
            raise _error(self.path, error) from error


def open_journal(folder: Path) -> SqliteJournal:
    """The journal of a storage folder. Whatever is wrong with it is said once, and listening goes on.

    A damaged file is set aside beside the new one; where nothing can be written, the journal is in memory only.
    """
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        return SqliteJournal(path)
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
    aside = path.with_name(f"journal.damaged-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.sqlite3")
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    log.warning("%s; it is kept as %s, and a new journal begins", error, aside.name)
    path.touch(mode=0o600)
    return SqliteJournal(path)


def _error(path: Path | str, error: sqlite3.Error) -> JournalError:
    return JournalError(f"the journal {path} cannot be used: {error}")


def _fields(lesson: Lesson) -> dict[str, Any]:
    return {**asdict(lesson), "action": lesson.action}


def _words_text(words: Sequence[str]) -> str:
    """Words as one text; recognisers write none with spaces, hostile input is made harmless."""
    return " ".join(words).encode("utf-8", "replace").decode().replace("\x00", "")


def _action_text(action: Action) -> str:
    return json.dumps([action.device, action.command, action.value])


def _action(text: str) -> Action:
    device, command, value = json.loads(text)
    return Action(device, command, float(value) if isinstance(value, int) else value)
