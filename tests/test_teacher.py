"""Every rule of the teacher, in the order of its docstring."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from device.messages import NOTHING, Action, Cause, Interaction, Lesson, Prediction, SwitchEvent
from device.teacher import CORRECTION_WINDOW_MS, FLIP_WINDOW_MS, QUIET_LESSON, Teacher

LAMP_ON, LAMP_OFF, FAN_ON = Action("lamp", "on"), Action("lamp", "off"), Action("fan", "on")
SURE = Prediction(((NOTHING, 1.0),))
TEMPTED = Prediction(((NOTHING, 0.8), (LAMP_ON, 0.2)))


def heard(words: str, ended_ms: int, prediction: Prediction = SURE) -> Interaction:
    return Interaction(ended_ms, tuple(words.split()), ended_ms - 900, ended_ms, prediction, "nothing")


def acted(words: str, ended_ms: int, action: Action, undo: Action) -> Interaction:
    return Interaction(
        ended_ms, tuple(words.split()), ended_ms - 900, ended_ms, SURE, "acted", action, ended_ms - 100, undo
    )


def flip(action: Action, at_ms: int, cause: Cause = Cause.HAND) -> SwitchEvent:
    return SwitchEvent(action, None, cause, at_ms)


def told(lessons: list[Lesson]) -> list[tuple[str, str, int, str]]:
    return [(" ".join(each.words), str(each.action), each.weight, each.kind) for each in lessons]


def test_a_flip_after_an_utterance_is_a_lesson() -> None:
    teacher = Teacher()
    teacher.heard(heard("cosy", 1_000))
    assert told(teacher.flipped(flip(LAMP_ON, 2_000), while_hearing=False)) == [("cosy", "lamp on", 16, "flip")]
    assert teacher.flipped(flip(FAN_ON, 3_000), while_hearing=False) == [], "one flip explains an utterance"


def test_too_late_a_flip_is_none() -> None:
    teacher = Teacher()
    teacher.heard(heard("cosy", 1_000))
    assert teacher.flipped(flip(LAMP_ON, 1_001 + FLIP_WINDOW_MS), while_hearing=False) == []


def test_a_flip_is_shared_by_recency() -> None:
    teacher = Teacher()
    teacher.heard(heard("first", 1_000))
    teacher.heard(heard("second", 2_500))
    lessons = teacher.flipped(flip(LAMP_ON, 3_000), while_hearing=False)
    assert [each.words for each in lessons] == [("first",), ("second",)]
    assert lessons[0].weight < lessons[1].weight
    assert sum(each.weight for each in lessons) == 16


def test_a_flip_while_somebody_speaks_waits_for_the_words() -> None:
    teacher = Teacher()
    assert teacher.flipped(flip(LAMP_ON, 900), while_hearing=True) == []
    assert told(teacher.heard(heard("lights", 1_000))) == [("lights", "lamp on", 16, "flip")]


def test_a_flip_back_is_a_correction_for_nothing() -> None:
    teacher = Teacher()
    teacher.heard(acted("nice lamp", 1_000, LAMP_ON, LAMP_OFF))
    assert teacher.flipped(flip(LAMP_OFF, 3_000), while_hearing=False) == []
    assert teacher.tick(3_000 + FLIP_WINDOW_MS - 1) == []
    assert told(teacher.tick(3_000 + FLIP_WINDOW_MS)) == [("nice lamp", "nothing", 16, "correction")]


def test_a_flip_back_and_another_flip_say_what_was_meant() -> None:
    teacher = Teacher()
    teacher.heard(acted("breeze", 1_000, LAMP_ON, LAMP_OFF))
    teacher.flipped(flip(LAMP_OFF, 3_000), while_hearing=False)
    lessons = teacher.flipped(flip(FAN_ON, 5_000), while_hearing=False)
    assert told(lessons) == [("breeze", "fan on", 16, "correction")]
    assert teacher.tick(60_000) == []


def test_a_changed_value_is_a_correction() -> None:
    teacher = Teacher()
    dim_30, dim_50 = Action("lamp", "set", 30.0), Action("lamp", "set", 50.0)
    teacher.heard(acted("dim it", 1_000, dim_30, LAMP_OFF))
    lessons = teacher.flipped(flip(dim_50, 5_000), while_hearing=False)
    assert told(lessons) == [("dim it", "lamp set 50", 16, "correction")]


def test_too_late_a_flip_back_is_a_change_of_mind() -> None:
    teacher = Teacher()
    teacher.heard(acted("lamp on", 1_000, LAMP_ON, LAMP_OFF))
    assert teacher.flipped(flip(LAMP_OFF, 1_000 + CORRECTION_WINDOW_MS), while_hearing=False) == []
    assert teacher.tick(60_000) == []


def test_a_flip_is_about_what_was_said_last() -> None:
    teacher = Teacher()
    teacher.heard(acted("lamp on", 1_000, LAMP_ON, LAMP_OFF))
    teacher.heard(heard("lamp off again", 4_000))
    lessons = teacher.flipped(flip(LAMP_OFF, 5_000), while_hearing=False)
    assert told(lessons) == [("lamp off again", "lamp off", 16, "flip")]


def test_an_action_left_alone_teaches_nothing_new() -> None:
    teacher = Teacher()
    teacher.heard(acted("lamp on", 1_000, LAMP_ON, LAMP_OFF))
    assert teacher.flipped(flip(LAMP_ON, 2_000, Cause.ECHO), while_hearing=False) == []
    assert teacher.tick(60_000) == []


def test_silence_teaches_only_if_we_were_tempted() -> None:
    teacher = Teacher()
    teacher.heard(heard("a secret", 1_000))
    teacher.heard(heard("nice lamp", 2_000, TEMPTED))
    assert told(teacher.tick(2_000 + FLIP_WINDOW_MS)) == [("nice lamp", "nothing", QUIET_LESSON, "quiet")]


def test_automations_teach_only_if_everyone_does() -> None:
    for everyone in (False, True):
        teacher = Teacher(everyone_teaches=everyone)
        teacher.heard(heard("cosy", 1_000))
        for cause in (Cause.ECHO, Cause.UNKNOWN):
            assert teacher.flipped(flip(LAMP_ON, 1_500, cause), while_hearing=False) == []
        assert bool(teacher.flipped(flip(LAMP_ON, 2_000, Cause.OTHER), while_hearing=False)) == everyone


ACTIONS = st.sampled_from([LAMP_ON, LAMP_OFF, FAN_ON])


@given(
    st.lists(
        st.tuples(st.integers(0, 12_000), st.sampled_from(["heard", "acted", "flip", "tick"]), ACTIONS, st.booleans()),
        max_size=40,
    )
)
def test_whatever_happens_lessons_are_sane(life: list[tuple[int, str, Action, bool]]) -> None:
    teacher, now_ms, lessons = Teacher(), 1_000, []
    for passed_ms, what, action, while_hearing in life:
        now_ms += passed_ms
        lessons += teacher.tick(now_ms)
        if what == "heard":
            lessons += teacher.heard(heard("words", now_ms, TEMPTED))
        elif what == "acted":
            lessons += teacher.heard(acted("words", now_ms, action, LAMP_OFF))
        elif what == "flip":
            lessons += teacher.flipped(flip(action, now_ms), while_hearing=while_hearing)
    assert all(1 <= each.weight <= 16 and each.words == ("words",) for each in lessons)
    assert len(lessons) <= len(life)
