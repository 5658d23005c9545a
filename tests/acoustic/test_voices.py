"""Columns of actions: who gets a further one, and how many there are."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from device.acoustic.end_pointer import Sound, sounds_of
from device.acoustic.spectrum import frames_of
from device.acoustic.switch import candidates
from device.acoustic.voices import FURTHER, Voices
from tests.acoustic import made_up

CHILD = 1.4
"""So high that its first word is taken for a grown-up's second."""


def sounds(numbers: list[int], seed: int, voice: float = 1.0) -> list[Sound]:
    heard = sounds_of(frames_of(made_up.stream(numbers, np.random.default_rng(seed), voice=voice)))
    assert len(heard) == len(numbers)
    return heard


def taught(turns: int = 3) -> Voices[str]:
    voices, order = Voices[str](3), [0, 1, 2] * turns
    for number, sound in zip(order, sounds(order, 0), strict=True):
        assert voices.learn_one(sound, "abc"[number])
    return voices


def meant(voices: Voices[str], sound: Sound) -> str:
    return voices.columns[voices.switch.predict_one(candidates(sound))[0].action]


def test_words_that_are_understood_share_a_column() -> None:
    assert taught().columns == ["a", "b", "c"]


def test_a_voice_that_is_not_understood_has_a_column_of_its_own() -> None:
    voices = taught()
    assert "a" not in [meant(voices, sound) for sound in sounds([0] * 6, 1, CHILD)]
    for sound in sounds([0] * 3, 2, CHILD):
        voices.learn_one(sound, "a")
    assert voices.columns == ["a", "b", "c", "a"]
    assert voices.switch.lessons[:4].tolist() == [3, 3, 3, 3]
    assert voices.lessons("a") == 6
    assert [meant(voices, sound) for sound in sounds([0] * 6, 3, CHILD)] == ["a"] * 6
    assert [meant(voices, sound) for sound in sounds([0, 1, 2] * 2, 4)] == ["a", "b", "c"] * 2


def test_a_word_that_was_taught_once_has_one_column() -> None:
    voices = taught(turns=1)
    voices.learn_one(sounds([0], 2, CHILD)[0], "a")
    assert voices.columns == ["a", "b", "c"]


def test_a_word_that_did_not_fit_lowers_what_is_enough() -> None:
    voices = taught(turns=8)
    before = voices.switch.threshold.margin
    voices.learn_one(sounds([0], 2, CHILD)[0], "a")
    assert voices.columns == ["a", "b", "c", "a"]
    assert voices.switch.threshold.margin < before


def test_an_action_is_known_by_its_best_column() -> None:
    voices = taught()
    for sound in sounds([0], 2, CHILD):
        voices.learn_one(sound, "a")
    assert voices.known([3, 9, 5, 7, 99]) == {"a": 7, "b": 9, "c": 5}


def test_a_sound_without_a_word_teaches_nothing() -> None:
    voices = Voices[str](3)
    silence = Sound(np.full(20, 40, np.uint8), np.full((10, 20), 40, np.uint8))
    assert not voices.learn_one(silence, "a")
    assert voices.columns == []


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=30))
def test_whatever_is_taught_every_action_has_a_column(lessons: list[tuple[int, int]]) -> None:
    voices, said = Voices[int](4), sounds([0, 1, 2, 3], 5)
    first = list(dict.fromkeys(action for _, action in lessons))[:4]
    for number, action in lessons:
        assert voices.learn_one(said[number], action) == (action in first)
    assert list(dict.fromkeys(voices.columns)) == first
    assert all(voices.columns.count(action) <= 3 for action in first)
    assert (voices.switch.lessons[: len(voices.columns)] > 0).all()
    assert voices.switch.lessons.sum() == sum(action in first for _, action in lessons)


def test_contradictions_take_no_column_from_an_action() -> None:
    voices, said, random = Voices[int](8), sounds([0, 1, 2, 3], 5), np.random.default_rng(6)
    for number, action in zip(random.integers(0, 4, 100), random.integers(0, 7, 100), strict=True):
        voices.learn_one(said[number], int(action))
    assert len(voices.columns) == 7 + FURTHER
    assert voices.learn_one(said[0], 7)
    assert voices.columns[-1] == 7
    assert voices.is_full
    assert not voices.learn_one(said[0], 8)
