"""The gate: what passes, what does not, and why, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.messages import NOTHING, Action, Device, Lesson
from device.safu.action_heads import NOTHING_KEY
from device.safu.bundle import Bundle, Header, pack
from device.safu.model import Architecture
from device.safu.slow import SlowModel
from device.settings import LearningSettings, Settings
from trainer.gate import HELD_LEAST, HELD_MOST, judge, knowledge, split
from trainer.household import Example, examples_of, fit
from trainer.replay import Answer
from trainer.rounds import challenge

COST = 1.86
LAMP, FAN = Action("lamp", "on"), Action("fan", "off")
DEVICES = {name: Device(name, "", "light", frozenset({"on", "off"})) for name in ("lamp", "fan")}


def answer(meant: Action, did: Action, probability: float = 0.8) -> Answer:
    return Answer(Lesson(("x",), meant, 16, "flip"), did, probability)


def answers(*pairs: tuple[Action, Action]) -> list[Answer]:
    return [answer(meant, did) for meant, did in pairs]


GOOD = answers(*[(LAMP, LAMP)] * 6, *[(FAN, FAN)] * 6, *[(NOTHING, NOTHING)] * 4)


def test_the_same_answers_pass() -> None:
    verdict = judge(GOOD, GOOD, COST)
    assert verdict.accepted
    assert "16 newer lessons" in verdict.reasons[0]
    assert verdict.figures["challenger.right"] == 1.0


def changed(places: Sequence[int], did: Action, probability: float = 0.8) -> list[Answer]:
    return [answer(a.lesson.action, did, probability) if n in places else a for n, a in enumerate(GOOD)]


@pytest.mark.parametrize(
    ("challenger", "complaint"),
    [
        (changed([0], NOTHING), "loses 1 that were right"),
        (changed([0], FAN), "1 newly wrong"),
        (changed(range(6), NOTHING), 'what worked would break: "lamp on"'),
        (changed(range(12, 16), LAMP), "where nothing was meant"),
        ([answer(a.lesson.action, a.did, 0.2) for a in GOOD], "confidence is worth less"),
    ],
)
def test_what_is_worse_does_not_pass_and_is_named(challenger: list[Answer], complaint: str) -> None:
    verdict = judge(challenger, GOOD, COST)
    assert not verdict.accepted
    assert any(complaint in reason for reason in verdict.reasons), verdict.reasons


def test_what_is_better_passes() -> None:
    assert judge(GOOD, changed([0, 7], NOTHING), COST).accepted


def test_too_few_lessons_are_no_proof() -> None:
    few = GOOD[: HELD_LEAST - 1]
    verdict = judge(few, few, COST)
    assert not verdict.accepted
    assert "too few" in verdict.reasons[0]


KINDS = st.sampled_from(["flip", "quiet", "confirmed", "tentative", "taken back"])


@given(kinds=st.lists(KINDS, max_size=60))
def test_lessons_are_split_by_their_order(kinds: list[str]) -> None:
    lessons = [Lesson(("x",), LAMP, 16, kind, 0, number) for number, kind in enumerate(kinds)]
    older, newer = split(lessons)
    assert [*older, *newer] == lessons
    telling = [lesson for lesson in newer if lesson.kind not in ("tentative", "taken back")]
    assert len(telling) <= HELD_MOST
    if older:
        assert len(telling) >= HELD_LEAST


PHRASES = {
    LAMP: ["lamp please", "some light", "make it bright", "i want to read", "too dark here"],
    FAN: ["stop the wind", "fan off please", "too cold now", "no more air", "quiet please"],
}
LESSONS = [
    Lesson((*text.split(), *(["now"] * (copy % 2))), action, 16, "flip", 0, 1 + 10 * copy + 2 * place + which)
    for copy in range(4)
    for place in range(5)
    for which, (action, texts) in enumerate(PHRASES.items())
    for text in [texts[place]]
]
HEADER = Header(Architecture(0, 0, 0), house="h", version=1)


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return examples_of(LESSONS, DEVICES)


@pytest.fixture(scope="module")
def honest(examples: list[Example]) -> Bundle:
    return fit(examples, DEVICES, HEADER)


def test_an_honest_model_knows_what_it_was_taught(honest: Bundle, examples: list[Example]) -> None:
    assert knowledge(SlowModel(honest), examples) == []
    assert set(honest.header.absorbed) == {example.lesson_id for example in examples}


def test_what_it_was_not_taught_is_named(honest: Bundle, examples: list[Example]) -> None:
    more = [Example(900 + n, ("garage", str(n)), ("garage", "open"), 1.0) for n in range(2)]
    assert knowledge(SlowModel(honest), [*examples, *more]) == ['it does not know "garage open"']
    swapped = {("lamp", "on"): ("fan", "off"), ("fan", "off"): ("lamp", "on")}
    wrong = [Example(e.lesson_id, e.words, swapped[e.meaning], 1.0) for e in examples]
    told = knowledge(SlowModel(honest), wrong)
    assert told[0] == "it answers only 0% of the lessons it was trained on"
    assert "it has forgotten" in told[1]


def test_weak_lessons_bar_no_model_and_nothing_has_a_name(honest: Bundle, examples: list[Example]) -> None:
    talk = [Example(800 + n, e.words, NOTHING_KEY, 0.25) for n, e in enumerate(examples[:20])]
    assert knowledge(SlowModel(honest), [*examples, *talk]) == []
    firm = [replace(example, weight=1.0) for example in talk]
    assert knowledge(SlowModel(honest), [*examples, *firm]) == ['it does not know "nothing"']


def test_of_contradictory_lessons_the_newest_counts() -> None:
    words = ("movie", "night")
    lessons = [*LESSONS, Lesson(words, LAMP, 16, "flip", 0, 100), Lesson(words, FAN, 16, "correction", 0, 101)]
    assert [e.meaning for e in examples_of(lessons, DEVICES) if e.words == words] == [("fan", "off")]


def test_a_round_makes_the_same_bytes_again(honest: Bundle, examples: list[Example]) -> None:
    assert pack(fit(examples, DEVICES, HEADER)) == pack(honest)


def test_a_round_of_a_small_household() -> None:
    made = challenge(LESSONS, DEVICES, HEADER, None, Settings(learning=LearningSettings(blank=True)))
    assert made.verdict.figures["champion.lessons"] == len(split(LESSONS)[1])
    held = {lesson.id for lesson in split(LESSONS)[1]}
    assert held.isdisjoint(made.judged.header.absorbed)
    assert made.final.header.belief if made.verdict.accepted else made.verdict.reasons
