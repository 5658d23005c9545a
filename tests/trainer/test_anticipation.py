"""Models of beginnings: they know more the more they have heard, and say so."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.anticipation import NOTHING, OOS, Asked, Sentence, bound, chosen, measured
from trainer.anticipation import ANTICIPATION, SafuPrefixes
from trainer.baselines.prefix_text import MixedTeachers, PrefixLogistic, WordsNaiveBayes
from trainer.prefixes import Heard, PrefixModel, Words, beginnings

ROOMS = ("kitchen", "bedroom", "hallway", "office")
SENTENCES: list[tuple[Words, str]] = [
    *((("turn", way, "the", room, "light"), way) for room in ROOMS for way in ("on", "off")),
    *((("what", "is", "in", "the", room), NOTHING) for room in ROOMS),
    *((("please", "switch", "the", room, "light", way), way) for room in ROOMS for way in ("on", "off")),
]


def lessons() -> tuple[list[Words], list[str]]:
    return [words for words, _ in SENTENCES], [label for _, label in SENTENCES]


MODELS: dict[str, Callable[[], PrefixModel]] = {
    "safu": SafuPrefixes,
    "lr_prefix": PrefixLogistic,
    "naive_bayes": WordsNaiveBayes,
}


@pytest.mark.parametrize("name", MODELS)
def test_the_end_decides_what_the_beginning_leaves_open(name: str) -> None:
    model = MODELS[name]()
    model.fit(*lessons())
    begun, ended = (
        Heard(("please", "switch", "the", "attic", "light"), False),
        Heard(("please", "switch", "the", "attic", "light", "off"), True),
    )
    shares = model.probabilities([begun, ended])
    assert shares.shape == (2, 3)
    assert shares.sum(axis=1) == pytest.approx([1, 1])
    assert model.classes[int(shares[1].argmax())] == "off"
    off = list(model.classes).index("off")
    assert shares[1, off] > shares[0, off]


def test_a_teacher_labels_what_nobody_labelled() -> None:
    teacher = MixedTeachers([PrefixLogistic()], [1.0])
    teacher.fit(*lessons())
    student = SafuPrefixes(ANTICIPATION, teacher)
    student.unlabelled = [("shut", "off", "the", "lamp")] * 8
    student.fit(*lessons())
    alone = SafuPrefixes()
    alone.fit(*lessons())
    asked = [Heard(("shut", "off", "the", "lamp"), True)]
    off = student.classes.index("off")
    assert student.probabilities(asked)[0, off] != alone.probabilities(asked)[0, off]


@given(st.lists(st.sampled_from(["on", "off", "light"]), min_size=1, max_size=6).map(tuple))
def test_beginnings_grow_to_the_whole(words: Words) -> None:
    begun = beginnings(words)
    assert [heard.words for heard in begun] == [words[:count] for count in range(1, len(words) + 1)]
    assert [heard.ended for heard in begun] == [False] * (len(words) - 1) + [True]
    assert begun[-1].features[:-1] == Heard(words, False).features


def asked(meaning: str, *steps: tuple[str, float]) -> Asked:
    words = tuple("word" for _ in steps)
    return Asked(Sentence(words, meaning, 1), [action for action, _ in steps], np.array([p for _, p in steps]))


def test_figures_count_first_actions() -> None:
    sentences = [
        asked("on", ("off", 0.2), ("on", 0.95)),
        asked("off", ("on", 0.92), ("off", 0.99)),
        asked("on", ("on", 0.3)),
        asked(NOTHING, ("on", 0.96)),
        asked(OOS, ("on", 0.1)),
    ]
    found = measured([each.first(0.9) for each in sentences])
    assert found == {
        "wrong": pytest.approx(1 / 3),
        "acted_correctly": pytest.approx(1 / 3),
        "fraction_heard": 1.0,
        "false_other": 1.0,
        "false_oos": 0.0,
        "commands": 3.0,
        "other": 1.0,
        "oos": 1.0,
    }


def test_the_threshold_is_as_low_as_the_bounds_allow() -> None:
    right = [asked("on", ("on", 0.8)) for _ in range(400)]
    quiet = [asked(kind, ("on", 0.4)) for kind in (NOTHING, OOS) for _ in range(1_000)]
    assert chosen([*right, *quiet]) == 0.5
    tempting = [asked(OOS, ("on", 0.9)) for _ in range(20)]
    assert chosen([*right, *quiet, *[asked("off", ("on", 0.9)) for _ in range(20)]]) > 0.9
    assert chosen([*right, *quiet, *tempting]) > 0.9


def test_a_bound_is_above_what_was_found() -> None:
    assert 0 < bound(0.0, 100) < 0.02
    assert bound(0.05, 100) > 0.05
    assert bound(0.0, 0) == 1.0
