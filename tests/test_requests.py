"""What is asked of a running assistant, by words, by hand and by other processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from device.anticipator import SafuAnticipator
from device.assembly import assistant as assistant_of
from device.assistant import Assistant
from device.audio.recording import RecordingMicrophone, silence
from device.home.local_bus import LocalBroker, LocalBus
from device.home.mqtt_home import MqttHome
from device.home.virtual import VirtualHouse
from device.journal import SqliteJournal
from device.loop import step
from device.messages import FRAME_BYTES, FRAME_MS, Action, Frame, Request
from device.requests import handle_request
from device.settings import LearningSettings, Settings


class Living:
    """An assistant in a virtual house, on a local broker and a journal in memory."""

    def __init__(self, *, blank: bool) -> None:
        broker = LocalBroker()
        self.house = VirtualHouse(LocalBus(broker))
        self.journal = SqliteJournal(":memory:")
        settings = Settings(learning=LearningSettings(blank=blank))
        home = MqttHome(LocalBus(broker), settings, self.journal)
        self.assistant: Assistant = assistant_of(settings, RecordingMicrophone([silence(32)]), home, self.journal)
        self.pass_time(6_000)

    def pass_time(self, duration_ms: int) -> None:
        for _ in range(duration_ms // FRAME_MS):
            step(self.assistant, Frame(bytes(FRAME_BYTES), self.assistant.now_ms + FRAME_MS))

    def ask(self, verb: str, argument: str) -> str:
        answer = handle_request(self.assistant, Request(verb, argument))
        self.pass_time(320)
        return answer


@pytest.fixture
def living() -> Iterator[Living]:
    made = Living(blank=False)
    yield made
    made.journal.close()


@pytest.fixture
def blank() -> Iterator[Living]:
    made = Living(blank=True)
    yield made
    made.journal.close()


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


def test_forgetting_takes_the_lesson_along(blank: Living) -> None:
    blank.ask("say", "movie time")
    blank.ask("flip", "kitchen light on")
    assert "erased with it: 1" in blank.ask("forget", "Movie time")
    assert blank.journal.lessons() == []


def test_learning_and_mute_can_be_switched(blank: Living) -> None:
    assert blank.ask("learning", "OFF") == "learning is off"
    blank.ask("say", "movie time")
    blank.ask("flip", "kitchen light on")
    assert blank.journal.lessons() == []
    assert blank.ask("mute", "ON") == "mute is on"


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


def test_a_running_loop_answers_other_processes(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.sqlite3")
    living = Living(blank=False)
    living.assistant.journal = journal
    living.ask("say", "dinner is ready")  # leaves something to be written
    other = SqliteJournal(tmp_path / "journal.sqlite3")
    number = other.ask("say", "turn on the kitchen light")
    living.pass_time(640)
    assert str(other.answer_to(number)).startswith("acted: kitchen_light on")
    for each in (journal, other, living.journal):
        each.close()
