"""Every rule of the teacher, in the order of its docstring."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
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


def new(lessons: list[Lesson]) -> list[Lesson]:
    """Without what only says that we were right."""
    return [each for each in lessons if each.weight]


def test_a_flip_after_an_utterance_is_a_lesson() -> None:
    teacher = Teacher()
    teacher.heard(heard("cosy", 1_000))
    assert told(teacher.flipped(flip(LAMP_ON, 2_000), while_hearing=False)) == [("cosy", "lamp on", 16, "flip")]
    assert teacher.flipped(flip(FAN_ON, 3_000), while_hearing=False) == [], "one flip explains an utterance"


def test_what_is_forgotten_becomes_no_lesson() -> None:
    teacher = Teacher()
    teacher.heard(heard("a secret wish", 1_000, TEMPTED))
    teacher.heard(heard("secretly cosy", 1_500, TEMPTED))
    teacher.forget(("secret",))
    assert told(teacher.flipped(flip(LAMP_ON, 2_000), while_hearing=False)) == [
        ("secretly cosy", "lamp on", 16, "flip")
    ]
    assert told(teacher.tick(1_001 + FLIP_WINDOW_MS)) == []


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


def test_words_whose_share_in_a_flip_is_too_small_are_no_lesson_for_nothing_either() -> None:
    teacher = Teacher()
    teacher.heard(heard("fan please", 1_000, TEMPTED))
    teacher.heard(heard("nice weather", 6_000))
    assert told(teacher.flipped(flip(FAN_ON, 6_500), while_hearing=False)) == [("nice weather", "fan on", 16, "flip")]
    assert teacher.tick(60_000) == [], "somebody did flip something after these words"


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


def test_a_flip_back_by_a_ramp_is_told_after_what_was_flipped_next() -> None:
    teacher = Teacher()
    teacher.heard(acted("breeze", 1_000, LAMP_ON, LAMP_OFF))
    assert teacher.flipped(flip(FAN_ON, 3_500), while_hearing=False) == []
    lessons = teacher.flipped(flip(LAMP_OFF, 3_000), while_hearing=False)
    assert told(lessons) == [("breeze", "fan on", 16, "correction")]
    assert teacher.tick(60_000) == []


def test_a_dimmer_that_comes_on_again_is_a_flip_back() -> None:
    teacher = Teacher()
    teacher.heard(acted("good night", 1_000, LAMP_OFF, Action("lamp", "set", 80.0)))
    assert teacher.flipped(flip(LAMP_ON, 3_000), while_hearing=False) == []
    assert told(teacher.tick(60_000)) == [("good night", "nothing", 16, "correction")]


def test_switching_off_what_was_not_off_before_says_what_was_meant() -> None:
    teacher = Teacher()
    teacher.heard(acted("that lamp", 1_000, LAMP_ON, Action("lamp", "set", 80.0)))
    lessons = teacher.flipped(flip(LAMP_OFF, 3_000), while_hearing=False)
    assert told(lessons) == [("that lamp", "lamp off", 16, "correction")]
    assert teacher.tick(60_000) == []


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
    assert [lesson.weight for lesson in teacher.tick(60_000)] == [0]


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
    assert new(teacher.tick(60_000)) == []


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


def test_a_flip_belongs_to_the_utterance_it_came_in_and_not_to_a_later_one() -> None:
    """The utterance that was being heard may fail; then its flip is nobody's."""
    teacher = Teacher()
    assert teacher.flipped(flip(LAMP_ON, 1_000), while_hearing=True) == []
    for now_ms in range(2_000, 60_000, 1_000):
        assert teacher.tick(now_ms) == []
    assert teacher.heard(heard("hello", 61_000)) == []


def test_several_flips_while_somebody_speaks_the_first_is_meant() -> None:
    teacher = Teacher()
    for action, at_ms in ((LAMP_ON, 700), (FAN_ON, 900)):
        teacher.flipped(flip(action, at_ms), while_hearing=True)
    assert told(teacher.heard(heard("lights", 1_000))) == [("lights", "lamp on", 16, "flip")]


def test_a_flip_back_while_the_same_words_are_still_being_said_is_a_correction() -> None:
    teacher = Teacher()
    assert teacher.flipped(flip(LAMP_OFF, 950), while_hearing=True) == []
    assert teacher.heard(acted("nice lamp today", 1_000, LAMP_ON, LAMP_OFF)) == []
    assert told(teacher.tick(950 + FLIP_WINDOW_MS)) == [("nice lamp today", "nothing", 16, "correction")]


def test_a_flip_before_we_acted_undoes_nothing() -> None:
    teacher = Teacher()
    teacher.flipped(flip(LAMP_OFF, 300), while_hearing=True)
    teacher.heard(acted("turn on the lamp", 1_000, LAMP_ON, LAMP_OFF))
    assert new(teacher.tick(60_000)) == []


def test_a_flip_back_while_somebody_speaks_does_not_wait() -> None:
    teacher = Teacher()
    teacher.heard(acted("nice lamp", 1_000, LAMP_ON, LAMP_OFF))
    assert teacher.flipped(flip(LAMP_OFF, 3_000), while_hearing=True) == []
    teacher.heard(heard("oh no", 4_000))
    lessons = teacher.tick(3_000 + FLIP_WINDOW_MS)
    assert ("nice lamp", "nothing", 16, "correction") in told(lessons)
    assert [each for each in lessons if each.words == ("oh", "no")] == []


def test_the_edges_of_the_windows() -> None:
    for at_ms, is_taught in ((1_000 + FLIP_WINDOW_MS, True), (1_001 + FLIP_WINDOW_MS, False)):
        teacher = Teacher()
        teacher.heard(heard("cosy", 1_000))
        assert bool(teacher.flipped(flip(LAMP_ON, at_ms), while_hearing=False)) == is_taught
    for at_ms, is_taught in ((900 + CORRECTION_WINDOW_MS, True), (901 + CORRECTION_WINDOW_MS, False)):
        teacher = Teacher()
        teacher.heard(acted("lamp on", 1_000, LAMP_ON, LAMP_OFF))
        teacher.flipped(flip(LAMP_OFF, at_ms), while_hearing=False)
        assert bool(new(teacher.tick(at_ms + FLIP_WINDOW_MS))) == is_taught


def test_another_flip_too_late_is_not_what_was_meant() -> None:
    teacher = Teacher()
    teacher.heard(acted("breeze", 1_000, LAMP_ON, LAMP_OFF))
    teacher.flipped(flip(LAMP_OFF, 3_000), while_hearing=False)
    assert told(teacher.tick(3_000 + FLIP_WINDOW_MS)) == [("breeze", "nothing", 16, "correction")]
    assert teacher.flipped(flip(FAN_ON, 3_001 + FLIP_WINDOW_MS), while_hearing=False) == []


def test_a_flip_of_something_else_leaves_our_action_alone() -> None:
    teacher = Teacher()
    teacher.heard(acted("lamp on", 1_000, LAMP_ON, LAMP_OFF))
    assert teacher.flipped(flip(FAN_ON, 2_000), while_hearing=False) == []
    assert new(teacher.tick(60_000)) == []


def test_an_option_chosen_instead_is_a_correction_for_it() -> None:
    teacher = Teacher()
    jazz, news = Action("radio", "select", "jazz"), Action("radio", "select", "news")
    teacher.heard(acted("some music", 1_000, jazz, Action("radio", "select", "off")))
    lessons = teacher.flipped(flip(news, 4_000), while_hearing=False)
    assert told(lessons) == [("some music", "radio select news", 16, "correction")]


def test_an_utterance_without_words_or_one_that_was_muted_teaches_nothing() -> None:
    teacher = Teacher()
    teacher.heard(heard("", 1_000, TEMPTED))
    assert teacher.flipped(flip(LAMP_ON, 2_000), while_hearing=False) == []
    teacher.heard(replace(heard("lamp", 3_000, TEMPTED), outcome="muted"))
    assert teacher.tick(60_000) == []


def test_what_we_would_have_done_is_taught_like_what_we_did_not() -> None:
    teacher = Teacher()
    teacher.heard(replace(heard("nice lamp", 1_000, TEMPTED), outcome="observed", action=LAMP_ON))
    assert told(teacher.flipped(flip(FAN_ON, 2_000), while_hearing=False)) == [("nice lamp", "fan on", 16, "flip")]


ACTIONS = st.sampled_from([LAMP_ON, LAMP_OFF, FAN_ON, Action("lamp", "set", 30.0), Action("radio", "select", "jazz")])
HAPPENINGS = st.sampled_from(["heard", "silent", "acted", "refused", "flip", "tick"])


@settings(deadline=None)
@given(
    st.booleans(),
    st.lists(
        st.tuples(st.integers(-500, 12_000), HAPPENINGS, ACTIONS, st.sampled_from(Cause), st.booleans()), max_size=40
    ),
)
def test_whatever_happens_lessons_are_sane(everyone: bool, life: list[tuple[int, str, Action, Cause, bool]]) -> None:
    teacher, now_ms, lessons = Teacher(everyone_teaches=everyone), 1_000, list[Lesson]()
    hands = 0
    for passed_ms, what, action, cause, while_hearing in life:
        now_ms += passed_ms
        lessons += teacher.tick(now_ms)
        if what in ("heard", "silent", "refused"):
            outcome = "refused" if what == "refused" else "nothing"
            said = heard("" if what == "silent" else "words", now_ms, TEMPTED)
            lessons += teacher.heard(replace(said, outcome=outcome))
        elif what == "acted":
            lessons += teacher.heard(acted("words", now_ms, action, LAMP_OFF))
        elif what == "flip":
            hands += cause == Cause.HAND or (everyone and cause == Cause.OTHER)
            lessons += teacher.flipped(flip(action, now_ms, cause), while_hearing=while_hearing)
    lessons += teacher.tick(now_ms + 60_000)
    confirmed = [each for each in lessons if each.kind == "confirmed"]
    lessons = [each for each in lessons if each.kind != "confirmed"]
    assert all(each.weight == 0 for each in confirmed)
    assert len(confirmed) <= sum(what == "acted" for _, what, *_ in life)
    assert all(1 <= each.weight <= 16 and each.words == ("words",) for each in lessons)
    assert all(each.kind in ("flip", "correction", "quiet") for each in lessons)
    assert len([each for each in lessons if each.kind != "quiet"]) <= 16 * hands
    assert teacher._heard == []


def test_what_was_left_alone_is_confirmed_once() -> None:
    teacher = Teacher()
    teacher.heard(acted("lamp on", 1_000, LAMP_ON, LAMP_OFF))
    assert teacher.tick(899 + CORRECTION_WINDOW_MS) == []
    assert told(teacher.tick(900 + CORRECTION_WINDOW_MS)) == [("lamp on", "lamp on", 0, "confirmed")]
    assert teacher.tick(1_500 + CORRECTION_WINDOW_MS) == []


def test_what_was_flipped_back_is_not_confirmed() -> None:
    teacher = Teacher()
    teacher.heard(acted("lamp on", 1_000, LAMP_ON, LAMP_OFF))
    teacher.flipped(flip(LAMP_OFF, 3_000), while_hearing=False)
    lessons = [lesson for now_ms in range(3_000, 60_000, 500) for lesson in teacher.tick(now_ms)]
    assert told(lessons) == [("lamp on", "nothing", 16, "correction")]
