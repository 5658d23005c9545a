"""The journal: what is promised to be on the disk is there, what is promised to be gone is gone."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from device.errors import JournalError
from device.journal import SqliteJournal
from device.journal_file import MIGRATIONS
from device.journal_folder import FILE, journal_lock, open_journal
from device.messages import NOTHING, Action, Cause, Interaction, Lesson, Prediction, SwitchEvent
from tests.waiting import wait_until

LAMP = Action("lamp", "on")


def lesson(text: str, action: Action = LAMP) -> Lesson:
    return Lesson(tuple(text.split()), action, 16, "flip", 7)


def interaction(number: int, text: str) -> Interaction:
    return Interaction(number, tuple(text.split()), 0, 900, Prediction(((NOTHING, 1.0),)), "nothing")


def test_old_requests_and_old_lessons_expire() -> None:
    now = [1_000_000.0]
    journal = SqliteJournal(":memory:", clock=lambda: now[0])
    journal.ask("say", "lamp on")
    journal.record_lesson(lesson("lamp on"))
    now[0] += 31
    assert journal.requests() == []
    assert (journal.expire(1), len(journal.lessons())) == (0, 1)
    now[0] += 86_400
    assert (journal.expire(1), len(journal.lessons())) == (1, 0)
    journal.close()


def test_what_is_forgotten_is_in_no_file_any_more(tmp_path: Path) -> None:
    journal, other = SqliteJournal(tmp_path / FILE), SqliteJournal(tmp_path / FILE)
    journal.record_lesson(lesson("open sesame now"))
    for number in range(50):
        journal.record_interaction(interaction(number, f"open sesame {number}"), keep_words=True)
    journal.record_lesson(lesson("sesame open"))
    said = other.ask("say", "Open Sesame, please")
    journal.answer(said, "acted: 'open' 'sesame'")
    other.ask("forget", "Open  sesame!")
    assert journal.forget(("open", "sesame")) == 1
    assert [each.words for each in journal.lessons()] == [("sesame", "open")]
    for state in ("while both have it open", "closed"):
        for file in tmp_path.iterdir():
            raw = file.read_bytes().lower()
            assert b"open sesame" not in raw, (file.name, state)
            assert b"open  sesame" not in raw, (file.name, state)
            assert b"'sesame'" not in raw, (file.name, state)
        other.close()
        journal.close()


def test_what_was_asked_does_not_stay_for_ever(tmp_path: Path) -> None:
    now = [1_000_000.0]
    journal = SqliteJournal(tmp_path / FILE, clock=lambda: now[0])
    journal.ask("say", "a secret that nobody answers")
    now[0] += 31
    journal.ask("say", "lamp on")
    assert journal.rows.read("SELECT argument FROM requests") == [("lamp on",)]
    journal.close()


def test_reopening_finds_everything(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / FILE)
    kept, undone = journal.record_lesson(lesson("lamp on")), journal.record_lesson(lesson("fan on"))
    journal.undo(undone.id)
    journal.record_interaction(interaction(41, "talk"), keep_words=False)
    journal.close()
    again = SqliteJournal(tmp_path / FILE)
    assert again.lessons() == [kept]
    assert again.last_utterance_id() == 41
    again.close()


def test_hands_and_lessons_are_committed_at_once_and_talk_in_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, other = SqliteJournal(tmp_path / FILE), SqliteJournal(tmp_path / FILE)
    journal.record_interaction(interaction(1, "talk"), keep_words=False)
    journal.record_event(SwitchEvent(LAMP, None, Cause.ECHO, 5))
    assert other.history(9) == [], "batched"
    journal.record_event(SwitchEvent(LAMP, None, Cause.HAND, 5))
    assert [entry.get("cause") for entry in other.history(9) if entry["kind"] == "flip"] == ["echo", "hand"]
    journal.record_interaction(interaction(2, "talk"), keep_words=False)
    kept = journal.record_lesson(lesson("lamp on"))
    assert other.lessons() == [kept]
    assert other.last_utterance_id() == 7
    journal.record_interaction(interaction(9, "talk"), keep_words=False)

    monkeypatch.setattr("device.journal_database._BATCH_S", 0.1)

    def told() -> bool:
        journal.flush()
        return other.last_utterance_id() == 9

    wait_until(told, "the batch")
    other.close()
    journal.close()


def test_a_batch_does_not_keep_others_from_asking(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / FILE)
    journal.record_lesson(lesson("lamp on"))
    journal.record_interaction(interaction(1, "talk"), keep_words=False)
    asked: list[float] = []

    def ask() -> None:
        other = SqliteJournal(tmp_path / FILE)
        began_s = time.monotonic()
        other.ask("say", "lamp on")
        asked.append(time.monotonic() - began_s)
        other.close()

    asker = threading.Thread(target=ask)
    asker.start()

    def is_asked() -> bool:
        journal.flush()
        return bool(asked)

    wait_until(is_asked, "the question")
    asker.join()
    assert asked[0] < 3
    journal.close()


def test_a_newer_journal_is_refused_by_name(tmp_path: Path) -> None:
    SqliteJournal(tmp_path / FILE).close()
    raw = sqlite3.connect(tmp_path / FILE)
    raw.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    raw.close()
    with pytest.raises(JournalError, match=f"version {len(MIGRATIONS) + 1}"):
        open_journal(tmp_path)


@pytest.mark.parametrize("damage", ["garbage", "truncated", "middle"])
def test_a_damaged_journal_is_kept_aside_and_a_new_one_begins(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    journal = SqliteJournal(tmp_path / FILE)
    for number in range(200):
        journal.record_lesson(lesson(f"lamp number {number}"))
    journal.close()
    path = tmp_path / FILE
    raw = bytearray(path.read_bytes())
    if damage == "garbage":
        raw[:] = random.Random(0).randbytes(len(raw))
    elif damage == "truncated":
        del raw[len(raw) // 2 :]
    else:
        raw[4096 : 4096 * 4] = random.Random(0).randbytes(4096 * 3)
    path.write_bytes(raw)
    fresh = open_journal(tmp_path)
    fresh.record_lesson(lesson("lamp on"))
    fresh.close()
    aside = list(tmp_path.glob("journal.damaged-*.sqlite3"))
    assert [file.read_bytes()[:100] for file in aside] == [bytes(raw[:100])]
    assert caplog.text.count("is kept as") == 1


def test_where_nothing_can_be_written_listening_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("in the way")
    journal = open_journal(blocked)
    journal.record_lesson(lesson("lamp on"))
    assert len(journal.lessons()) == 1
    journal.close()
    assert caplog.text.count("nothing of this run will be remembered") == 1


def test_a_folder_that_cannot_be_written_is_said_and_survived(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As an ordinary user, for whom read-only means something."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o555)
    if os.access(folder, os.W_OK):
        pytest.skip("this user may write everywhere")
    journal = open_journal(folder)
    journal.record_lesson(lesson("lamp on"))
    journal.close()
    assert "nothing of this run will be remembered" in caplog.text
    assert list(folder.iterdir()) == []
    with journal_lock(folder) as ours:
        assert ours


def test_an_old_journal_in_a_read_only_file_is_an_error_in_words(tmp_path: Path) -> None:
    SqliteJournal(tmp_path / FILE).close()
    uri = f"file:{tmp_path / FILE}?mode=ro&immutable=1"
    journal = SqliteJournal(tmp_path / FILE)
    journal.rows.connection.close()
    journal.rows.connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    with pytest.raises(JournalError, match="readonly"):
        journal.record_lesson(lesson("lamp on"))
    journal.close()


def test_a_full_disk_loses_the_lesson_but_not_the_journal(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / FILE)
    first = journal.record_lesson(lesson("lamp on"))
    journal.rows.connection.execute("PRAGMA max_page_count=1")
    for _ in range(2):
        with pytest.raises(JournalError, match="full"):
            journal.record_lesson(lesson("word " * 5000))
    assert journal.lessons() == [first]
    journal.rows.connection.execute("PRAGMA max_page_count=100000")
    second = journal.record_lesson(lesson("word " * 5000))
    journal.close()
    again = SqliteJournal(tmp_path / FILE)
    assert [each.id for each in again.lessons()] == [first.id, second.id]
    again.close()


def test_only_one_process_holds_the_lock(tmp_path: Path) -> None:
    with journal_lock(tmp_path) as first:
        assert first
        with journal_lock(tmp_path) as second:
            assert not second
    with journal_lock(tmp_path) as third:
        assert third


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    open_journal(tmp_path / "safu").close()
    assert (tmp_path / "safu").stat().st_mode & 0o077 == 0
    assert (tmp_path / "safu" / FILE).stat().st_mode & 0o077 == 0


WRITER = """
import sys
from pathlib import Path
from device.journal import SqliteJournal
from device.messages import Action, Lesson
journal = SqliteJournal(Path(sys.argv[1]))
while True:
    print(journal.record_lesson(Lesson(("lamp", "on"), Action("lamp", "on"), 16, "flip")).id, flush=True)
"""


def test_a_kill_loses_no_acknowledged_lesson(tmp_path: Path) -> None:
    path, acknowledged = tmp_path / FILE, set[int]()
    for wanted in (1, 3, 7, 11, 29):
        command = [sys.executable, "-c", WRITER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for count, line in enumerate(writer.stdout, start=1):
                if line.endswith("\n"):
                    acknowledged.add(int(line))
                if count == wanted:
                    os.kill(writer.pid, signal.SIGKILL)
        journal = SqliteJournal(path)
        assert acknowledged <= {each.id for each in journal.lessons()}
        assert journal.rows.read("PRAGMA integrity_check") == [("ok",)]
        journal.close()
    assert len(acknowledged) >= 51
