"""Learning in integers: the explicit head it must equal, undo to the bit, what is refused, and a chip taught to use."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.safu.explicit_solution import head_weights
from device.safu.integer_counts import (
    MOST,
    NEVER,
    PHRASE,
    PRIOR_OF_NOTHING,
    SPARE,
    IntegerCounts,
    LessonError,
    heard,
    log2_of,
    shared,
)
from device.safu.integer_reference import LOGIT_BITS
from device.safu.mixed_code import digest_of, features_of

WORDS = "turn switch on off the kitchen bedroom light fan please movie time now dim".split()
SENTENCES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)
LESSONS = st.lists(st.tuples(SENTENCES, st.integers(0, 3)), max_size=20)
STORY = (
    ("turn on the lamp", 1), ("lamp on please", 1), ("switch on the lamp", 1),
    ("turn off the lamp", 2), ("lamp off please", 2), ("switch off the lamp", 2),
    ("start the fan", 3), ("fan on", 3), ("switch on the fan", 3),
)  # fmt: skip


def features(text: str) -> tuple[int, ...]:
    return heard(text.encode())


def taught(lessons: list[tuple[str, int]], phrases: int = 8) -> IntegerCounts:
    chip = IntegerCounts(rows=256, actions=4, phrases=phrases)
    for text, action in lessons:
        chip.learn_one(features(text), action)
    return chip


def test_features_are_the_words_and_pairs_of_the_mixed_code() -> None:
    words = "turn on the lamp".split()
    known = [each for each in features_of(words) if not each.startswith("#")]
    expected = {digest_of(each) & 0xFFFE | (" " in each) for each in known}
    assert set(features(" ".join(words))) == expected


@given(st.integers(1, 2**31 - 1))
def test_logarithms(value: int) -> None:
    assert abs(log2_of(value) / 2**12 - np.log2(value)) < 0.0004


@given(LESSONS, SENTENCES)
def test_counts_are_the_explicit_head(lessons: list[tuple[str, int]], asked: str) -> None:
    chip = taught(lessons, phrases=0)
    inputs = np.array(features(asked))
    rows, weights = (inputs >> 1) % chip.rows, np.where(inputs & 1, 0.25, 1.0)
    eps = np.array([2.0, *[1 / 32] * 3])
    counts = chip.counts[rows].astype(float)
    log = head_weights(counts, np.broadcast_to(eps, counts.shape), np.array(chip.totals) + eps * chip.rows)
    lessons_of = np.array(chip.lessons)
    twice = np.where(lessons_of > 0, 2 * lessons_of + 1, 0)
    twice[0] = PRIOR_OF_NOTHING * max(1, twice[1:].sum())
    expected = 0.6 * weights @ (log + np.log(chip.rows)) * (lessons_of > 0) + np.log(np.maximum(twice, 1e-9))
    found = np.array(chip.predict_one(features(asked))) / 2**LOGIT_BITS
    known = twice > 0
    assert found[known] == pytest.approx(expected[known], abs=0.03)
    assert (found[~known] == NEVER / 2**LOGIT_BITS).all()


@given(LESSONS, st.tuples(SENTENCES, st.integers(0, 3)))
def test_a_lesson_taken_back_was_never_taught(lessons: list[tuple[str, int]], one: tuple[str, int]) -> None:
    chip = taught(lessons, phrases=30)
    before = chip.pack()
    chip.learn_one(features(one[0]), one[1])
    chip.unlearn_one(features(one[0]), one[1])
    assert chip.pack() == before


@given(LESSONS, LESSONS.filter(lambda lessons: len(lessons) <= SPARE), SENTENCES)
def test_a_full_memory_answers_as_before_when_as_many_as_are_spare_are_taken_back(
    lessons: list[tuple[str, int]], more: list[tuple[str, int]], asked: str
) -> None:
    chip = taught(lessons, phrases=2)
    before = chip.predict_one(features(asked))
    for text, action in more:
        chip.learn_one(features(text), action)
    for text, action in reversed(more):
        chip.unlearn_one(features(text), action)
    assert chip.predict_one(features(asked)) == before


@given(LESSONS)
def test_pack_and_unpack(lessons: list[tuple[str, int]]) -> None:
    state = taught(lessons, phrases=3).pack()
    assert IntegerCounts.unpack(state).pack() == state


@pytest.mark.parametrize("place", [0, 2, 4, 8, 24, 40, 41])
def test_what_can_be_no_state_is_refused(place: int) -> None:
    state = bytearray(taught([("lamp on", 1)], phrases=3).pack())
    state[place] ^= 0xFF
    with pytest.raises(ValueError, match=r"state|hold"):
        IntegerCounts.unpack(bytes(state))


def refused(chip: IntegerCounts, text: str, action: int) -> str:
    before = chip.pack()
    with pytest.raises(LessonError) as error:
        chip.learn_one(features(text), action)
    assert chip.pack() == before
    return error.value.status


def test_what_does_not_fit_is_refused_and_changes_nothing() -> None:
    chip = taught([("lamp on", 1)] * MOST)
    assert refused(chip, "the lamp", 1) == "SAFU_FULL"
    assert refused(chip, "", 1) == "SAFU_NOTHING_HEARD"
    assert refused(chip, "lamp", 4) == "SAFU_OUT_OF_RANGE"
    assert refused(chip, " ".join(f"word{n}" for n in range(PHRASE)), 1) == "SAFU_TOO_LONG"
    chip.learn_one(features("the lamp"), 2)


def test_what_was_never_taught_cannot_be_taken_back() -> None:
    chip = taught([("lamp on", 1)])
    before = chip.pack()
    for text, action in (("lamp on", 2), ("lamp off", 1), ("lamp", 1)):
        with pytest.raises(LessonError, match="SAFU_NEVER_LEARNED"):
            chip.unlearn_one(features(text), action)
    assert chip.pack() == before


@pytest.mark.parametrize("sizes", [(0, 2, 2), (5_000, 2, 2), (8, 0, 2), (8, 256, 2), (8, 2, 256)])
def test_sizes_that_a_chip_cannot_hold(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="chip"):
        IntegerCounts(*sizes)


@given(LESSONS, SENTENCES, st.integers(0, 3), st.booleans())
def test_one_correction_is_right_at_once(
    lessons: list[tuple[str, int]], text: str, action: int, has_model: bool
) -> None:
    chip = taught(lessons)
    slow = [5_000 * (other != action) for other in range(4)] if has_model else []
    chip.learn_one(features(text), action)
    assert chip.best(features(text), slow) == action


def test_the_newest_wins_and_taken_back_leaves_the_older_one() -> None:
    chip = taught([("movie time", 1), ("movie time", 2)])
    assert chip.best(features("movie time")) == 2
    chip.unlearn_one(features("movie time"), 2)
    assert chip.best(features("movie time")) == 1


def test_a_near_phrase_helps_as_far_as_it_is_alike() -> None:
    asked = features("please turn the lamp on")
    alone = taught([("turn the lamp on", 1), ("turn the lamp on", 0)], phrases=0).predict_one(asked)
    lifted = taught([("turn the lamp on", 1), ("turn the lamp on", 0)], phrases=2).predict_one(asked)
    assert 0 < lifted[0] - alone[0] < 3 << LOGIT_BITS
    assert lifted[1:] == alone[1:]


def test_a_model_is_not_contradicted_by_lessons_about_other_words() -> None:
    chip = taught([("turn on the lamp", 1)] * 5)
    slow = [0, 3_000, 1_000, 500]
    assert chip.best(features("illuminate everything"), slow) == 1
    assert chip.predict_one(features("illuminate everything"), slow)[1] == 0


def test_an_action_that_the_model_does_not_know_can_be_taught() -> None:
    chip = IntegerCounts(256, 5, 8, nothing=0)
    asked, slow = features("feed the cat"), [4_000, 1_000, 500]
    assert chip.predict_one(asked, slow)[3:] == [NEVER, NEVER]
    chip.learn_one(asked, 4)
    assert chip.best(asked, slow) == 4
    with pytest.raises(LessonError, match="SAFU_OUT_OF_RANGE"):
        chip.predict_one(asked, [0] * 6)


def test_a_blank_chip_is_taught_to_use_in_a_few_lessons() -> None:
    chip = IntegerCounts(rows=512, actions=4, phrases=16)
    assert all(chip.best(features(text)) == 0 for text, _ in STORY)
    for text, action in STORY:
        chip.learn_one(features(text), action)
    others = {"please switch the lamp on": 1, "turn the lamp off please": 2, "turn on the fan": 3, "lamp off": 2}
    assert {text: chip.best(features(text)) for text in others} == others
    talk = ("how was your day", "what is for dinner", "my sister took the train", "i will call you tomorrow", "")
    assert [chip.best(features(text)) for text in talk] == [0] * len(talk)


def test_talk_that_acted_once_does_not_act_again() -> None:
    chip = taught(list(STORY))
    said = "is the lamp on the list"
    chip.learn_one(features(said), 0)
    assert chip.best(features(said)) == 0
    assert chip.best(features("turn on the lamp")) == 1


@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_shared(some: set[int], others: set[int]) -> None:
    assert shared(sorted(some), sorted(others)) == len(some & others)
