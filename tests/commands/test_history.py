"""`safu history`: for people, for pipes, for programs; whatever devices are called."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from device.commands import history
from device.journal_folder import FILE, open_journal
from device.messages import NOTHING, Action, Cause, Evidence, Interaction, Lesson, Prediction, SwitchEvent

ODD = Action("li[/x]ght\x1b[31m", "on")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with closing(open_journal(tmp_path)) as journal:
        prediction = Prediction(((ODD, 0.9), (NOTHING, 0.1)), (Evidence("turn on", 2.0),))
        journal.record_interaction(Interaction(1, ("turn", "on"), 0, 900, prediction, "acted", ODD), keep_words=True)
        journal.record_event(SwitchEvent(ODD, None, Cause.HAND, 3))
        journal.record_lesson(Lesson(("turn", "on"), ODD, 16, "flip"))
    return tmp_path


def safu(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "device", "history", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_one_line_an_entry_for_pipes(folder: Path) -> None:
    ended = safu("--storage", str(folder))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [line.split("\t")[1] for line in ended.stdout.splitlines()] == ["heard 1", "flip", "lesson 1"]
    assert "'turn on' +2.0" in ended.stdout
    assert "\x1b" not in ended.stdout


def test_one_object_an_entry_for_programs(folder: Path) -> None:
    ended = safu("--storage", str(folder), "--json", "--limit", "2")
    assert [json.loads(line)["kind"] for line in ended.stdout.splitlines()] == ["flip", "lesson"]


def test_names_like_markup_are_shown_as_they_are() -> None:
    console = Console(record=True, width=100, force_terminal=True)
    console.print(history._table([("now", "flip", "", "li[/x]ght[bold] on", "hand")]))
    assert "li[/x]ght[bold] on" in console.export_text()


def test_looking_makes_nothing(tmp_path: Path) -> None:
    ended = safu("--storage", str(tmp_path / "none"))
    assert "nothing yet" in ended.stdout
    assert list(tmp_path.iterdir()) == []


def test_looking_repairs_nothing(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no journal at all" * 1000)
    ended = safu("--storage", str(tmp_path))
    assert (ended.returncode, "Traceback" in ended.stderr) == (1, False)
    assert FILE in ended.stderr
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("limit", ["0", "-1", "many", "²"])
def test_a_limit_is_a_number_of_entries(limit: str) -> None:
    assert safu("--limit", limit).returncode == 2


def test_a_reader_may_stop_early(folder: Path) -> None:
    with closing(open_journal(folder)) as journal:
        for _ in range(3000):
            journal.record_event(SwitchEvent(ODD, None, Cause.ECHO, 3))
    command = [sys.executable, "-m", "device", "history", "--storage", str(folder), "--limit", "3000", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stderr is not None
        assert writer.stdout.readline().startswith("{")
        writer.stdout.close()
        assert writer.stderr.read() == ""
    assert writer.returncode == 0
