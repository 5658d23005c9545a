"""The journal in bad times: a full disk, hostile text, and words that must leave no trace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from device import requests
from device.errors import JournalError
from device.journal import SqliteJournal
from device.journal_folder import FILE, open_journal
from device.messages import NOTHING, Action, Cause, Evidence, Interaction, Lesson, OutboxEntry, Prediction, SwitchEvent

LAMP = Action("lamp", "on")
HALF = "half \ud800 a character, and \x00"
"""What JSON from a broker, or bytes on a command line, may turn into."""


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    with closing(SqliteJournal(tmp_path / FILE)) as journal:
        yield journal


def lesson(text: str = "lamp on") -> Lesson:
    return Lesson(tuple(text.split()), LAMP, 16, "flip")


def interaction(number: int, text: str, action: Action = LAMP) -> Interaction:
    ranked = tuple((Action(f"lamp_{rank}", "on"), 0.1) for rank in range(9))
    evidence = tuple(Evidence(f"{text} {rank}", 0.5) for rank in range(20))
    return Interaction(number, tuple(text.split()), 0, 900, Prediction(ranked, evidence), "acted", action)


def traces(folder: Path, text: str) -> list[str]:
    return [file.name for file in folder.iterdir() if text.encode() in file.read_bytes()]


def test_a_full_disk_stops_neither_switching_nor_answering(
    journal: SqliteJournal, caplog: pytest.LogCaptureFixture
) -> None:
    kept = journal.record_lesson(lesson())
    waiting = journal.ask("say", "lamp on")
    journal.rows.connection.execute("PRAGMA query_only=ON")
    for number in (1, 2):
        journal.record_interaction(interaction(number, "lamp on"), keep_words=True)
        entry = OutboxEntry(LAMP, None, 5)
        assert journal.put_outbox(entry) == entry, "without an id"
        journal.remove_outbox(entry.id)
        assert [request.id for request in journal.requests()] == [waiting]
        journal.answer(waiting, "done")
        with pytest.raises(JournalError, match="cannot be used"):
            journal.record_lesson(lesson("lost"))
    assert caplog.text.count("cannot be used") == 1, "said once"
    journal.rows.connection.execute("PRAGMA query_only=OFF")
    assert journal.record_lesson(lesson("later")).id > kept.id
    assert [each.words for each in journal.lessons()] == [("lamp", "on"), ("later",)]
    assert [entry["id"] for entry in journal.history(9) if entry["kind"] == "utterance"] == [1, 2]


def test_hostile_text_is_made_harmless(journal: SqliteJournal) -> None:
    hostile = Action(HALF, HALF, HALF)
    assert journal.put_outbox(OutboxEntry(hostile, hostile, 5)) == journal.outbox()[0]
    kept = journal.record_lesson(Lesson((HALF, "x" * 1_000_000), hostile, 16, "flip"))
    assert journal.lessons()[0].action == kept.action == hostile
    journal.record_failure(7, ValueError(HALF))
    journal.record_event(SwitchEvent(hostile, hostile, Cause.HAND, 5))
    journal.record_interaction(interaction(8, HALF, hostile), keep_words=True)
    request = journal.ask("say", HALF)
    assert journal.requests()[0].argument.startswith("half ? a character")
    journal.answer(request, HALF)
    assert str(journal.answer_to(request)).startswith("half ? a character")
    assert len(journal.history(9)) == 3
    assert journal.last_utterance_id() == 8


def test_a_failed_utterance_keeps_its_number(journal: SqliteJournal) -> None:
    journal.record_failure(12, ValueError("no"))
    assert journal.last_utterance_id() == 12


def test_only_the_strongest_candidates_and_evidence_are_kept(journal: SqliteJournal) -> None:
    journal.record_interaction(interaction(1, "lamp"), keep_words=True)
    (told,) = journal.history(1)
    assert (len(told["ranked"]), len(told["evidence"])) == (5, 8)


def test_what_is_asked_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what nobody acted on, nor the very words that were to be forgotten."""
    with closing(SqliteJournal(tmp_path / FILE)) as running, closing(SqliteJournal(tmp_path / FILE)) as asker:
        running.record_lesson(lesson("open sesame"))

        def answering(_: float) -> None:
            for request in running.requests():
                count = running.forget(("open", "sesame")) if request.verb == "forget" else 0
                running.answer(request.id, f"open sesame: {count}")

        monkeypatch.setattr(time, "sleep", answering)
        assert requests.ask(asker, "say", "tell nobody: open sesame") == "open sesame: 0"
        assert requests.ask(asker, "forget", "open sesame") == "open sesame: 1"
        assert traces(tmp_path, "sesame") == []
    assert traces(tmp_path, "sesame") == []


def test_an_unanswered_request_is_taken_back(journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was told that nothing happened shall not see it happen later."""
    monkeypatch.setattr(requests, "ANSWER_S", 0.05)
    with pytest.raises(JournalError, match="does not answer"):
        requests.ask(journal, "flip", "lamp on")
    assert journal.requests() == []


def test_requests_of_the_past_are_dropped_at_the_start(tmp_path: Path) -> None:
    long_ago: Callable[[], float] = lambda: time.time() - 31  # noqa: E731
    with closing(SqliteJournal(tmp_path / FILE, clock=long_ago)) as asker:
        asker.ask("say", "open sesame")
    assert traces(tmp_path, "open sesame") == [FILE]
    open_journal(tmp_path).close()
    assert traces(tmp_path, "open sesame") == []


def test_what_is_too_old_is_erased_wherever_it_was_written(tmp_path: Path) -> None:
    now_s = [1_000_000.0]
    with closing(SqliteJournal(tmp_path / FILE, clock=lambda: now_s[0])) as journal:
        for text in ("open sesame", "lamp on"):
            journal.record_lesson(lesson(text))
            journal.record_interaction(interaction(int(now_s[0]), text), keep_words=True)
            journal.record_failure(1, ValueError(text))
            now_s[0] += 2 * 86_400
        assert journal.expire(3) == 1
        assert [each.words for each in journal.lessons()] == [("lamp", "on")]
        assert [entry["words"] for entry in journal.history(9)] == ["lamp on", "lamp on"]
        assert traces(tmp_path, "sesame") == []


def test_talk_does_not_fill_the_disk(journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device.journal._TALK_KEPT", 500)
    for number in range(1, 2001):
        talk = Interaction(number, ("talk",), 0, 1, Prediction(((NOTHING, 1.0),)), "nothing")
        journal.record_interaction(talk, keep_words=number == 3)
    told = [entry["id"] for entry in journal.history(5000)]
    assert told == [3, *range(1500, 2001)]
    assert journal.last_utterance_id() == 2000


def test_what_the_loop_does_often_is_quick(journal: SqliteJournal) -> None:
    """A frame is 32 ms. Medians, because the disk may be busy with other things."""

    def median_ms(call: Callable[[int], object]) -> float:
        times_s = []
        for number in range(1, 102):
            began_s = time.perf_counter()
            call(number)
            times_s.append(time.perf_counter() - began_s)
        return 1000 * sorted(times_s)[50]

    spoken = interaction(1, "turn on the kitchen light")
    assert median_ms(lambda _: journal.record_interaction(spoken, keep_words=True)) < 1
    assert median_ms(lambda _: journal.record_event(SwitchEvent(LAMP, None, Cause.ECHO, 5))) < 1
    assert median_ms(lambda _: journal.requests()) < 1
    assert median_ms(lambda _: journal.flush()) < 1
