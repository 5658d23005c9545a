"""An utterance that cannot be understood to its end: what was done early in it stays, and may be corrected."""

from __future__ import annotations

import logging

import pytest

from device.errors import TranscriberError, UnfitSoundError, UtteranceError
from device.messages import NOTHING, Action
from device.respond import lose
from tests.living import Living

ON, OFF = Action("kitchen_light", "on"), Action("kitchen_light", "off")


def lost(cause: TranscriberError) -> UtteranceError:
    error = UtteranceError(f"utterance 1 was lost: {cause}")
    error.__cause__ = cause
    return error


TALK = UnfitSoundError("somebody talks", kind="talk", hint="say less")


LOUD = UnfitSoundError("too loud", kind="overloaded", hint="speak softly")


@pytest.mark.parametrize("cause", [TALK, LOUD, TranscriberError("no decoder")])
def test_what_was_done_early_is_told_and_may_be_corrected(living: Living, cause: TranscriberError) -> None:
    living.hears("turn on the kitchen light", is_pause=True)
    lose(living.assistant, lost(cause))
    assert living.house.states["kitchen_light"] == ON
    (row,) = [entry for entry in living.journal.history(9) if entry["kind"] == "utterance"]
    assert (row["outcome"], row["words"]) == ("acted", "turn on the kitchen light")
    assert living.journal.lessons() == []
    living.house.flip(OFF)
    living.pass_time(9_000)
    (lesson,) = living.journal.lessons()
    assert (lesson.kind, lesson.action) == ("correction", NOTHING)


def test_what_an_earlier_utterance_did_stays(living: Living) -> None:
    living.hears("turn on the kitchen light", is_final=True)
    living.hears("well")
    lose(living.assistant, lost(TALK))
    living.pass_time(320)
    assert living.house.states["kitchen_light"] == ON


def test_without_an_early_action_nothing_of_it_is_kept(living: Living) -> None:
    living.hears("movie time")
    lose(living.assistant, lost(TALK))
    living.house.flip(ON)
    living.pass_time(9_000)
    assert living.journal.lessons() == []
    assert [entry["words"] for entry in living.journal.history(9) if entry["kind"] == "utterance"] == [""]


def test_a_flip_meanwhile_is_about_what_was_said_before(living: Living) -> None:
    living.hears("movie time", is_final=True)
    living.assistant.listener.next_utterance_id()
    lose(living.assistant, lost(TALK))
    living.house.flip(ON)
    living.pass_time(320)
    assert [(lesson.words, lesson.action) for lesson in living.journal.lessons()] == [(("movie", "time"), ON)]


def test_talk_is_counted_and_an_engine_that_fails_is_recorded(living: Living, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        lose(living.assistant, lost(TALK))
        assert not caplog.records
        lose(living.assistant, lost(TranscriberError("no decoder")))
    assert "no decoder" in caplog.text
    living.journal.last_utterance_id()  # what waits is written before it is read
    assert living.journal.rows.read("SELECT count(*) FROM failures") == [(1,)]
    counters = living.assistant.counters
    assert (counters["talk"], counters["lost"], counters["utterances"]) == (1, 1, 2)
