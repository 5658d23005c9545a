"""What is asked of a running assistant, by words, by hand and by other processes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from device.anticipator import SafuAnticipator
from device.assistant import remember
from device.errors import JournalError
from device.journal import SqliteJournal
from device.learn import learn
from device.loop import DAY_MS
from device.messages import FRAME_MS, Action, Lesson
from device.requests import ask
from device.settings import Settings
from tests.living import Living


def test_words_act_and_say_why(living: Living) -> None:
    answer = living.ask("say", "Turn on the kitchen light, please!")
    assert answer.startswith("acted: kitchen_light on (p 0.")
    assert "'kitchen' +" in answer
    assert living.house.states["kitchen_light"] == Action("kitchen_light", "on")
    assert living.ask("say", "turn on the kitchen light").startswith("already so")
    assert living.ask("say", "dinner is ready").startswith("nothing (p ")


def test_a_flip_teaches_what_was_said(blank: Living) -> None:
    assert blank.ask("say", "movie time").startswith("nothing")
    assert blank.ask("flip", "kitchen light on") == "flipped: kitchen_light on"
    (lesson,) = blank.journal.lessons()
    assert (lesson.words, lesson.action) == (("movie", "time"), Action("kitchen_light", "on"))


def test_a_correction_by_one_flip_lasts(living: Living) -> None:
    living.ask("say", "turn on the kitchen light")
    living.ask("flip", "kitchen_light off")
    living.pass_time(9_000)
    assert living.journal.lessons()[-1].kind == "correction"
    assert living.ask("say", "turn on the kitchen light").startswith("nothing")


def test_undo_is_replay_without_one(blank: Living) -> None:
    words = ("kitchen", "light", "on")
    for text, wanted in (("kitchen light on", "kitchen_light on"), ("fan please", "ceiling_fan on")):
        blank.ask("say", text)
        blank.ask("flip", wanted)
        blank.pass_time(9_000)
    keep, drop = blank.journal.lessons()
    before = SafuAnticipator(Settings().decision, blank=True)
    before.rebuild(blank.assistant.devices or {}, [keep])
    assert blank.assistant.anticipator.predict_one(words) != before.predict_one(words)
    assert "is undone" in blank.ask("undo", str(drop.id))
    assert blank.assistant.anticipator.predict_one(words) == before.predict_one(words)
    assert "no kept lesson" in blank.ask("undo", "99")


def test_undo_of_any_lesson_leaves_what_never_having_had_it_would(blank: Living) -> None:
    taught = (("movie time", "kitchen_light on"), ("movie night", "bedroom_light on"), ("movie time", "ceiling_fan on"))
    for text, wanted in taught:
        blank.ask("say", text)
        blank.ask("flip", wanted)
        blank.pass_time(29_000)
    lessons = blank.journal.lessons()
    assert len(lessons) >= len(taught)
    probes = [("movie", "time"), ("movie", "night"), ("time",), ()]
    for dropped in (lessons[1], lessons[0]):
        blank.ask("undo", str(dropped.id))
        lessons.remove(dropped)
        untaught = SafuAnticipator(Settings().decision, blank=True)
        untaught.rebuild(blank.assistant.devices or {}, ())
        for lesson in lessons:
            untaught.learn_one(lesson)
        for words in probes:
            assert blank.assistant.anticipator.predict_one(words) == untaught.predict_one(words)


def test_forgetting_takes_the_lesson_along(blank: Living) -> None:
    blank.ask("say", "movie time")
    blank.ask("flip", "kitchen light on")
    assert "erased with it: 1" in blank.ask("forget", "Movie time")
    assert blank.journal.lessons() == []


def test_what_was_said_just_now_is_forgotten_too(blank: Living) -> None:
    for _ in range(3):
        blank.ask("say", "movie time")
        blank.ask("flip", "kitchen light on")
        blank.ask("flip", "kitchen light off")
        blank.pass_time(30_000)
    for later in ("flip", "nothing"):
        blank.ask("say", "movie time for the secret")
        blank.ask("forget", "the secret")
        if later == "flip":
            blank.ask("flip", "bedside dimmer on")
        blank.pass_time(30_000)
        assert not [lesson.words for lesson in blank.journal.lessons() if "secret" in lesson.words]


def test_learning_and_mute_can_be_switched(blank: Living) -> None:
    assert blank.ask("learning", "OFF") == "learning is off"
    blank.ask("say", "movie time")
    blank.ask("flip", "kitchen light on")
    assert blank.journal.lessons() == []
    assert blank.ask("learning", "ON") == "learning is on"
    blank.ask("say", "movie time")
    blank.ask("flip", "kitchen light off")
    assert [lesson.action.command for lesson in blank.journal.lessons()] == ["off"]
    assert blank.ask("mute", "ON") == "mute is on"
    assert blank.assistant.muted
    assert blank.ask("mute", "OFF") == "mute is off"
    assert not blank.assistant.muted


@pytest.mark.parametrize(
    ("verb", "argument", "told"),
    [
        ("flip", "cellar on", "there is no device 'cellar'"),
        ("flip", "kitchen light sideways", "it can: off on"),
        ("flip", "bedside dimmer 300", "0 to 100"),
        ("dance", "", "nobody here knows how to dance"),
    ],
)
def test_what_cannot_be_done_is_told_in_words(living: Living, verb: str, argument: str, told: str) -> None:
    assert told in living.ask(verb, argument)


ASKER = """
import sys
from pathlib import Path
from device.journal import SqliteJournal
from device.requests import ask
journal = SqliteJournal(Path(sys.argv[1]))
for verb, argument in (("say", "turn on the kitchen light"), ("say", "dinner is ready"), ("flip", "cellar on")):
    print(ask(journal, verb, argument))
journal.close()
"""


def test_a_running_loop_answers_another_process(tmp_path: Path) -> None:
    """Frames come as fast as they can here; a batch that the loop holds open must not keep the other waiting."""
    path = tmp_path / "journal.sqlite3"
    living, journal = Living(blank=False), SqliteJournal(path)
    memory, living.assistant.journal = living.journal, journal
    living.ask("say", "dinner is ready")  # leaves something to be written
    try:
        with subprocess.Popen([sys.executable, "-c", ASKER, path], stdout=subprocess.PIPE, text=True) as asker:
            began_s = time.monotonic()
            while asker.poll() is None:
                assert time.monotonic() - began_s < 20, "no answer"
                living.pass_time(160)
                time.sleep(0.005)
            assert asker.stdout is not None
            said, talk, flipped = asker.stdout.read().splitlines()
        assert asker.returncode == 0
    finally:
        journal.close()
        memory.close()
    assert said.startswith("acted: kitchen_light on")
    assert talk.startswith("nothing")
    assert "there is no device 'cellar'" in flipped
    assert living.house.states["kitchen_light"] == Action("kitchen_light", "on")


def test_without_a_running_loop_the_asker_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device.requests.ANSWER_S", 0.1)
    journal = SqliteJournal(":memory:")
    with pytest.raises(JournalError, match="does not answer"):
        ask(journal, "say", "lamp on")
    journal.close()


def test_old_lessons_are_forgotten_while_it_runs(blank: Living) -> None:
    assistant = blank.assistant
    assistant.keep_days = 1
    assistant.learning = True
    blank.ask("say", "lamp time")
    learn(assistant, [Lesson(("lamp", "time"), Action("kitchen_light", "on"), 16, "flip")])
    assert len(assistant.lessons) == 1
    blank.journal._clock = lambda: time.time() + 3 * 86_400
    assistant.now_ms = DAY_MS - 2 * FRAME_MS
    blank.pass_time(FRAME_MS)
    assert len(assistant.lessons) == 1, "not before the day is over"
    blank.pass_time(FRAME_MS)
    assert assistant.lessons == []


def test_each_outage_of_the_journal_is_told_once(blank: Living, caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> None:
        raise JournalError("the disk is full")

    for _ in range(2):
        for _ in range(5):
            remember(blank.assistant, fails)
        remember(blank.assistant, lambda: None)
    assert caplog.text.count("the disk is full") == 2
