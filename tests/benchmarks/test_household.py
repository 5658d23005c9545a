"""The simulated household: what it knows to be true, and that the same texts give the same month."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from benchmarks.arguments import arguments
from benchmarks.household.clock import Clock
from benchmarks.household.month import HOUR_MS, Month
from benchmarks.household.score import score
from benchmarks.household.things import BY_ID, THINGS, Stand
from benchmarks.household.truth import FOR_A_WISH, OURS, Truth, Utterance
from benchmarks.household.wordings import Texts, read_texts
from device.home.discovery import read_announcement
from device.messages import FRAME_MS, NOTHING, Action, Cause, Interaction, Lesson, Prediction, SwitchEvent

LIGHT_ON, FAN_ON = Action("kitchen_light", "on"), Action("bedroom_fan", "on")
DATA: Path = arguments(None).get_default("data")
REQUESTS = (
    ("turn on the light in the [house_place : attic]", "hue_lighton"),
    ("turn off the light in the [house_place : attic]", "hue_lightoff"),
    ("dim the [house_place : attic] light to [change_amount : ten percent]", "hue_lightdim"),
    ("please start the [device_type : radio plug]", "wemo_on"),
    ("please stop the [device_type : radio plug]", "wemo_off"),
    ("turn everything off", "hue_lightoff"),
    ("a strong coffee", "coffee"),
    ("sweep the floors", "cleaning"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a handful of texts."""
    made = tmp_path_factory.mktemp("data")
    for name in ("nlu_home", "out_of_scope", "home_assistant_en"):
        (made / name).mkdir()
    talk = [("the bus was late again", "transport", "query"), ("who won the game", "qa", "factoid")]
    for name in ("dev.csv", "slurp_dev.csv"):
        with (made / "nlu_home" / name).open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("utterance", "annotated", "scenario", "intent"))
            rows.writerows((text, text, scenario, intent) for text, scenario, intent in talk)
            rows.writerows((text, text, "iot", intent) for text, intent in REQUESTS)
    (made / "out_of_scope" / "dev.csv").write_text("utterance,intent\nhow deep is the sea,oos\nbook a room,travel\n")
    sentence = {"sentence": "set Lamp to 40%", "intent": "HassLightSet", "slots": {"name": "Lamp", "brightness": 40}}
    (made / "home_assistant_en" / "test_sentences.jsonl").write_text(json.dumps(sentence) + "\n")
    return made


@pytest.fixture(scope="module")
def texts(folder: Path) -> Texts:
    return read_texts(folder)


def test_slots_become_gaps(texts: Texts) -> None:
    assert texts.wordings["light on"] == ["turn on the light in the <room>"]
    assert texts.wordings["light off"] == ["turn off the light in the <room>"], "nothing for everything at once"
    assert texts.wordings["light set"] == ["dim the <room> light to <value> percent", "set <name> to <value> percent"]
    assert texts.wordings["plug on"] == ["please start the <name>"]
    assert (*"how deep is the sea".split(),) in texts.talk
    assert (*"book a room".split(),) not in texts.talk


def test_every_device_can_be_announced_switched_and_read() -> None:
    for thing in THINGS:
        (wiring,) = read_announcement(*encoded(thing.discovery()), "homeassistant").wirings
        action = thing.opposite(thing.first)
        (topic, payload), *_ = wiring.encode(action)
        understood = thing.understand(payload.encode())
        assert understood == action
        assert topic in thing.command_topics
        after = thing.after(thing.first, action)
        assert after.fits(action)
        told = [wiring.decode_state(topic, text.encode()) for topic, text in thing.messages(after)]
        assert any(not reading.says_nothing for reading in told)


def encoded(message: tuple[str, str]) -> tuple[str, bytes]:
    return message[0], message[1].encode()


def test_a_cover_on_its_way_is_as_good_as_there() -> None:
    assert Stand("opening", 10).fits(Action("blinds", "open"))
    assert not BY_ID["blinds"].first.fits(Action("blinds", "open"))
    assert BY_ID["blinds"].back_to(Stand("closing", 60)) == Action("blinds", "close")
    assert BY_ID["blinds"].after(Stand("closing", 60), Action("blinds", "stop")) == Stand("open", 60)


def test_frames_are_skipped_only_while_nothing_can_happen() -> None:
    clock = Clock()
    clock.at(HOUR_MS + 5, clock.stir)
    frames = list(clock.frames(2 * HOUR_MS))
    happening = next(number for number, at_ms in enumerate(frames) if at_ms >= HOUR_MS + 5)
    assert frames[happening] - frames[happening - 1] == FRAME_MS, "the frame before is stepped through"
    assert len(frames) < 1_000
    assert all(at_ms % FRAME_MS == 0 for at_ms in frames)
    dense = [at_ms for at_ms in frames if 0 <= at_ms - frames[happening] <= 4_000]
    assert len(dense) == 1 + 4_000 // FRAME_MS


def test_whose_hand_it_was_is_known_by_device_and_frame() -> None:
    truth = Truth()
    truth.changed("kitchen_light", 320, FOR_A_WISH)
    truth.changed("bedroom_fan", 320, OURS)
    truth.noticed(SwitchEvent(LIGHT_ON, None, Cause.HAND, 320), 320)
    truth.noticed(SwitchEvent(FAN_ON, None, Cause.HAND, 320), 320)
    truth.noticed(SwitchEvent(FAN_ON, None, Cause.UNKNOWN, 640), 640)
    assert [judged.right for judged in truth.events] == [True, False, True]
    assert [judged.is_taken_for_hand for judged in truth.events] == [False, True, False]


def test_lessons_are_judged_by_what_was_meant() -> None:
    truth = Truth()
    for number, meaning in enumerate((LIGHT_ON, NOTHING), start=1):
        truth.began(Utterance(("cosy", "please"), meaning, "anna", "on" if number == 1 else "talk", 0))
        truth.heard(Interaction(number, (), 0, 900, Prediction(((NOTHING, 1.0),)), "nothing"), 900)
        truth.learned(Lesson((), LIGHT_ON, 16, "flip", number), 2_000)
    assert [judged.right for judged in truth.lessons] == [True, False]
    assert score(truth)["wrong_lessons"] == 0.5


def test_wider_is_what_the_words_neither_name_nor_mean() -> None:
    truth = Truth()
    for words, meaning, did in (
        ("dark", LIGHT_ON, LIGHT_ON),
        ("dark", NOTHING, LIGHT_ON),
        ("dark", NOTHING, FAN_ON),
        ("fan", NOTHING, FAN_ON),
    ):
        truth.began(Utterance((words,), meaning, "ben", "on", 0))
        truth.acted(did)
    assert [utterance.is_wider for utterance in truth.utterances] == [False, False, True, False]
    truth.acted(LIGHT_ON)
    assert truth.utterances[-1].is_wider, "two devices for one name"


def lived(texts: Texts, folder: Path, days: int = 1) -> Truth:
    folder.mkdir()
    month = Month(texts, folder, seed=7)
    assert list(month.live(days)) == list(range(days))
    return month.truth


def test_a_day_runs_through_the_real_assistant_and_again_the_same(texts: Texts, tmp_path: Path) -> None:
    truth = lived(texts, tmp_path / "one")
    figures = score(truth)
    assert figures["wishes"] >= 10
    assert figures["talk_hours"] > 0.1
    assert figures["switch_events"] > 30
    assert figures["week1.right"] == figures["right"] > 0
    assert {"flip", "quiet"} & {judged.lesson.kind for judged in truth.lessons}
    again = lived(texts, tmp_path / "two")
    assert [(u.words, u.began_ms, u.actions) for u in truth.utterances] == [
        (u.words, u.began_ms, u.actions) for u in again.utterances
    ]
    assert [judged.event for judged in truth.events] == [judged.event for judged in again.events]
    assert score(again) == figures


def test_skipped_frames_would_have_changed_nothing(
    texts: Texts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    truths = []
    for name in ("sparse", "dense"):
        (tmp_path / name).mkdir()
        month = Month(texts, tmp_path / name, seed=3)
        month.plan(0)
        month.pass_time(round(6.6 * HOUR_MS))
        if name == "dense":
            monkeypatch.setattr(Clock, "_next_frame_ms", lambda self, _: self.now_ms + FRAME_MS)
        month.pass_time(round(7.4 * HOUR_MS))
        truths.append(month.truth)
    sparse, dense = truths
    assert len(sparse.utterances) > 10
    assert sparse.utterances == dense.utterances
    assert sparse.events == dense.events
    assert sparse.lessons == dense.lessons


@pytest.mark.skipif(not (DATA / "nlu_home").is_dir(), reason=f"there is no data folder {DATA}")
def test_the_data_folder_has_words_for_every_habit() -> None:
    texts = read_texts(DATA)
    assert {"light on", "light off", "light set", "plug on", "plug off", "coffee on"} <= set(texts.wordings)
    assert len(texts.talk) > 1_000
