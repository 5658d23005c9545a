"""What every journal promises, on disk and in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.journal import CONFIRMED_KEPT, SqliteJournal
from device.journal_folder import FILE
from device.messages import (
    NOTHING,
    Action,
    Cause,
    Evidence,
    Interaction,
    Lesson,
    OutboxEntry,
    Prediction,
    Request,
    SwitchEvent,
)
from device.protocols import Journal

LAMP, LAMP_OFF = Action("lamp", "on"), Action("lamp", "off")


@pytest.fixture(params=["disk", "memory"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(tmp_path / FILE if request.param == "disk" else ":memory:")
    yield journal
    journal.close()


def lesson(text: str, action: Action = LAMP) -> Lesson:
    return Lesson(tuple(text.split()), action, 16, "flip", 7)


def interaction(number: int, text: str) -> Interaction:
    prediction = Prediction(((NOTHING, 0.6), (LAMP, 0.4)), (Evidence(text, 1.5),))
    return Interaction(number, tuple(text.split()), 0, 900, prediction, "nothing", stage_ms={"predict": 0.25})


def test_it_is_a_journal(journal: SqliteJournal) -> None:
    promised: Journal = journal
    assert promised.lessons() == []
    assert promised.outbox() == []
    assert promised.last_utterance_id() == 0


def test_only_the_newest_confirmations_are_kept(journal: Journal) -> None:
    taught = journal.record_lesson(lesson("lamp on"))
    confirmed = [
        journal.record_lesson(Lesson(("lamp", "on"), LAMP, 0, "confirmed", number))
        for number in range(CONFIRMED_KEPT + 3)
    ]
    assert journal.lessons() == [taught, *confirmed[3:]]


def test_lessons_are_kept_in_order_until_undone(journal: Journal) -> None:
    first, second = journal.record_lesson(lesson("lamp on")), journal.record_lesson(lesson("light please"))
    assert first.id < second.id
    assert journal.lessons() == [first, second]
    assert journal.undo(first.id) == first
    assert journal.undo(first.id) is None
    assert journal.undo(99) is None
    assert journal.lessons() == [second]


def test_an_id_is_never_used_twice(journal: Journal) -> None:
    first = journal.record_lesson(lesson("movie time"))
    journal.forget(("movie", "time"))
    assert journal.record_lesson(lesson("movie time")).id > first.id


def test_forgetting_takes_whole_words_in_sequence(journal: Journal) -> None:
    for text in ("open sesame", "please open sesame now", "reopen sesame", "open sesames", "sesame open", "open"):
        journal.record_lesson(lesson(text))
    assert journal.forget(("open", "sesame")) == 2
    assert [" ".join(each.words) for each in journal.lessons()] == [
        "reopen sesame",
        "open sesames",
        "sesame open",
        "open",
    ]
    assert journal.forget(("open", "sesame")) == 0


def test_words_and_evidence_of_talk_are_not_kept_unless_wanted(journal: SqliteJournal) -> None:
    journal.record_interaction(interaction(1, "a secret"), keep_words=False)
    journal.record_interaction(interaction(2, "lamp on"), keep_words=True)
    talk, told = journal.history(9)
    assert (talk["words"], told["words"]) == ("", "lamp on")
    assert "secret" not in repr(talk)
    assert told["evidence"] == [["lamp on", 1.5]]
    assert journal.last_utterance_id() == 2


def test_requests_wait_for_their_answer(journal: SqliteJournal) -> None:
    number = journal.ask("say", "lamp on")
    assert journal.requests() == [Request("say", "lamp on", number)]
    assert journal.answer_to(number) is None
    journal.answer(number, "done")
    assert (journal.requests(), journal.answer_to(number)) == ([], "done")
    assert journal.answer_to(99) is None


def test_the_outbox_keeps_its_order(journal: Journal) -> None:
    first = journal.put_outbox(OutboxEntry(LAMP, LAMP_OFF, 1))
    second = journal.put_outbox(OutboxEntry(Action("fan", "set", 30.0), None, 2))
    assert journal.outbox() == [first, second]
    journal.remove_outbox(first.id)
    journal.remove_outbox(99)
    assert journal.outbox() == [second]


def test_events_and_failures_are_noted(journal: SqliteJournal) -> None:
    for cause in Cause:
        journal.record_event(SwitchEvent(LAMP, LAMP_OFF, cause, 5))
    journal.record_failure(3, ValueError("x" * 10_000))
    journal.flush()
    assert [entry["cause"] for entry in journal.history(9)] == [cause.value for cause in Cause]
    ((told,),) = journal.rows.read("SELECT error FROM failures")
    assert told.startswith("ValueError: x")
    assert len(told) <= 500


def test_closing_twice_is_fine(journal: Journal) -> None:
    journal.close()
    journal.close()


WORD = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=12)
VALUE = st.none() | st.text(max_size=20) | st.floats(allow_nan=False)
ACTION = st.builds(Action, st.text(max_size=20), st.text(max_size=20), VALUE)
LESSON = st.builds(
    Lesson,
    st.lists(WORD, max_size=6).map(tuple),
    ACTION,
    st.integers(1, 128),
    st.sampled_from(["flip", "correction", "quiet", "said"]),
    st.integers(0, 2**40),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(LESSON, max_size=5), ACTION, ACTION | st.none())
def test_lessons_and_actions_come_back_as_they_were(
    lessons: list[Lesson], action: Action, before: Action | None
) -> None:
    journal = SqliteJournal(":memory:")
    try:
        kept = [journal.record_lesson(each) for each in lessons]
        assert journal.lessons() == kept
        assert [(k.words, k.action, k.weight, k.kind) for k in kept] == [
            (each.words, each.action, each.weight, each.kind) for each in lessons
        ]
        entry = journal.put_outbox(OutboxEntry(action, before, 5))
        assert journal.outbox() == [entry]
        journal.record_event(SwitchEvent(action, before, Cause.HAND, 5))
        for each in kept:
            assert journal.undo(each.id) == each
        assert journal.lessons() == []
    finally:
        journal.close()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=20), max_size=5))
def test_no_words_do_harm(words: list[str]) -> None:
    journal = SqliteJournal(":memory:")
    try:
        journal.record_lesson(Lesson(tuple(words), LAMP, 16, "flip"))
        assert len(journal.lessons()) == 1
        journal.forget(words)
    finally:
        journal.close()
