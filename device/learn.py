"""To learn: lessons go to the journal, then into the model; and a new model begins with all of them.

Left out: which lessons there are (`teacher.py`), what they do to the model (`anticipator.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from device.assistant import Assistant, say_once
from device.errors import JournalError
from device.messages import NOTHING, Action, Lesson, Prediction, SwitchEvent
from device.troubles import HINTS, tell

log = logging.getLogger(__name__)


def learn(assistant: Assistant, lessons: Sequence[Lesson]) -> None:
    """Commit lessons to the journal, then take them in; one that could not be committed is not learned."""
    for lesson in lessons if assistant.learning else ():
        heavy = lesson
        if lesson.kind == "correction":
            wrong = tempting(assistant.anticipator.predict_one(lesson.words), lesson.action)
            heavy = assistant.anticipator.correcting(lesson, wrong)
        elif lesson.kind == "flip" and assistant.anticipator.is_doubtful(lesson):
            heavy = replace(lesson, weight=0, kind="tentative")
        if why := assistant.anticipator.refusal(heavy):
            tell(assistant.counters, "refused", f"{why}; {HINTS['refused']}")
            assistant.home.report_counters(assistant.counters)
            continue
        try:
            recorded = assistant.journal.record_lesson(heavy)
        except JournalError as error:
            say_once(assistant, "lesson", f"a lesson is lost: {error}")
            continue
        assistant.lessons.append(recorded)
        assistant.anticipator.learn_one(recorded)
        if assistant.host is not None:
            assistant.host.lessons_changed()
        if not recorded.weight:
            continue  # nothing new was taught
        assistant.expectation_is_old = True
        assistant.counters["corrections" if lesson.kind == "correction" else "lessons"] += 1
        assistant.home.report_lesson(recorded)
        assistant.notice(recorded)


def most_telling_first(assistant: Assistant, events: list[SwitchEvent]) -> list[SwitchEvent]:
    """Changes of one frame. A hand on a group changes its members too: what the words fit best takes the lesson."""
    words = assistant.teacher.last_words
    if len(events) < 2 or not words:
        return events
    doubts = [assistant.anticipator.is_doubtful(Lesson(words, event.action, 0, "flip")) for event in events]
    return [event for _, event in sorted(zip(doubts, events, strict=True), key=lambda pair: pair[0])]


def relearn(assistant: Assistant) -> None:
    """Become what the kept lessons make of a new model: undo is replay without one."""
    assistant.lessons = assistant.journal.lessons()
    assistant.anticipator.rebuild(assistant.devices or {}, assistant.lessons)
    assistant.expectation_is_old = True
    if assistant.host is not None:
        assistant.host.lessons_changed()


def hear_from_the_trainer(assistant: Assistant) -> None:
    """Exchange letters with the trainer; a new model, or an old one that returns, begins with all lessons."""
    host, devices = assistant.host, assistant.devices or {}
    if host is None or not host.tick(assistant.now_ms, assistant.anticipator, devices, assistant.home.post):
        return
    assistant.anticipator = host.anticipator()
    relearn(assistant)
    standing = host.standing()
    if standing is not None:
        assistant.home.report_model(*standing)


def expect(assistant: Assistant) -> None:
    """Tell the recogniser what may be said now."""
    assistant.expectation_is_old = False
    taught = dict.fromkeys(
        lesson.words for lesson in assistant.lessons if lesson.kind != "taken back" and lesson.action != NOTHING
    )
    assistant.transcriber.expect(list((assistant.devices or {}).values()), list(taught))


def forget_what_is_old(assistant: Assistant) -> None:
    """Erase what is older than the settings let us keep, and what was learned of it."""
    if assistant.keep_days and assistant.journal.expire(assistant.keep_days):
        if assistant.host is not None:
            assistant.host.forgotten()
        relearn(assistant)


def tempting(prediction: Prediction, meant: Action) -> Action:
    """The likeliest action other than the one that was meant."""
    return next((action for action, _ in prediction.ranked if NOTHING != action != meant), NOTHING)
