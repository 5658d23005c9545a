"""What a house may throw at it: flips without end, phrases without end, lessons that contradict, a clock that jumps."""

from __future__ import annotations

import random

from device.anticipator import SafuAnticipator
from device.messages import (
    FULL_LESSON,
    NOTHING,
    Action,
    Cause,
    Device,
    Hypothesis,
    Interaction,
    Lesson,
    Prediction,
    SwitchEvent,
)
from device.safu.household import HouseholdModel
from device.settings import DecisionSettings
from device.teacher import Teacher

LAMP = Device("lamp", "desk lamp", "light", frozenset({"on", "off"}))
ON, OFF = Action("lamp", "on"), Action("lamp", "off")


def made(lessons: list[Lesson]) -> SafuAnticipator:
    anticipator = SafuAnticipator(DecisionSettings(), blank=True)
    anticipator.rebuild({"lamp": LAMP}, lessons)
    return anticipator


def said(text: str, action: Action, kind: str = "flip", weight: int = FULL_LESSON) -> Lesson:
    return Lesson(tuple(text.split()), action, weight, kind)


def does(anticipator: SafuAnticipator, text: str) -> Action:
    words = tuple(text.split())
    return anticipator.decide(anticipator.predict_one(words), Hypothesis(1, words, True, 0, 900))


def heard(utterance_id: int, ended_ms: int) -> Interaction:
    nothing = Prediction(((NOTHING, 1.0),))
    return Interaction(utterance_id, ("lamp",), ended_ms - 500, ended_ms, nothing, "nothing")


def test_the_newest_hand_wins() -> None:
    lessons = [said("desk lamp on", ON), said("desk lamp off", OFF)]
    for wanted in (OFF, ON, OFF):
        lessons += [said("desk lamp on please now", wanted)] * 2
        assert does(made(lessons), "desk lamp on please now") == wanted


def test_many_phrases_take_no_more_room_than_a_few_hundred() -> None:
    rng = random.Random(0)
    words = [f"word{number}" for number in range(400)]
    lessons = [said(" ".join([*rng.sample(words, 4), "desk", "lamp"]), rng.choice([ON, OFF])) for _ in range(560)]
    anticipator = made([*lessons, said("desk lamp on", ON)])
    assert isinstance(anticipator._model, HouseholdModel)
    assert len(anticipator._model.fast) == anticipator._model.architecture.capacity
    assert anticipator._model.fast.stored_bytes < 20_000_000
    assert anticipator.predict_one(("desk", "lamp", "on")).leading == ON


def test_a_coincidence_counts_when_it_happens_again() -> None:
    anticipator = made([said("desk lamp on", ON), said("desk lamp off", OFF)])
    lesson = said("we had dinner with friends", ON)
    assert anticipator.is_doubtful(lesson)
    anticipator.learn_one(said("we had dinner with friends", ON, "tentative", 0))
    assert does(anticipator, "we had dinner with friends") == NOTHING
    assert not anticipator.is_doubtful(lesson)
    anticipator.learn_one(lesson)
    assert does(anticipator, "we had dinner with friends") == ON
    assert does(anticipator, "we had lunch with a friend") == NOTHING


def test_a_flip_that_fits_the_words_is_no_coincidence() -> None:
    assert not made([]).is_doubtful(said("the lamp please", ON))


def test_a_storm_of_flips_leaves_nothing_behind() -> None:
    teacher = Teacher()
    lessons = []
    for number in range(10_000):
        now_ms = 1_000 + number
        if number % 100 == 0:
            teacher.heard(
                Interaction(number, ("lamp",), now_ms - 500, now_ms, Prediction(((NOTHING, 1.0),)), "nothing")
            )
        lessons += teacher.flipped(SwitchEvent((ON, OFF)[number % 2], None, Cause.HAND, now_ms), while_hearing=False)
        lessons += teacher.tick(now_ms)
    assert len(lessons) <= 10_000 / 100 + 1
    teacher.tick(60_000)
    assert teacher._heard == []


def test_a_clock_that_jumps_harms_nothing() -> None:
    teacher = Teacher()
    for now_ms in (5_000, 10_000_000, 9_000_000, 20_000_000):
        teacher.heard(heard(now_ms, now_ms))
        lessons = teacher.flipped(SwitchEvent(ON, None, Cause.HAND, now_ms + 100), while_hearing=False)
        assert [lesson.utterance_id for lesson in lessons] == [now_ms]
        teacher.tick(now_ms + 200)
