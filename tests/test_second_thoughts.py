"""Sentences that turn out otherwise: what was done early is taken back at once, and never done early again."""

from __future__ import annotations

import pytest

from device.messages import NOTHING, Action, Lesson
from tests.living import Living

LIGHT, FAN = Action("kitchen_light", "on"), Action("ceiling_fan", "on")
BEGUN = "please turn on the kitchen light"


@pytest.fixture
def hasty(living: Living) -> Living:
    """An assistant that is sure of itself."""
    lessons = [Lesson(tuple(BEGUN.split()), LIGHT, 16, "flip"), Lesson(("ceiling", "fan", "on"), FAN, 16, "flip")]
    for lesson in [each for each in lessons for _ in range(20)]:
        living.assistant.anticipator.learn_one(lesson)
    return living


def kinds(living: Living) -> list[str]:
    return [lesson.kind for lesson in living.journal.lessons()]


def test_what_the_rest_contradicts_is_taken_back_at_the_pause(hasty: Living) -> None:
    hasty.hears(BEGUN)
    assert hasty.house.states["kitchen_light"] == LIGHT
    hasty.hears(BEGUN + " no the ceiling fan", is_pause=True)
    assert hasty.house.states["kitchen_light"] == Action("kitchen_light", "off")
    hasty.hears(BEGUN + " no the ceiling fan", is_final=True)
    assert hasty.house.states["ceiling_fan"] == FAN
    assert hasty.house.states["kitchen_light"] == Action("kitchen_light", "off")
    assert kinds(hasty) == ["taken back"]


def test_what_was_so_already_leaves_room_for_what_is_meant(hasty: Living) -> None:
    hasty.house.flip(LIGHT)
    hasty.pass_time(9_000)
    hasty.hears(BEGUN)
    hasty.hears(BEGUN + " no the ceiling fan", is_final=True)
    assert [command.action for command in hasty.house.commands] == [FAN]
    assert kinds(hasty) == ["taken back"]


def test_the_same_words_then_wait_for_the_end(hasty: Living) -> None:
    test_what_the_rest_contradicts_is_taken_back_at_the_pause(hasty)
    hasty.hears(BEGUN)
    assert hasty.house.states["kitchen_light"] == Action("kitchen_light", "off")
    hasty.hears(BEGUN, is_pause=True)
    assert hasty.house.states["kitchen_light"] == LIGHT


def test_hypotheses_that_change_their_mind_do_not_flap(hasty: Living) -> None:
    changes = []
    for belief in (BEGUN, BEGUN + " off", BEGUN, BEGUN + " nice", BEGUN):
        hasty.hears(belief)
        changes.append(hasty.house.states["kitchen_light"])
    assert changes == [LIGHT] * 5
    assert len(hasty.house.commands) == 1


def test_two_commands_are_two_actions_and_two_interactions(living: Living) -> None:
    living.hears("turn on the kitchen light and turn on the ceiling fan", is_final=True)
    assert [command.action for command in living.house.commands] == [LIGHT, FAN]
    assert living.assistant.counters["actions"] == 2


def test_the_first_of_two_commands_does_not_wait_for_the_second(living: Living) -> None:
    living.hears("turn on the kitchen light and turn on the")
    assert [command.action for command in living.house.commands] == [LIGHT]
    living.hears("turn on the kitchen light and turn on the ceiling fan", is_final=True)
    assert [command.action for command in living.house.commands] == [LIGHT, FAN]


def test_an_action_left_alone_is_confirmed_and_teaches_nothing_new(living: Living) -> None:
    living.hears("turn on the kitchen light", is_final=True)
    living.pass_time(21_000)
    assert kinds(living) == ["confirmed"]
    assert living.assistant.counters["lessons"] == 0


def test_words_that_name_nothing_count_when_it_happens_again(blank: Living) -> None:
    for _ in range(2):
        blank.ask("flip", "kitchen light off")
        blank.pass_time(9_000)
        blank.ask("say", "movie time")
        blank.ask("flip", "kitchen light on")
        blank.pass_time(9_000)
    assert kinds(blank) == ["tentative", "flip"]
    leading = blank.assistant.anticipator.predict_one(("movie", "time")).leading
    assert leading == LIGHT != NOTHING


def test_of_devices_that_a_hand_moves_together_the_one_that_was_named_is_meant(blank: Living) -> None:
    """A group tells of its members in the same breath, in any order."""
    blank.ask("say", "ceiling fan please")
    blank.house.flip(LIGHT)
    blank.house.flip(FAN)
    blank.pass_time(320)
    (lesson,) = blank.journal.lessons()
    assert (lesson.action, lesson.kind) == (FAN, "flip")
