"""The Assistant (a bundle of parts) and THE loop: hear, understand, act, remember, learn.

Frames are the clock, silence included. Only the loop's thread touches the model and writes lessons; the broker and
requests of other processes fill bounded queues that are drained once a frame.
Left out: which parts these are (`assembly.py`), what is asked of a running assistant (`requests.py`).
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from device.errors import HomeError, JournalError, UtteranceError
from device.listener import Listener
from device.messages import NOTHING, Action, Device, Frame, Hypothesis, Interaction, Lesson, Prediction, SwitchEvent
from device.protocols import Anticipator, Home, Journal, Microphone, Transcriber
from device.teacher import Teacher

log = logging.getLogger(__name__)

TAKE_BACK_BELOW = 0.2
"""An early action is taken back when the final words leave it less probable than this."""
Notice = Hypothesis | Interaction | SwitchEvent | Lesson | tuple[Hypothesis, Prediction]


@dataclass(slots=True)
class _Deed:
    """What we did during the present utterance."""

    utterance_id: int = 0
    action: Action = NOTHING
    undo: Action | None = None
    outcome: str = "nothing"
    acted_ms: int | None = None
    stage_ms: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Assistant:
    """The parts, and what little is known between two frames."""

    microphone: Microphone
    listener: Listener
    transcriber: Transcriber
    anticipator: Anticipator
    teacher: Teacher
    home: Home
    journal: Journal
    observe: bool = False
    learning: bool = True
    muted: bool = False
    notice: Callable[[Notice], None] = lambda _: None
    """Told of everything, for those who watch: the demonstration's screen, the benchmarks."""
    counters: Counter[str] = field(default_factory=Counter)
    devices: Mapping[str, Device] | None = None
    lessons: list[Lesson] = field(default_factory=list)
    deed: _Deed = field(default_factory=_Deed)
    expectation_is_old: bool = True
    now_ms: int = 0


def run(assistant: Assistant) -> None:
    """Hear, understand, act, remember, learn: one pass per frame, until the microphone ends."""
    assistant.lessons = assistant.journal.lessons()
    for frame in assistant.microphone.frames():
        step(assistant, frame)


def step(assistant: Assistant, frame: Frame) -> None:
    """One frame: 32 ms of sound."""
    assistant.now_ms = frame.ended_ms
    _learn_from_the_house(assistant)
    try:
        for hypothesis in assistant.listener.hear(frame):
            respond(assistant, hypothesis)
    except UtteranceError as error:
        log.warning("%s", error)
        _remember(assistant, lambda: assistant.journal.record_failure(assistant.listener.utterance_id, error))
    if assistant.expectation_is_old and not assistant.listener.is_hearing:
        _expect(assistant)


def respond(assistant: Assistant, hypothesis: Hypothesis) -> Interaction | None:
    """Predict; act once sure; at the end of the utterance take back what the words contradict, and remember."""
    if assistant.deed.utterance_id != hypothesis.utterance_id:
        assistant.deed = _Deed(hypothesis.utterance_id)
    deed = assistant.deed
    deed.stage_ms["transcribe"] += hypothesis.transcribe_ms
    started_s = time.perf_counter()
    prediction = assistant.anticipator.predict_one(hypothesis.words)
    deed.stage_ms["predict"] += 1000 * (time.perf_counter() - started_s)
    assistant.notice((hypothesis, prediction))
    if hypothesis.is_final:
        _take_back_if_contradicted(assistant, prediction)
    if deed.outcome in ("nothing", "taken back"):
        choice = assistant.anticipator.decide(prediction, hypothesis.words, is_final=hypothesis.is_final)
        if choice != NOTHING:
            _act(assistant, choice, hypothesis.ended_ms)
    return _conclude(assistant, hypothesis, prediction) if hypothesis.is_final else None


def learn(assistant: Assistant, lessons: Sequence[Lesson]) -> None:
    """Commit lessons to the journal, then take them in; one that could not be committed is not learned."""
    for lesson in lessons if assistant.learning else ():
        wrong = _wrong_action(assistant, lesson)
        heavy = lesson if wrong is None else assistant.anticipator.correcting(lesson, wrong)
        try:
            recorded = assistant.journal.record_lesson(heavy)
        except JournalError as error:
            _say_once(assistant, f"a lesson is lost: {error}")
            continue
        assistant.lessons.append(recorded)
        assistant.anticipator.learn_one(recorded)
        assistant.expectation_is_old = True
        assistant.counters["corrections" if lesson.kind == "correction" else "lessons"] += 1
        assistant.home.report_lesson(recorded)
        assistant.notice(recorded)


def relearn(assistant: Assistant) -> None:
    """Become what the kept lessons make of a new model: undo is replay without one."""
    assistant.lessons = assistant.journal.lessons()
    assistant.anticipator.rebuild(assistant.devices or {}, assistant.lessons)
    assistant.expectation_is_old = True


def _learn_from_the_house(assistant: Assistant) -> None:
    from device.requests import handle_request

    for happened in assistant.home.drain(assistant.now_ms):
        if isinstance(happened, SwitchEvent):
            assistant.notice(happened)
            _remember(assistant, lambda event=happened: assistant.journal.record_event(event))  # type: ignore[misc]
            learn(assistant, assistant.teacher.flipped(happened, while_hearing=assistant.listener.is_hearing))
        else:
            handle_request(assistant, happened)
    if assistant.home.devices() is not assistant.devices:
        assistant.devices = assistant.home.devices()
        relearn(assistant)
    learn(assistant, assistant.teacher.tick(assistant.now_ms))
