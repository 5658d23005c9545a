"""The model against what we did not write, and against its own promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.everyday import everyday_words
from device.safu.action_heads import NOTHING_KEY, WORD_ORDER, ActionHeads, HeadsArchitecture
from device.safu.explicit_solution import ExplicitHead, head_weights

WORDS = st.sampled_from("turn switch on off the kitchen bedroom light fan please movie time now".split())
KEYS = st.sampled_from([("light", "on"), ("light", "off"), ("fan", "on"), NOTHING_KEY])
LESSONS = st.lists(st.tuples(st.lists(WORDS, max_size=6), KEYS, st.integers(1, 16)), max_size=12)


def taught(
    lessons: list[tuple[list[str], tuple[str, str], int]], architecture: HeadsArchitecture | None = None
) -> ActionHeads:
    model = ActionHeads(everyday_words(), architecture)
    model.learn_name(["kitchen", "light"])
    model.learn_name(["bedroom", "fan"])
    for words, key, weight in lessons:
        model.learn_one(words, key, weight)
    return model


def test_one_hot_inputs_make_it_multinomial_naive_bayes() -> None:
    """The worked example of Manning, Raghavan, Schuetze, Introduction to Information Retrieval, table 13.1."""
    vocabulary = ["Chinese", "Beijing", "Shanghai", "Macao", "Tokyo", "Japan"]
    documents = [("CBC", "yes"), ("CCS", "yes"), ("CM", "yes"), ("TJC", "no")]
    by_letter = {word[0]: rank for rank, word in enumerate(vocabulary)}
    head = ExplicitHead()
    for text, label in documents:
        rows = np.array([by_letter[letter] for letter in text])
        head.learn_one(rows, np.ones(len(rows), np.int64), label)
    counts = head.rows(np.arange(6)).astype(float)
    weights = head_weights(counts, np.ones((6, 2)), counts.sum(axis=0) + 6)
    logits = np.array([3, 0, 0, 0, 1, 1]) @ weights + np.log([3 / 4, 1 / 4])
    assert np.exp(logits).tolist() == pytest.approx([0.0003, 0.0001], abs=5e-5)
    assert math.exp(weights[0, 0]) == pytest.approx(3 / 7)


@settings(max_examples=60, deadline=None)
@given(LESSONS, st.lists(WORDS, max_size=6))
def test_probabilities_are_probabilities(
    lessons: list[tuple[list[str], tuple[str, str], int]], words: list[str]
) -> None:
    probabilities = taught(lessons).predict_one(words)
    assert sum(probabilities.values()) == pytest.approx(1)
    assert all(0 <= p <= 1 for p in probabilities.values())


@settings(max_examples=60, deadline=None)
@given(LESSONS, st.lists(WORDS, min_size=1, max_size=5), KEYS, st.integers(1, 128), st.lists(WORDS, max_size=6))
def test_taking_a_lesson_back_is_exact(
    lessons: list[tuple[list[str], tuple[str, str], int]],
    more: list[str],
    key: tuple[str, str],
    weight: int,
    words: list[str],
) -> None:
    bits = HeadsArchitecture(bits=8)  # so few that words share them
    model = taught([*lessons, (["turn", "on"], key, 16)], bits)
    before = model.predict_one(words)
    known = [word for word in more if model._vocabulary.rank(word) is not None]  # a new word has a code from then on
    model.learn_one(known, key, weight)
    model.learn_one(known, key, -weight)
    assert model.predict_one(words) == before


def test_a_blank_model_says_nothing() -> None:
    assert taught([]).predict_one(["turn", "on", "the", "kitchen", "light"]) == {NOTHING_KEY: 1.0}


def test_a_command_taught_at_one_device_is_known_at_the_next() -> None:
    lessons = [
        (["turn", "on", "the", "kitchen", "light"], ("light", "on"), 32),
        (["turn", "off", "the", "kitchen", "light"], ("light", "off"), 32),
        (["turn", "on", "the", "bedroom", "fan"], ("fan", "on"), 32),
    ]
    probabilities = taught(lessons).predict_one(["bedroom", "fan", "off"])
    assert max(probabilities, key=lambda key: probabilities[key]) == ("fan", "off")


def test_never_wider_than_heard() -> None:
    """The name of a device that was never taught moves nothing else."""
    model = taught([(["turn", "on", "the", "kitchen", "light"], ("light", "on"), 48)])
    assert model.predict_one(["turn", "on", "the", "kitchen", "light"])["light", "on"] > 0.8
    assert model.predict_one(["turn", "on", "the", "bedroom", "fan"])["light", "on"] < 0.3
    assert model.predict_one(["turn", "on"])["light", "on"] < 0.5


def test_words_without_a_name_are_about_nothing_here() -> None:
    """They are a matter of whole phrases (`household.py`): or one lesson on talk would make all talk an action."""
    model = taught([(["movie", "time"], ("light", "off"), 48), (["light", "on"], ("light", "on"), 48)])
    assert 0.9 < model.predict_one(["movie", "time"])["", ""] < 0.999


def test_explanations_add_up() -> None:
    model = taught([(["kitchen", "light", "on"], ("light", "on"), 32), (["bedroom", "fan"], ("fan", "on"), 16)])
    evidence = dict(model.explain(["kitchen", "light", "on", "xylophone"], ("light", "on")))
    assert set(evidence) == {"kitchen", "light", "on", "xylophone", WORD_ORDER}
    assert evidence["kitchen"] > 0 > evidence["xylophone"] - 1e-9


ORDERLY = [(words.split(), ("light", "on"), 32) for words in ("kitchen light on", "turn on the kitchen light")]


def test_a_word_at_its_place_says_more() -> None:
    model = taught(ORDERLY)
    in_its_place = model.predict_one("my kitchen light on".split())["light", "on"]
    elsewhere = model.predict_one("on my very kitchen light".split())["light", "on"]
    assert in_its_place > elsewhere


def test_a_sentence_that_may_go_on_is_less_certain() -> None:
    words = "kitchen light on".split()
    assert taught(ORDERLY).predict_one(words, ended=True) != taught(ORDERLY).predict_one(words, ended=False)
    assert (
        taught(ORDERLY).predict_one(words, ended=True)["light", "on"]
        > taught(ORDERLY).predict_one(words, ended=False)["light", "on"]
    )


def test_a_word_between_two_words_of_names_belongs_to_the_name() -> None:
    model = taught(ORDERLY)
    joined = model.predict_one("the light on the kitchen was a gift".split())
    assert joined == model.predict_one("the light kitchen was a gift".split())
