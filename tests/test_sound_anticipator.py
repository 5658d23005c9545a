"""Sounds to actions: lessons, refusals, replay, and what it makes of trouble."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from device.acoustic.end_pointer import Sound, sounds_of
from device.acoustic.sounds import encode
from device.acoustic.spectrum import frames_of
from device.messages import FULL_LESSON, NOTHING, Action, Device, Hypothesis, Lesson
from device.settings import DecisionSettings
from device.sound_anticipator import ACTIONS, SoundAnticipator
from tests.acoustic import made_up

LAMP = Device("lamp", "lamp", "light", frozenset({"on", "off"}))
FAN = Device("fan", "fan", "fan", frozenset({"on", "off"}))
HOUSE = {"lamp": LAMP, "fan": FAN}
MEANT = [Action("lamp", "on"), Action("lamp", "off"), Action("fan", "on")]
CHILD, ALIKE = 1.4, 1.25
"""Voices: one whose words are taken for others, and one whose words are understood now and then."""


def words(numbers: list[int], seed: int, voice: float = 1.0) -> list[tuple[str, ...]]:
    stream = made_up.stream(numbers, np.random.default_rng(seed), voice=voice)
    found = [encode(sound) for sound in sounds_of(frames_of(stream))]
    assert len(found) == len(numbers)
    return found


def lesson(said: tuple[str, ...], action: Action, kind: str = "flip", weight: int = FULL_LESSON) -> Lesson:
    return Lesson(said, action, weight, kind)


def lessons(turns: int = 3) -> list[Lesson]:
    order = [0, 1, 2] * turns
    return [lesson(said, MEANT[number]) for number, said in zip(order, words(order, 0), strict=True)]


def taught(*more: Lesson) -> SoundAnticipator:
    anticipator = SoundAnticipator(DecisionSettings())
    anticipator.rebuild(HOUSE, [*lessons(), *more])
    return anticipator


def done(anticipator: SoundAnticipator, said: tuple[str, ...], *, is_final: bool = True) -> Action:
    return anticipator.decide(anticipator.predict_one(said), Hypothesis(1, said, is_final, 0, 0))


def test_flips_teach_words() -> None:
    anticipator, order = taught(), [0, 1, 2] * 3
    assert [done(anticipator, said) for said in words(order, 1)] == [MEANT[number] for number in order]


def test_probabilities_are_a_distribution() -> None:
    for said in words([0, 3], 2):
        ranked = taught().predict_one(said).ranked
        assert sum(probability for _, probability in ranked) == pytest.approx(1.0)
        assert [p for _, p in ranked] == sorted((p for _, p in ranked), reverse=True)


def test_a_blank_one_does_nothing() -> None:
    anticipator = SoundAnticipator(DecisionSettings())
    assert done(anticipator, words([0], 3)[0]) == NOTHING


def test_undo_is_replay_without_one() -> None:
    anticipator, three = taught(), words([0, 1, 2], 4)
    before = [anticipator.predict_one(said) for said in three]
    anticipator.learn_one(lesson(words([3], 5)[0], Action("fan", "off")))
    assert [anticipator.predict_one(said) for said in three] != before
    anticipator.rebuild(HOUSE, lessons())
    assert [anticipator.predict_one(said) for said in three] == before


def test_three_corrections_stop_another_word() -> None:
    corrections = [lesson(said, NOTHING, "correction") for said in words([3] * 3, 6)]
    anticipator = taught(*corrections)
    assert [done(anticipator, said) for said in words([3] * 4, 7)] == [NOTHING] * 4
    assert [done(anticipator, said) for said in words([0, 1, 2], 8)] == MEANT


def test_two_people_may_say_the_same_each_in_a_voice_of_its_own() -> None:
    anticipator = taught(*[lesson(said, MEANT[0]) for said in words([0] * 3, 14, CHILD)])
    assert anticipator.voices.columns == [*MEANT, MEANT[0]]
    for said, action in [*zip(words([0, 1, 2], 15), MEANT, strict=True), (words([0], 16, CHILD)[0], MEANT[0])]:
        assert done(anticipator, said) == action
        ranked = [action for action, _ in anticipator.predict_one(said).ranked]
        assert sorted(map(str, ranked)) == sorted(map(str, {NOTHING, *MEANT}))
        assert anticipator.explain(said, action)[0].nats > 0


def test_what_a_child_may_not_do_its_parents_still_may() -> None:
    child, parent = words([1] * 8, 17, ALIKE), words([1] * 8, 18)
    anticipator = taught()
    assert [done(anticipator, said) for said in parent] == [MEANT[1]] * 8
    assert MEANT[1] in [done(anticipator, said) for said in child]
    anticipator = taught(*[lesson(said, NOTHING, "correction") for said in words([1] * 3, 19, ALIKE)])
    assert [done(anticipator, said) for said in child] == [NOTHING] * 8
    assert [done(anticipator, said) for said in parent].count(MEANT[1]) >= 6


def test_two_commands_in_one_utterance_are_two() -> None:
    first, second = (sounds_of(frames_of(made_up.stream([n], np.random.default_rng(n)))) for n in (0, 1))
    both = Sound(first[0].room, np.concatenate([first[0].frames, second[0].frames]))
    anticipator = taught()
    parts = anticipator.commands_in(encode(both), ended=True)
    assert [done(anticipator, part) for part in parts] == [MEANT[0], MEANT[1]]


def test_two_voices_at_once_do_nothing_wrong() -> None:
    random = np.random.default_rng(9)
    one, other = made_up.word(0, random), made_up.word(1, random)
    length = min(len(one), len(other))
    mixed = (one[:length].astype(int) + other[:length]).astype(np.int16)
    stream = np.concatenate([made_up.room(0.6, random), mixed, made_up.room(0.6, random)])
    (sound,) = sounds_of(frames_of(stream))
    assert done(taught(), encode(sound)) in (NOTHING, MEANT[0], MEANT[1])


def test_words_of_another_recogniser_say_and_teach_nothing() -> None:
    anticipator, said = taught(), words([0], 10)[0]
    before = anticipator.predict_one(said)
    anticipator.learn_one(lesson(("turn", "on", "the", "lamp"), MEANT[1]))
    assert anticipator.predict_one(said) == before
    assert done(anticipator, ("turn", "on", "the", "lamp")) == NOTHING
    assert done(anticipator, ()) == NOTHING


def test_more_actions_than_columns_are_refused() -> None:
    anticipator, said = taught(), words([3], 11)[0]
    devices = {f"lamp{n}": Device(f"lamp{n}", "lamp", "light", frozenset({"on"})) for n in range(ACTIONS)}
    anticipator.rebuild(devices, [lesson(said, Action(device, "on")) for device in devices])
    one_too_many = lesson(said, MEANT[0])
    assert "lamp on is not learned" in anticipator.refusal(one_too_many)
    assert not anticipator.refusal(lesson(said, Action("lamp3", "on"))), "what is known can be taught again"
    assert not anticipator.refusal(lesson(said, NOTHING, "correction")), "and what was wrong be corrected"
    before = anticipator.predict_one(said)
    anticipator.learn_one(one_too_many)
    assert anticipator.predict_one(said) == before


def test_one_sound_alone_is_compared_with_nothing_and_does_nothing(caplog: pytest.LogCaptureFixture) -> None:
    anticipator, order = SoundAnticipator(DecisionSettings()), words([0, 0, 0, 1], 14)
    with caplog.at_level(logging.INFO):
        anticipator.rebuild(HOUSE, [lesson(said, MEANT[0]) for said in order[:2]])
    assert done(anticipator, order[2]) == NOTHING
    assert "teach a second action" in caplog.text
    anticipator.learn_one(lesson(order[3], MEANT[1]))
    assert done(anticipator, order[2]) == MEANT[0]


def test_a_device_that_is_gone_is_no_action() -> None:
    anticipator = SoundAnticipator(DecisionSettings())
    anticipator.rebuild({"fan": FAN}, lessons())
    assert done(anticipator, words([0], 12)[0]) == NOTHING


def as_it_goes_on(anticipator: SoundAnticipator, said: tuple[str, ...]) -> list[Action]:
    """What is done after each frame, before the end."""
    heard = (said[:count] for count in range(1, len(said) + 1))
    return [
        anticipator.decide(anticipator.predict_one(part, ended=False), Hypothesis(1, part, False, 0, 0))
        for part in heard
    ]


def test_only_what_two_lessons_agree_on_is_early() -> None:
    anticipator, said = SoundAnticipator(DecisionSettings(early_probability=0.5)), words([0], 13)[0]
    anticipator.rebuild(HOUSE, lessons(turns=1))
    assert set(as_it_goes_on(anticipator, said)) == {NOTHING}
    anticipator.rebuild(HOUSE, lessons(turns=3))
    assert set(as_it_goes_on(anticipator, said)) == {NOTHING, MEANT[0]}
    anticipator.learn_one(lesson(said, MEANT[0], "taken back", 0))
    assert set(as_it_goes_on(anticipator, said)) == {NOTHING}


def test_what_is_ahead_for_a_moment_is_not_early() -> None:
    anticipator, said = taught(), words([0], 14)[0]
    assert done(anticipator, said, is_final=False) == NOTHING  # as if it had just become what it is
    assert done(anticipator, said) == MEANT[0]
    first_at = as_it_goes_on(anticipator, said).index(MEANT[0])
    assert as_it_goes_on(anticipator, said).index(MEANT[0]) == first_at  # how steady another sound was says nothing
