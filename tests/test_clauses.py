"""Sentences with several commands, and with second thoughts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.clauses import clauses

NAMES = {"kitchen", "light", "fan", "lamp", "bedside"}
WORDS = st.sampled_from("turn on off the kitchen light and then no wait fan set to thirty".split())


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("turn on the kitchen light", ["turn on the kitchen light"]),
        ("turn on the lamp and turn off the fan", ["turn on the lamp", "turn off the fan"]),
        ("turn on the lamp and the fan", ["turn on the lamp", "turn on the fan"]),
        ("turn on the lamp and set it to thirty", ["turn on the lamp", "lamp set it to thirty"]),
        ("turn on no off the kitchen light", ["turn off the kitchen light"]),
        ("turn on the lamp no the fan", ["turn on the fan"]),
        ("and", [""]),
        ("", [""]),
    ],
)
def test_each_command_is_worded_as_if_it_stood_alone(said: str, meant: list[str]) -> None:
    assert [" ".join(clause) for clause in clauses(said.split(), NAMES)] == meant


def test_names_are_never_taken_apart() -> None:
    assert clauses("salt and pepper on".split(), {"salt", "and", "pepper"}) == [("salt", "and", "pepper", "on")]


@given(st.lists(WORDS, max_size=12))
def test_no_clause_says_what_nobody_said(words: list[str]) -> None:
    made = clauses(words, NAMES)
    assert made
    assert {word for clause in made for word in clause} <= set(words)
