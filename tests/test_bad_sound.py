"""Bad sound reaches the assistant without a recogniser: nothing is done or learned, it is counted, said, and over."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest

from device.assembly import listener_for
from device.audio.recording import RecordingMicrophone, load_pcm16
from device.demo.script import SOUNDS, Recording, load_manifest
from device.home.local_bus import LocalBroker, LocalBus
from device.learn import relearn
from device.messages import FULL_LESSON, SAMPLE_RATE_HZ, Action, Lesson
from device.settings import Settings, TranscriberSettings
from device.sound_anticipator import ACTIONS
from device.transcribers.acoustic import AcousticTranscriber
from device.troubles import HINTS
from tests.living import Living

Samples = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]
WORDS = [Action(device, command) for device in ("kitchen_light", "ceiling_fan") for command in ("on", "off")]
RANDOM = np.random.default_rng(0)


def take(action: Action, number: int) -> Floats:
    kind = "lesson" if number <= 3 else "command"
    return load_pcm16(SOUNDS / f"{kind}_{action.device}_{action.command}_{number}.flac").astype(float)


def room(seconds: float, level: float = 5.0) -> Floats:
    return np.random.default_rng(1).normal(0, level, int(SAMPLE_RATE_HZ * seconds))


def sampled(*parts: Floats) -> Samples:
    """What a microphone makes of it: 16 bits, and no more than full scale."""
    samples: Samples = np.clip(np.rint(np.concatenate(parts)), -32768, 32767).astype(np.int16)
    return samples


class Home(Living):
    """A house that was taught some sounds, by these lessons."""

    def __init__(self, lessons: Sequence[Lesson]) -> None:
        broker = LocalBroker()
        self.witness = LocalBus(broker)
        self.witness.subscribe(["safu/safu/counters"])
        super().__init__(blank=True, broker=broker, engine="acoustic")
        for lesson in lessons:
            self.journal.record_lesson(lesson)
        relearn(self.assistant)
        self.hears_sound(sampled(room(2)))

    def brings_about(self, action: Action, sound: Floats, gain: float = 1.0) -> list[Action]:
        """Make a sound while the device is in its other state; what the house then did."""
        other = Action(action.device, "off" if action.command == "on" else "on")
        self.house.order(other)
        before = len(self.house.commands)
        self.hears_sound(sampled(gain * room(0.3), sound, gain * room(0.6)))
        return [command.action for command in self.house.commands[before:]]

    @property
    def lessons(self) -> list[Lesson]:
        return [lesson for lesson in self.journal.lessons() if lesson.weight]

    @property
    def told(self) -> dict[str, int]:
        """The counters as the broker has them."""
        counters: dict[str, int] = json.loads(self.witness.drain()[-1].payload)
        return counters


@cache
def words_of(recording: Recording, gain: float = 1.0) -> tuple[str, ...]:
    """What the ears of the assistant make of a recording."""
    ears = listener_for(Settings(transcriber=TranscriberSettings(engine="acoustic")), AcousticTranscriber())
    sound = sampled(gain * room(1), gain * load_pcm16(recording.path).astype(float), gain * room(0.7))
    heard = [h for frame in RecordingMicrophone([sound]).frames() for h in ears.hear(frame) if h.is_final]
    (said,) = [hypothesis.words for hypothesis in heard]
    return said


@cache
def lessons(gain: float = 1.0) -> list[Lesson]:
    """Two of each word."""
    takes = [r for r in load_manifest(SOUNDS) if r.action in WORDS and r.file.endswith(("_1.flac", "_2.flac"))]
    return [Lesson(words_of(each, gain), each.action, FULL_LESSON, "flip") for each in takes if each.action]


def assert_taught_words_work(home: Home) -> None:
    """Nothing is stuck, and nothing was unlearned."""
    for action in WORDS[1:3]:
        assert home.brings_about(action, take(action, 5)) == [action]


@pytest.fixture
def home() -> Iterator[Home]:
    made = Home(lessons())
    yield made
    made.journal.close()


SECONDS = np.arange(9 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
TALK = np.concatenate(
    [load_pcm16(r.path)[7_000:-10_000] for r in load_manifest() if r.file.startswith("oov_talk_0")][:5]
).astype(float)
BAD = {
    "digital silence": (np.zeros(16 * SAMPLE_RATE_HZ), "silent"),
    "a microphone that dies": (np.concatenate([TALK[:SAMPLE_RATE_HZ], np.zeros(16 * SAMPLE_RATE_HZ)]), "silent"),
    "direct current": (np.full(16 * SAMPLE_RATE_HZ, 12_000.0), "silent"),
    "an offset": (room(16) + 12_000, "offset"),
    "hum": (np.tile(8_000 * np.sin(2 * np.pi * 50 * SECONDS), 2) + room(18), "hum"),
    "a shout": (30 * take(WORDS[0], 4), "overloaded"),
    "endless talk": (TALK, "talk"),
    "a machine": (RANDOM.normal(0, 2_000, 6 * SAMPLE_RATE_HZ) * (1 + np.sin(20 * np.arange(96_000) / 16_000)), "talk"),
    "another microphone": (room(16, 100) + np.convolve(room(16, 100), [1, -0.9], "same"), "changed"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_sound_does_and_teaches_nothing_is_counted_and_passes(
    home: Home, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    sound, kind = BAD[name]
    commands, known, before = len(home.house.commands), home.lessons, home.assistant.counters[kind]
    with caplog.at_level(logging.INFO):
        home.hears_sound(sampled(sound, room(9)))
    assert len(home.house.commands) == commands
    assert home.lessons == known
    assert home.assistant.counters[kind] > before
    assert home.told[kind] == home.assistant.counters[kind]
    assert HINTS[kind] in caplog.text
    assert_taught_words_work(home)


def test_a_quiet_room_is_nothing_to_speak_of(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    before = dict(home.assistant.counters)
    with caplog.at_level(logging.INFO):
        home.hears_sound(sampled(room(20)))
    assert home.assistant.counters == before
    assert not caplog.records


@pytest.mark.parametrize(("taught_at", "used_at"), [(1.0, 0.1), (0.1, 1.0)])
def test_words_are_known_20_db_louder_or_softer(taught_at: float, used_at: float) -> None:
    home = Home(lessons(taught_at))
    home.hears_sound(sampled(used_at * room(4)))
    for action in WORDS:
        assert home.brings_about(action, used_at * take(action, 5), used_at) == [action]
    home.journal.close()


def test_words_are_known_through_another_microphone(home: Home) -> None:
    """Duller, louder, and with a hiss."""
    lowpass = 3 * 0.6 ** np.arange(12) / 2

    def through(sound: Floats) -> Floats:
        return np.convolve(sound, lowpass, "same") + room(len(sound) / SAMPLE_RATE_HZ, 20)

    home.hears_sound(sampled(through(room(4))))
    for action in WORDS:
        sound = through(np.concatenate([room(0.3), take(action, 5), room(0.6)]))
        assert home.brings_about(action, sound) == [action]


def test_two_words_at_once_are_never_a_third_nor_both(home: Home) -> None:
    home.assistant.learning = False
    for one, other in combinations(WORDS, 2):
        first, second = take(one, 4), take(other, 4)
        mixed = np.zeros(max(len(first), len(second)))
        mixed[: len(first)] += first
        mixed[: len(second)] += second
        utterances, before = home.assistant.counters["utterances"], len(home.house.commands)
        home.hears_sound(sampled(room(0.3), mixed, room(0.6)))
        did = [command.action for command in home.house.commands[before:]]
        assert home.assistant.counters["utterances"] == utterances + 1
        assert did in ([], [one], [other])
    assert_taught_words_work(home)


def test_when_all_columns_are_taken_a_lesson_is_refused_and_said(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    others = [r for r in load_manifest(SOUNDS) if r.kind == "lesson" and r.action not in WORDS]
    for number in range(ACTIONS - len(WORDS)):
        level = Action("bedside_dimmer", "set", 5.0 * number)
        home.journal.record_lesson(Lesson(words_of(others[number % 6]), level, FULL_LESSON, "flip"))
    relearn(home.assistant)
    known = home.lessons
    home.assistant.observe = True  # or it might take this for one of them
    with caplog.at_level(logging.WARNING):
        home.hears_sound(sampled(room(0.3), load_pcm16(others[0].path).astype(float), room(0.6)))
        home.house.flip(Action("counter_lamp", "on"))
        home.hears_sound(sampled(room(9)))
    home.assistant.observe = False
    assert home.lessons == known
    assert home.told["refused"] == 1
    assert "counter_lamp on is not learned" in caplog.text
    assert HINTS["refused"] in caplog.text
    assert_taught_words_work(home)


def test_a_word_is_known_before_a_television(home: Home) -> None:
    """It does not end where the word ends: talk goes on."""
    for action in WORDS:
        spoken = take(action, 5)[: 16 * 900]  # without the pause behind it
        assert home.brings_about(action, np.concatenate([spoken, TALK[: 5 * SAMPLE_RATE_HZ], room(3)])) == [action]
    assert home.assistant.counters["talk"] >= len(WORDS)


def test_an_evening_of_television_is_a_few_lines_and_no_rows(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            home.hears_sound(sampled(TALK))
    assert 2 <= home.assistant.counters["talk"] < 10
    assert [r.getMessage() for r in caplog.records if "does not end" in r.getMessage()] == [
        f"a sound does not end: it is talk, a machine or a tap, and no command; {HINTS['talk']}"
    ]
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
    home.journal.last_utterance_id()  # what waits is written before it is read
    assert home.journal.rows.read("SELECT count(*) FROM failures") == [(0,)]
