"""The journal as a file: versions, damage, and lessons rescued from it."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from device import journal_file
from device.journal import SqliteJournal
from device.journal_folder import FILE, open_journal
from device.messages import Action, Lesson

LESSONS = 400


def taught(folder: Path) -> list[Lesson]:
    """A journal with lessons, closed again."""
    with closing(open_journal(folder)) as journal:
        return [
            journal.record_lesson(
                Lesson(("lamp", "number", str(number)), Action("lamp", "set", number / 2), 16, "flip")
            )
            for number in range(LESSONS)
        ]


def damaged(folder: Path, kind: str, seed: int) -> bytes:
    path = folder / FILE
    raw, chance = bytearray(path.read_bytes()), random.Random(seed)
    if kind == "bits":
        for _ in range(50):
            raw[chance.randrange(100, len(raw))] ^= 1 << chance.randrange(8)
    elif kind == "page":
        at = 4096 * chance.randrange(1, len(raw) // 4096)
        raw[at : at + 4096] = chance.randbytes(4096)
    elif kind == "tail":
        raw[len(raw) // 2 :] = bytes(len(raw) - len(raw) // 2)
    elif kind == "head":
        raw[:100] = bytes(100)
    path.write_bytes(raw)
    return bytes(raw)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["bits", "page", "tail", "head"])
def test_whatever_is_damaged_listening_goes_on_with_the_lessons_that_are_left(
    tmp_path: Path, kind: str, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    before = taught(tmp_path)
    raw = damaged(tmp_path, kind, seed)
    with closing(open_journal(tmp_path)) as journal:
        left = journal.lessons()
        new = journal.record_lesson(Lesson(("fan", "on"), Action("fan", "on"), 16, "flip"))
        assert journal.lessons() == [*left, new]
    aside = list(tmp_path.glob("journal.damaged-*.sqlite3"))
    if kind != "bits":  # flipped bits may have hit nothing, or only text
        assert [file.read_bytes() for file in aside] == [raw]
        assert {lesson.id for lesson in left} <= {lesson.id for lesson in before}
    assert caplog.text.count("is kept as") == len(aside)


def test_damage_in_the_middle_costs_only_what_was_there(tmp_path: Path) -> None:
    before = taught(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as raw:
        root = raw.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'lessons'").fetchone()[0]
    content = (tmp_path / FILE).read_bytes()
    pages = [at for at in range(0, len(content), 4096) if b"lamp number" in content[at : at + 4096]]
    assert len(pages) > 4
    victim = pages[len(pages) // 2]
    assert victim != 4096 * (root - 1)
    (tmp_path / FILE).write_bytes(content[:victim] + bytes(4096) + content[victim + 4096 :])
    with closing(open_journal(tmp_path)) as journal:
        left = journal.lessons()
    assert set(left) < set(before)
    assert (left[0], left[-1]) == (before[0], before[-1]), "from both sides of the damage"
    assert len(left) > LESSONS / 2


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
def test_garbage_beside_the_file_harms_no_lesson(tmp_path: Path, suffix: str) -> None:
    before = taught(tmp_path)
    (tmp_path / (FILE + suffix)).write_bytes(random.Random(1).randbytes(40_000))
    with closing(open_journal(tmp_path)) as journal:
        assert journal.lessons() == before


def test_an_older_version_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = taught(tmp_path)
    later = (*journal_file.MIGRATIONS, "ALTER TABLE lessons ADD COLUMN mood TEXT; CREATE TABLE later (id INTEGER)")
    monkeypatch.setattr(journal_file, "MIGRATIONS", later)
    for _ in range(2):
        with closing(SqliteJournal(tmp_path / FILE)) as journal:
            assert journal.lessons() == before
    with closing(sqlite3.connect(tmp_path / FILE)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (len(later),)
        assert raw.execute("SELECT count(*) FROM later").fetchone() == (0,)
        assert raw.execute("SELECT count(mood) FROM lessons").fetchone() == (0,)


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = taught(tmp_path)
    monkeypatch.setattr(journal_file, "MIGRATIONS", (*journal_file.MIGRATIONS, "CREATE TABLE later (id); nonsense"))
    with pytest.raises(sqlite3.Error):
        journal_file.connect(tmp_path / FILE)
    monkeypatch.undo()
    with closing(SqliteJournal(tmp_path / FILE)) as journal:
        assert journal.lessons() == before
