"""The journal: what is promised to be on the disk is there, what is promised to be gone is gone."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.errors import JournalError
from device.journal import FILE, MIGRATIONS, SqliteJournal, _action, _action_text, journal_lock, open_journal
from device.messages import NOTHING, Action, Cause, Interaction, Lesson, Prediction, Request, SwitchEvent

LAMP = Action("lamp", "on")


@pytest.fixture(params=["disk", "memory"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(tmp_path / FILE if request.param == "disk" else ":memory:")
    yield journal
    journal.close()


def lesson(text: str, action: Action = LAMP) -> Lesson:
    return Lesson(tuple(text.split()), action, 16, "flip", 7)


def interaction(number: int, text: str) -> Interaction:
    return Interaction(number, tuple(text.split()), 0, 900, Prediction(((NOTHING, 1.0),)), "nothing")


def test_lessons_are_kept_in_order_until_undone(journal: SqliteJournal) -> None:
    first, second = journal.record_lesson(lesson("lamp on")), journal.record_lesson(lesson("light please"))
    assert journal.lessons() == [first, second]
    assert journal.undo(first.id) == first
    assert journal.undo(first.id) is None
    assert journal.lessons() == [second]


def test_words_of_talk_are_not_kept(journal: SqliteJournal) -> None:
    journal.record_interaction(interaction(1, "a secret"), keep_words=False)
    journal.record_interaction(interaction(2, "lamp on"), keep_words=True)
    assert [entry["words"] for entry in journal.history(9)] == ["", "lamp on"]
    assert journal.last_utterance_id() == 2


def test_requests_wait_for_their_answer(journal: SqliteJournal) -> None:
    number = journal.ask("say", "lamp on")
    assert journal.requests() == [Request("say", "lamp on", number)]
    assert journal.answer_to(number) is None
    journal.answer(number, "done")
    assert (journal.requests(), journal.answer_to(number)) == ([], "done")


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
    journal = SqliteJournal(tmp_path / FILE)
    journal.record_lesson(lesson("open sesame now"))
    journal.record_interaction(interaction(3, "open sesame"), keep_words=True)
    journal.record_lesson(lesson("sesame open"))
    assert journal.forget(("open", "sesame")) == 1
    assert [each.words for each in journal.lessons()] == [("sesame", "open")]
    journal.close()
    for file in tmp_path.iterdir():
        assert b"open sesame" not in file.read_bytes(), file.name


def test_reopening_finds_everything_and_a_hand_is_committed_at_once(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / FILE)
    kept = journal.record_lesson(lesson("lamp on"))
    journal.record_event(SwitchEvent(LAMP, None, Cause.HAND, 5))
    other = SqliteJournal(tmp_path / FILE)
    assert other.lessons() == [kept]
    assert [entry["cause"] for entry in other.history(9) if entry["kind"] == "flip"] == ["hand"]
    other.close()
    journal.close()
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
    journal.close()
    assert "nothing of this run will be remembered" in caplog.text


def test_a_full_disk_loses_the_lesson_but_not_the_journal(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / FILE)
    first = journal.record_lesson(lesson("lamp on"))
    journal._db.execute("PRAGMA max_page_count=1")
    with pytest.raises(JournalError, match="full"):
        journal.record_lesson(lesson("word " * 5000))
    assert journal.lessons() == [first]
    journal.close()


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


@given(st.text(), st.text(), st.none() | st.text() | st.floats(allow_nan=False))
def test_actions_survive_being_written(device: str, command: str, value: float | str | None) -> None:
    action = Action(device, command, value)
    assert _action(_action_text(action)) == action


@given(st.lists(st.text(max_size=20), max_size=5))
def test_no_words_do_harm(words: list[str]) -> None:
    journal = SqliteJournal(":memory:")
    journal.record_lesson(Lesson(tuple(words), LAMP, 16, "flip"))
    assert len(journal.lessons()) == 1
    journal.close()


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
    path, acknowledged = tmp_path / FILE, 0
    for wanted in (3, 11, 29):
        command = [sys.executable, "-c", WRITER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for line in writer.stdout:
                acknowledged = int(line)
                if acknowledged % wanted == 0:
                    os.kill(writer.pid, signal.SIGKILL)
        journal = SqliteJournal(path)
        assert journal.lessons()[-1].id >= acknowledged
        journal.close()
