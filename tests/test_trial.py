"""A model on trial: kept after thirty lessons in agreement, sent back at the fifth mistake too many, and not before."""

from __future__ import annotations

import pytest

from device.anticipator import SafuAnticipator
from device.assembly import anticipator as anticipator_of
from device.messages import NOTHING, Action, Hypothesis, Lesson
from device.settings import LearningSettings, Settings
from device.trial import PROVED, TOO_MANY, TrialAnticipator
from tests.small_models import DEVICES, LAMP_OFF, LAMP_ON, LESSONS

BLANK = Settings(learning=LearningSettings(blank=True))
SINCE = 100


class Stubborn(SafuAnticipator):
    """Says "off" to whatever it hears with "wrong" in it, and "on" to all else; learns nothing."""

    def __init__(self, fault: str) -> None:
        super().__init__(BLANK.decision, blank=True)
        self._fault = fault

    def would_do(self, words: tuple[str, ...]) -> Action:  # type: ignore[override]
        return LAMP_OFF if self._fault in words else LAMP_ON

    def learn_one(self, lesson: Lesson) -> None:
        return


def said(number: int, text: str, kind: str = "flip") -> Lesson:
    return Lesson(tuple(text.split()), LAMP_ON, 16, kind, id=SINCE + number)


def trial() -> TrialAnticipator:
    """The new one is wrong on "new", the old one on "old"."""
    made = TrialAnticipator(Stubborn("new"), Stubborn("old"), SINCE)
    made.rebuild(DEVICES, ())
    return made


def verdicts(made: TrialAnticipator, texts: list[str]) -> list[str]:
    told = []
    for number, text in enumerate(texts, 1):
        made.learn_one(said(number, text))
        told.append(made.verdict)
    return told


def test_thirty_lessons_in_agreement_prove_it() -> None:
    assert verdicts(trial(), ["both right"] * PROVED) == [""] * (PROVED - 1) + ["keep"]
    assert verdicts(trial(), ["new old"] * PROVED)[-2:] == ["", "keep"], "both wrong is nobody's advantage"


def test_the_fifth_mistake_too_many_sends_it_back() -> None:
    assert verdicts(trial(), ["new"] * TOO_MANY) == [""] * (TOO_MANY - 1) + ["return"]
    late = ["right"] * (PROVED - TOO_MANY) + ["new"] * TOO_MANY
    assert verdicts(trial(), late)[-2:] == ["", "return"]


def test_what_it_spares_makes_up_for_a_mistake_but_is_not_saved_up() -> None:
    assert verdicts(trial(), ["new"] * 4 + ["old", "new"])[-1] == ""
    assert verdicts(trial(), ["new"] * 4 + ["old", "new", "new"])[-1] == "return"
    assert verdicts(trial(), ["old"] * 10 + ["new"] * 5)[-1] == "return"


@pytest.mark.parametrize("behind", [1, 2, 3, 4])
def test_ten_more_lessons_for_each_that_it_is_behind(behind: int) -> None:
    needed = PROVED + 10 * behind
    told = verdicts(trial(), ["new"] * behind + ["right"] * (needed - behind))
    assert told == [""] * (needed - 1) + ["keep"]


def test_a_verdict_is_final() -> None:
    made = trial()
    verdicts(made, ["new"] * TOO_MANY)
    for number in range(50):
        made.learn_one(said(TOO_MANY + number, "old"))
    assert made.verdict == "return"


@pytest.mark.parametrize("kind", ["tentative", "taken back"])
def test_lessons_that_do_not_say_what_was_meant_do_not_count(kind: str) -> None:
    made = trial()
    for number in range(1, 60):
        made.learn_one(said(number, "new", kind))
    assert (made.verdict, made.judged, made.too_many) == ("", 0, 0)


def test_replay_comes_to_the_same_verdict() -> None:
    texts = ["new", "right", "old", "new", "new"] * 6
    lessons = [said(number, text) for number, text in enumerate(texts, 1)]
    before = [Lesson(("old",), LAMP_ON, 16, "flip", id=number) for number in range(1, 50)]
    for end in range(len(lessons) + 1):
        live = trial()
        live.rebuild(DEVICES, before)
        for lesson in lessons[:end]:
            live.learn_one(lesson)
        replayed = trial()
        replayed.rebuild(DEVICES, [*before, *lessons[:end]])
        assert (replayed.judged, replayed.too_many, replayed.verdict) == (live.judged, live.too_many, live.verdict)


def test_undo_takes_a_mistake_out_of_the_trial() -> None:
    lessons = [said(number, "new") for number in range(1, TOO_MANY)]
    made = trial()
    made.rebuild(DEVICES, lessons)
    assert made.too_many == TOO_MANY - 1
    made.rebuild(DEVICES, lessons[:-1])
    assert (made.too_many, made.judged) == (TOO_MANY - 2, TOO_MANY - 2)
    made.learn_one(said(60, "new"))
    assert made.verdict == ""


def test_the_new_one_acts_and_both_learn() -> None:
    acting, before = (anticipator_of(BLANK) for _ in range(2))
    made = TrialAnticipator(acting, before, since=6)
    made.rebuild(DEVICES, LESSONS)
    assert made.judged == len(LESSONS) - 6
    words = LESSONS[0].words
    assert made.predict_one(words) == acting.predict_one(words) == before.predict_one(words)
    heard = Hypothesis(1, words, True, 0, 900)
    assert made.decide(made.predict_one(words), heard) == acting.would_do(words)
    assert made.commands_in(words, ended=True) == [words]
    assert made.explain(words, LAMP_ON)
    assert made.explain(words, NOTHING) == ()
    assert not made.is_doubtful(LESSONS[0])
    assert made.correcting(LESSONS[0], LAMP_OFF).weight >= LESSONS[0].weight
