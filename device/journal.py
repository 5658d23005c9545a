"""SQLite: what must outlive the process.

Lessons, flips by a hand, outbox entries and requests are on the disk before the call returns (synchronous=FULL);
interactions and other events wait in memory, so that the file is not locked meanwhile, and a power cut may lose them.
Words stay only with lessons and with utterances that acted. One process writes, the one that holds `journal_lock`;
others put requests into a table. When nothing can be written, `record_lesson` and whatever changes lessons raise
`JournalError`; all else is said once in the log, and listening and switching go on.
Left out: how rows are committed (`journal_database.py`), schema, versions and damage (`journal_file.py`), where
the file is (`journal_folder.py`), models (they are files of their own).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from device.errors import JournalError
from device.journal_database import JournalDatabase
from device.messages import Action, Cause, Interaction, Lesson, OutboxEntry, Request, SwitchEvent

_REQUEST_LIVES_S = 30.0
_SHOWN_RANKS = 5
_SHOWN_EVIDENCE = 8
_TALK_KEPT = 20_000
"""Of the utterances that did nothing, so many are remembered: a television says as many in a day."""
CONFIRMED_KEPT = 256
"""Of the actions that were left alone: they tell how far to trust oneself, and only the newest matter."""


class SqliteJournal:
    """A `Journal` in one file. Raises `JournalError`: the file cannot be opened or written, or is of a newer safu."""

    def __init__(self, path: Path | str, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.rows = JournalDatabase(path)
        """As they are in the file."""

    # -- what the loop writes --------------------------------------------------------------------------------------

    def record_interaction(self, interaction: Interaction, *, keep_words: bool) -> None:
        evidence = interaction.prediction.evidence
        details = {
            "ranked": [[_action_text(a), round(p, 4)] for a, p in interaction.prediction.ranked[:_SHOWN_RANKS]],
            "evidence": [[e.feature, round(e.nats, 2)] for e in evidence[:_SHOWN_EVIDENCE]] if keep_words else [],
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
        self.rows.later("INSERT OR REPLACE INTO interactions VALUES (?, ?, ?, ?, ?, ?)", row)
        if interaction.utterance_id % 1000 == 0:
            oldest = interaction.utterance_id - _TALK_KEPT
            self.rows.later("DELETE FROM interactions WHERE id < ? AND words = ''", (oldest,))

    def record_event(self, event: SwitchEvent) -> None:
        before = None if event.before is None else _action_text(event.before)
        row = (self._clock(), _action_text(event.action), before, event.cause.value)
        write = self.rows.write if event.cause == Cause.HAND else self.rows.later
        write("INSERT INTO events (at, action, before, cause) VALUES (?, ?, ?, ?)", row)

    def record_lesson(self, lesson: Lesson) -> Lesson:
        row = (self._clock(), _words_text(lesson.words), _action_text(lesson.action), lesson.weight, lesson.kind)
        lesson_id = self.rows.write(
            "INSERT INTO lessons (at, words, action, weight, kind, utterance) VALUES (?, ?, ?, ?, ?, ?)",
            (*row, lesson.utterance_id),
        )
        if lesson.kind == "confirmed":
            newest = "SELECT id FROM lessons WHERE kind = 'confirmed' ORDER BY id DESC LIMIT ?"
            too_old = f"DELETE FROM lessons WHERE kind = 'confirmed' AND id NOT IN ({newest})"  # noqa: S608
            self.rows.write(too_old, (CONFIRMED_KEPT,))
        return replace(lesson, id=lesson_id)

    def record_failure(self, utterance_id: int, error: Exception) -> None:
        row = (self._clock(), utterance_id, _harmless(f"{type(error).__name__}: {error}"[:500]))
        self.rows.later("INSERT INTO failures (at, utterance, error) VALUES (?, ?, ?)", row)

    # -- lessons ---------------------------------------------------------------------------------------------------

    def lessons(self) -> list[Lesson]:
        rows = self.rows.read("SELECT words, action, weight, kind, utterance, id FROM lessons WHERE kept ORDER BY id")
        return [Lesson(tuple(w.split()), _action(a), weight, kind, u, i) for w, a, weight, kind, u, i in rows]

    def kept_ids(self) -> list[int]:
        return [row[0] for row in self.rows.read("SELECT id FROM lessons WHERE kept ORDER BY id")]

    def undone_ids(self) -> list[int]:
        return [row[0] for row in self.rows.read("SELECT id FROM lessons WHERE NOT kept ORDER BY id")]

    def taught(self, ids: Collection[int]) -> list[tuple[float, Lesson]]:
        if not ids:
            return []
        sql = "SELECT id, at FROM lessons WHERE kept AND id BETWEEN ? AND ?"
        times = dict(self.rows.read(sql, (min(ids), max(ids))))
        return [(times[lesson.id], lesson) for lesson in self.lessons() if lesson.id in ids and lesson.id in times]

    def undo(self, lesson_id: int) -> Lesson | None:
        found = next((lesson for lesson in self.lessons() if lesson.id == lesson_id), None)
        if found is not None:
            self.rows.write("UPDATE lessons SET kept = 0 WHERE id = ?", (lesson_id,))
        return found

    def forget(self, words: Sequence[str]) -> int:
        text = _words_text(words)
        if not text.strip():
            return 0
        pattern, contains = f" {text} ", "instr(' ' || words || ' ', ?) > 0"
        lessons = self.rows.read(f"SELECT count(*) FROM lessons WHERE {contains}", (pattern,))[0][0]  # noqa: S608
        self.rows.commit(
            (f"DELETE FROM lessons WHERE {contains}", (pattern,)),  # noqa: S608
            (f"UPDATE interactions SET words = '', details = '{{}}' WHERE {contains}", (pattern,)),  # noqa: S608
            ("UPDATE failures SET error = '' WHERE instr(lower(error), ?) > 0", (text,)),
            # What was asked and answered holds words too, in any spelling; what waits is still to be done.
            ("DELETE FROM requests WHERE answer IS NOT NULL OR at <= ?", (self._clock() - _REQUEST_LIVES_S,)),
            ("UPDATE requests SET argument = '' WHERE verb = 'forget'", ()),
        )
        self.rows.wipe()
        return int(lessons)

    def expire(self, days: int) -> int:
        """Erase what is older than so many days; return how many lessons were."""
        limit = (self._clock() - 86_400 * days,)
        old = self.rows.read("SELECT count(*) FROM lessons WHERE at < ?", limit)[0][0]
        tables = ("lessons", "interactions", "events", "failures")
        self.rows.commit(*((f"DELETE FROM {table} WHERE at < ?", limit) for table in tables))  # noqa: S608
        self.rows.wipe()
        return int(old)

    # -- requests by other processes -------------------------------------------------------------------------------

    def requests(self) -> list[Request]:
        oldest = self._clock() - _REQUEST_LIVES_S
        sql = "SELECT verb, argument, id FROM requests WHERE answer IS NULL AND at > ? ORDER BY id"
        try:
            return [Request(*row) for row in self.rows.read(sql, (oldest,))]
        except JournalError as error:
            self.rows.complain(error)
            return []

    def answer(self, request_id: int, text: str) -> None:
        try:
            row = (_harmless(text), request_id)
            self.rows.write("UPDATE requests SET answer = ?, argument = '' WHERE id = ?", row)
        except JournalError as error:
            self.rows.complain(error)

    def drop_stale_requests(self) -> None:
        """Nobody waits for their answers any more; and they hold words."""
        self.rows.commit(self._without_stale_requests())

    def _without_stale_requests(self) -> tuple[str, Sequence[Any]]:
        return "DELETE FROM requests WHERE at <= ?", (self._clock() - _REQUEST_LIVES_S,)

    def ask(self, verb: str, argument: str) -> int:
        """For another process: put a request in, return its id."""
        row = (self._clock(), verb, _harmless(argument))
        insert = "INSERT INTO requests (at, verb, argument) VALUES (?, ?, ?)"
        return self.rows.commit(self._without_stale_requests(), (insert, row))

    def answer_to(self, request_id: int) -> str | None:
        """For another process: the answer, once it is there."""
        rows = self.rows.read("SELECT answer FROM requests WHERE id = ?", (request_id,))
        return rows[0][0] if rows else None

    def withdraw(self, request_id: int) -> None:
        """For another process: take a request back, answered or not, with all its words."""
        self.rows.write("DELETE FROM requests WHERE id = ?", (request_id,))
        self.rows.wipe()

    # -- outbox ----------------------------------------------------------------------------------------------------

    def put_outbox(self, entry: OutboxEntry) -> OutboxEntry:
        before = None if entry.before is None else _action_text(entry.before)
        row = (_action_text(entry.action), before, entry.created_unix_ms)
        try:
            entry_id = self.rows.write("INSERT INTO outbox (action, before, created_unix_ms) VALUES (?, ?, ?)", row)
        except JournalError as error:
            self.rows.complain(error)  # a full disk is no reason to leave people in the dark
            return entry
        return replace(entry, id=entry_id)

    def remove_outbox(self, entry_id: int) -> None:
        # Batched: after a power cut the command may be sent once more, and it is absolute and soon too old.
        if entry_id:
            self.rows.later("DELETE FROM outbox WHERE id = ?", (entry_id,))

    def outbox(self) -> list[OutboxEntry]:
        self.rows.settle()
        rows = self.rows.read("SELECT action, before, created_unix_ms, id FROM outbox ORDER BY id")
        return [OutboxEntry(_action(a), None if b is None else _action(b), at, i) for a, b, at, i in rows]

    # -- reading back ----------------------------------------------------------------------------------------------

    def last_utterance_id(self) -> int:
        self.rows.settle()
        rows = self.rows.read(
            "SELECT max(coalesce((SELECT max(id) FROM interactions), 0),"
            " coalesce((SELECT max(utterance) FROM lessons), 0), coalesce((SELECT max(utterance) FROM failures), 0))"
        )
        return int(rows[0][0])

    def history(self, limit: int, *, only_lessons: bool = False) -> list[dict[str, Any]]:
        """The newest entries of everything, oldest first, as plain dictionaries for `safu history`."""
        self.rows.settle()
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
        return self.rows.read(f"SELECT {columns} FROM {table} ORDER BY at DESC LIMIT ?", (limit,))  # noqa: S608

    def flush(self) -> None:
        """Commit what waits if that is due. Costs nothing otherwise."""
        self.rows.flush()

    def close(self) -> None:
        self.rows.close()


def _words_text(words: Sequence[str]) -> str:
    """Words as one text; recognisers write none with spaces, hostile input is made harmless."""
    return _harmless(" ".join(words))


def _harmless(text: str) -> str:
    """What SQLite can store: no half characters, no NUL."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def _action_text(action: Action) -> str:
    return json.dumps([action.device, action.command, action.value])


def _action(text: str) -> Action:
    device, command, value = json.loads(text)
    return Action(device, command, float(value) if isinstance(value, int) else value)
