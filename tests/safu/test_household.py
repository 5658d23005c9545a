"""Counts and the fast memory together: what one lesson, one correction and replay do."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.everyday import everyday_words
from device.safu.action_heads import NOTHING_KEY
from device.safu.household import FAST_MEMORY, HouseholdArchitecture, HouseholdModel

NAMES = ("kitchen light", "bedroom light", "ceiling fan")
WORDS = st.sampled_from("turn switch on off the kitchen bedroom light ceiling fan please movie time now".split())
KEYS = st.sampled_from([(name, command) for name in NAMES for command in ("on", "off")] + [NOTHING_KEY])
LESSONS = st.lists(st.tuples(st.lists(WORDS, max_size=6), KEYS, st.sampled_from([0, 4, 16, 32])), max_size=8)


def taught(lessons: list[tuple[list[str], tuple[str, str], int]], capacity: int = 512) -> HouseholdModel:
    model = HouseholdModel(everyday_words(), HouseholdArchitecture(capacity=capacity))
    for name in NAMES:
        model.learn_name(name.split())
    for words, key, weight in lessons:
        model.learn_one(words, key, weight)
    return model


def likeliest(model: HouseholdModel, words: str) -> tuple[str, str]:
    shares = model.predict_one(words.split())
    del shares[NOTHING_KEY]
    return max(shares, key=lambda key: shares[key])


@settings(max_examples=30)
@given(LESSONS, st.lists(WORDS, max_size=6), st.booleans())
def test_predictions_are_distributions_and_replay_is_exact(
    lessons: list[tuple[list[str], tuple[str, str], int]], words: list[str], ended: bool
) -> None:
    shares = taught(lessons).predict_one(words, ended=ended)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert min(shares.values()) >= 0
    assert shares == taught(lessons).predict_one(words, ended=ended)


def test_a_phrase_without_a_name_is_known_after_one_lesson() -> None:
    lessons = [(["kitchen", "light", "on"], (NAMES[0], "on"), 16), (["kitchen", "light", "off"], (NAMES[0], "off"), 16)]
    model = taught([*lessons, (["movie", "time"], (NAMES[0], "off"), 16)])
    assert likeliest(model, "movie time") == (NAMES[0], "off")


def test_a_correction_overwrites_the_phrase_and_leaves_the_others() -> None:
    lessons = [
        ("turn on the kitchen light".split(), (NAMES[0], "on"), 16),
        ("turn off the kitchen light".split(), (NAMES[0], "off"), 16),
        ("ceiling fan off".split(), (NAMES[2], "off"), 16),
        ("good night".split(), (NAMES[0], "on"), 16),
        ("good night".split(), (NAMES[0], "off"), 32),
    ]
    model = taught(lessons)
    assert likeliest(model, "good night") == (NAMES[0], "off")
    assert likeliest(model, "turn on the kitchen light") == (NAMES[0], "on")
    assert likeliest(model, "ceiling fan off") == (NAMES[2], "off")


def test_a_confirmation_changes_beliefs_but_not_what_is_known() -> None:
    lessons = [(["kitchen", "light", "on"], (NAMES[0], "on"), 16), (["ceiling", "fan", "off"], (NAMES[2], "off"), 16)]
    before = taught(lessons)
    after = taught([*lessons, (["kitchen", "light", "on", "please"], (NAMES[0], "on"), 0)])
    assert after.which.weights != before.which.weights
    assert len(after.fast) == len(before.fast)
    assert after.agreeing((NAMES[0], "on")) == before.agreeing((NAMES[0], "on"))


def test_the_memory_explains_itself() -> None:
    model = taught([(["movie", "time"], (NAMES[0], "off"), 16)])
    evidence = dict(model.explain(["movie", "time"], (NAMES[0], "off")))
    assert evidence[FAST_MEMORY] > 1
    assert model.explain(["movie", "time"], ("a lamp nobody has", "off")) == []
