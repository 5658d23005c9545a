"""When words are enough to act on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from device.anticipator import SafuAnticipator
from device.messages import NOTHING, Action, Device, Hypothesis, Lesson
from device.numbers import replace_numbers, say_number
from device.settings import DecisionSettings

SWITCHED = frozenset({"on", "off"})
HOUSE = {
    "kitchen": Device("kitchen", "kitchen light", "light", SWITCHED, area="kitchen"),
    "dimmer": Device("dimmer", "bedside dimmer", "light", SWITCHED | {"set"}, area="bedroom", unit="%"),
    "radio": Device("radio", "radio", "select", frozenset({"select"}), options=("jazz", "news")),
}


def anticipator(*, blank: bool = False) -> SafuAnticipator:
    made = SafuAnticipator(DecisionSettings(), blank=blank)
    made.rebuild(HOUSE, ())
    return made


def final(text: str, *, is_final: bool = True) -> Hypothesis:
    return Hypothesis(1, tuple(text.split()), is_final, 0, 900)


def decided(made: SafuAnticipator, text: str, *, is_final: bool = True) -> Action:
    hypothesis = final(text, is_final=is_final)
    return made.decide(made.predict_one(hypothesis.words), hypothesis)


def test_on_the_first_day_plain_words_work() -> None:
    made = anticipator()
    assert decided(made, "turn on the kitchen light") == Action("kitchen", "on")
    assert decided(made, "please switch the bedside dimmer off") == Action("dimmer", "off")
    assert decided(made, "set the bedside dimmer to thirty percent") == Action("dimmer", "set", 30.0)
    assert decided(made, "set the radio to jazz") == Action("radio", "select", "jazz")
    assert decided(made, "we had dinner with friends") == NOTHING


def test_a_blank_one_knows_nothing() -> None:
    assert decided(anticipator(blank=True), "turn on the kitchen light") == NOTHING


def test_what_a_device_cannot_do_is_not_done() -> None:
    made = anticipator()
    assert decided(made, "set the bedside dimmer to three hundred percent") == NOTHING
    assert decided(made, "set the kitchen light to thirty percent").command != "set"


def test_a_number_may_go_on_while_somebody_speaks() -> None:
    made = anticipator()
    assert decided(made, "set the bedside dimmer to twenty", is_final=False) == NOTHING
    assert decided(made, "set the bedside dimmer to twenty percent", is_final=False) == Action("dimmer", "set", 20.0)


def test_one_lesson_never_acts_early() -> None:
    made = anticipator(blank=True)
    lesson = Lesson(tuple("turn on the kitchen light".split()), Action("kitchen", "on"), 16, "flip")
    for lessons, is_early in ((1, False), (12, True)):
        made.rebuild(HOUSE, [lesson] * lessons)
        assert (decided(made, "turn on the kitchen light", is_final=False) != NOTHING) == is_early


def test_a_name_may_go_on_while_somebody_speaks() -> None:
    made = anticipator(blank=True)
    made.rebuild(HOUSE, [Lesson(("kitchen", "light", "on"), Action("kitchen", "on"), 16, "flip")] * 12)
    assert decided(made, "kitchen light on", is_final=False) == NOTHING
    assert decided(made, "kitchen light on please", is_final=False) == Action("kitchen", "on")


def test_a_correction_is_as_heavy_as_it_must_be() -> None:
    made = anticipator()
    words = ("the", "kitchen", "light", "on")
    wrong = Action("kitchen", "on")
    assert decided(made, " ".join(words)) == wrong
    heavy = made.correcting(Lesson(words, NOTHING, 16, "correction"), wrong)
    made.learn_one(heavy)
    assert decided(made, " ".join(words)) == NOTHING
    assert decided(made, "please turn the bedside dimmer on") == Action("dimmer", "on"), "others are unharmed"


@given(st.integers(0, 999))
def test_numbers_are_understood_as_they_are_said(value: int) -> None:
    assert replace_numbers(["to", *say_number(value), "percent"]) == (("to", "<number>", "percent"), (float(value),))


@given(st.lists(st.text(max_size=8), max_size=8))
def test_no_words_do_harm(words: list[str]) -> None:
    prediction = anticipator().predict_one(words)
    assert abs(sum(p for _, p in prediction.ranked)) <= 1 + 1e-9


def test_two_commands_in_one_sentence_are_two() -> None:
    made = anticipator()
    both = "turn on the kitchen light and turn the bedside dimmer off".split()
    assert made.commands_in(both, ended=True) == [
        tuple("turn on the kitchen light".split()),
        tuple("turn the bedside dimmer off".split()),
    ]
    assert made.commands_in(both, ended=False) == [tuple("turn on the kitchen light".split())]


def test_and_is_only_a_word_where_no_commands_are_joined() -> None:
    made = anticipator()
    for said in ("salt and pepper", "turn on the kitchen light and we had dinner", "and"):
        assert made.commands_in(said.split(), ended=True) == [tuple(said.split())]


def test_what_was_taken_back_is_not_done_early_again() -> None:
    made = anticipator(blank=True)
    on = Action("kitchen", "on")
    words = tuple("turn on the kitchen light".split())
    lessons = [Lesson(words, on, 16, "flip")] * 12
    made.rebuild(HOUSE, [*lessons, Lesson(words, on, 0, "taken back")])
    assert decided(made, "turn on the kitchen light", is_final=False) == NOTHING
    assert decided(made, "turn on the kitchen light") == on


def test_a_device_that_must_not_be_wrong_waits_for_the_whole_sentence() -> None:
    made = SafuAnticipator(DecisionSettings(), blank=True)
    house = {"gate": Device("gate", "garden gate", "cover", frozenset({"open", "close"}))}
    lessons = [
        Lesson(tuple(f"{command} the garden gate".split()), Action("gate", command), 16, "flip")
        for command in ("open", "close")
    ]
    made.rebuild(house, lessons * 12)
    assert decided(made, "open the garden gate", is_final=False) == NOTHING
    assert decided(made, "open the garden gate") == Action("gate", "open")


def test_what_is_set_without_a_number_has_the_value_that_hands_gave_it() -> None:
    made = anticipator()
    for value in (31.0, 28.0):
        made.learn_one(Lesson(tuple("dim the bedside dimmer".split()), Action("dimmer", "set", value), 16, "flip"))
    assert decided(made, "dim the bedside dimmer") == Action("dimmer", "set", 30.0)
    assert decided(made, "dim the bedside dimmer to forty percent") == Action("dimmer", "set", 40.0)


TAUGHT = [
    Lesson(tuple(text.split()), action, weight, kind, id=number)
    for number, (text, action, weight, kind) in enumerate(
        [
            ("movie night", Action("kitchen", "off"), 16, "flip"),
            ("time to read", Action("dimmer", "set", 40.0), 16, "correction"),
            ("movie night", Action("dimmer", "on"), 0, "tentative"),
            ("what a day", NOTHING, 4, "quiet"),
        ],
        1,
    )
]
HISTORIES = st.lists(st.sampled_from(TAUGHT), max_size=6)
HOUSES = st.sampled_from([HOUSE, {name: HOUSE[name] for name in ("dimmer", "kitchen")}])


@given(before=HISTORIES, after=HISTORIES, goes_on=st.booleans(), house=HOUSES, other=HOUSES)
def test_a_rebuilt_one_is_a_new_one(
    before: list[Lesson],
    after: list[Lesson],
    goes_on: bool,
    house: dict[str, Device],
    other: dict[str, Device],
) -> None:
    lessons = [*before, *after] if goes_on else after
    made, fresh = (SafuAnticipator(DecisionSettings(), blank=True) for _ in range(2))
    made.rebuild(house, before)
    made.rebuild(other, lessons)
    fresh.rebuild(other, lessons)
    for words in {lesson.words for lesson in TAUGHT}:
        assert made.predict_one(words) == fresh.predict_one(words)
        assert made.belief == fresh.belief


def test_what_was_learned_already_is_not_learned_again() -> None:
    learned: list[Lesson] = []

    class Counting(SafuAnticipator):
        def learn_one(self, lesson: Lesson) -> None:
            learned.append(lesson)
            super().learn_one(lesson)

    made = Counting(DecisionSettings(), blank=True)
    made.rebuild(HOUSE, TAUGHT[:2])
    made.learn_one(TAUGHT[2])
    made.rebuild(dict(HOUSE), TAUGHT)
    assert learned == TAUGHT
    made.rebuild(HOUSE, TAUGHT[1:])
    assert learned == [*TAUGHT, *TAUGHT[1:]]
