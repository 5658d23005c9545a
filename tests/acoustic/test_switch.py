"""The whole switch on made-up words: it learns, refuses, and is the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from device.acoustic.end_pointer import Sound, sounds_of
from device.acoustic.spectrum import frames_of
from device.acoustic.switch import TEMPTING, AcousticSwitch, candidates
from tests.acoustic import made_up


def sounds(numbers: list[int], seed: int, loudness: float = 3000.0) -> list[Sound]:
    heard = sounds_of(frames_of(made_up.stream(numbers, np.random.default_rng(seed), loudness)))
    assert len(heard) == len(numbers)
    return heard


def taught(lessons: int = 4, talk: int = 0) -> AcousticSwitch:
    switch = AcousticSwitch(3)
    for turn in range(lessons):
        for number, sound in enumerate(sounds([0, 1, 2], turn)):
            assert switch.learn_one(sound, number)
        for sound in sounds([3] * talk, 100 + turn):
            tempts = any(answer.margin >= TEMPTING for answer in switch.predict_one(candidates(sound))[:1])
            assert switch.learn_background(sound) is tempts
    return switch


def test_three_words_are_told_apart() -> None:
    switch, order = taught(), [0, 1, 2] * 5
    answers = [switch.predict_one(candidates(sound)) for sound in sounds(order, 50)]
    assert [answer[0].action for answer in answers] == order


def test_loudness_does_not_matter() -> None:
    switch, order = taught(), [0, 1, 2] * 2
    for loudness in (1000.0, 10000.0):
        answers = [switch.predict_one(candidates(sound)) for sound in sounds(order, 51, loudness)]
        assert [answer[0].action for answer in answers] == order


def test_a_word_that_is_background_is_refused() -> None:
    switch = taught(lessons=6, talk=1)
    assert 0 < switch.lessons[3:].sum() < 6, "what tempts nobody any more is not learned"
    margins = [switch.predict_one(candidates(sound))[0] for sound in sounds([3] * 4, 4)]
    assert not any(answer.is_accepted for answer in margins)
    accepted = [switch.predict_one(candidates(sound))[0].is_accepted for sound in sounds([0, 1, 2] * 4, 5)]
    assert sum(accepted) >= 10


def test_the_same_lessons_make_the_same_switch() -> None:
    one, other = taught(), taught()
    assert (one.counts.cells == other.counts.cells).all()
    assert (one.codebook.codewords == other.codebook.codewords).all()
    assert one.threshold.margin == other.threshold.margin


def test_many_sounds_at_once_are_answered_as_one_by_one() -> None:
    switch, heard = taught(), [candidates(sound) for sound in sounds([0, 1, 2, 3], 6)]
    assert switch.predict(heard) == [switch.predict_one(each) for each in heard]


def test_ten_words_fit_into_32_kilobytes() -> None:
    assert AcousticSwitch(10, background=12).stored_bytes <= 32_768


def test_a_full_column_halves_itself_and_goes_on() -> None:
    switch = AcousticSwitch(1, background=0)
    for sound in sounds([0] * 30, 7):
        switch.learn_one(sound, 0)
    assert switch.counts.halvings[0] > 0
    assert switch.predict_one(candidates(sounds([0], 8)[0]))[0].action == 0


def test_what_is_not_meant_can_be_said_after_a_single_lesson() -> None:
    switch = AcousticSwitch(3)
    assert switch.learn_one(sounds([0], 10)[0], 0)
    assert switch.correct(sounds([3], 11)[0])


def test_nothing_taught_answers_nothing() -> None:
    assert AcousticSwitch(3).predict_one(candidates(sounds([0], 9)[0])) == []


@pytest.mark.parametrize("frames", [0, 1, 5])
def test_a_sound_without_a_word_teaches_nothing(frames: int) -> None:
    switch = AcousticSwitch(3)
    sound = Sound(np.zeros(20, np.uint8), np.zeros((frames, 20), np.uint8))
    assert not switch.learn_one(sound, 0)
    assert switch.predict_one(candidates(sound)) == []
    assert switch.lessons.sum() == 0
