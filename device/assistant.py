"""The Assistant: a bundle of parts, and the verbs that need several of them: respond, act, take back, learn.

Left out: the loop that calls them (`loop.py`), what is asked from outside (`requests.py`), which parts these are
(`assembly.py`).
"""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from device.acoustic.sounds import described
from device.audio.sound_check import SoundCheck
from device.errors import HomeError, JournalError, UnfitSoundError, UtteranceError
from device.listener import Listener
from device.messages import NOTHING, Action, Device, Frame, Hypothesis, Interaction, Lesson, Prediction, SwitchEvent
from device.protocols import Anticipator, Home, Host, Journal, Microphone, Transcriber
from device.teacher import Teacher
from device.troubles import HINTS, tell

log = logging.getLogger(__name__)

TAKE_BACK_BELOW = 0.2
"""An early action is taken back when the final words leave it less probable than this."""
Notice = Hypothesis | Interaction | SwitchEvent | Lesson | tuple[Hypothesis, Prediction]


@dataclass(slots=True)
class Deed:
    """What we did during the present utterance."""

    utterance_id: int = 0
    action: Action = NOTHING
    undo: Action | None = None
    outcome: str = "nothing"
    acted_ms: int | None = None
    words: tuple[str, ...] = ()
    """What had been heard when we did it."""
    stage_ms: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))


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
    host: Host | None = None
    """The trainer, as far as we know it."""
    sound_check: SoundCheck | None = None
    """None where the microphone only keeps the time."""
    observe: bool = False
    keep_days: int = 0
    """Days that lessons and history are kept; 0 for ever."""
    learning: bool = True
    muted: bool = False
    notice: Callable[[Notice], None] = lambda _: None
    """Told of everything, for those who watch: the demonstration's screen, the benchmarks."""
    alive: Callable[[], None] = lambda: None
    """Called every frame: the loop turns."""
    counters: Counter[str] = field(default_factory=Counter)
    devices: Mapping[str, Device] | None = None
    lessons: list[Lesson] = field(default_factory=list)
    deed: Deed = field(default_factory=Deed)
    expectation_is_old: bool = True
    now_ms: int = 0
    said: dict[str, str] = field(default_factory=dict)
    """Troubles already told, by kind."""


def respond(assistant: Assistant, hypothesis: Hypothesis) -> None:
    """Predict, and act once sure; a final hypothesis concludes the utterance."""
    if hypothesis.is_final:
        conclude(assistant, hypothesis)
        return
    first, *more = assistant.anticipator.commands_in(hypothesis.words, ended=hypothesis.is_pause)
    is_whole = bool(more) or first != hypothesis.words
    heard = replace(hypothesis, words=first, is_pause=True) if is_whole else hypothesis
    prediction = _predict(assistant, heard)
    if heard.is_pause:
        _take_back_if_contradicted(assistant, prediction)
    _decide(assistant, heard, prediction)


def conclude(assistant: Assistant, hypothesis: Hypothesis) -> list[Interaction]:
    """The final words: every command in them is an interaction of its own."""
    parts = assistant.anticipator.commands_in(hypothesis.words, ended=True)
    interactions = []
    for number, words in enumerate(parts):
        utterance_id = assistant.listener.next_utterance_id() if number else hypothesis.utterance_id
        interactions.append(_conclude_one(assistant, replace(hypothesis, words=words, utterance_id=utterance_id)))
    return interactions


def _conclude_one(assistant: Assistant, hypothesis: Hypothesis) -> Interaction:
    """Take back what the words contradict, act if that is still to be done, remember, learn."""
    prediction = _predict(assistant, hypothesis)
    _take_back_if_contradicted(assistant, prediction)
    _decide(assistant, hypothesis, prediction)
    interaction = _interaction(assistant, hypothesis, prediction)
    _report(assistant, interaction)
    return interaction


def lose(assistant: Assistant, error: UtteranceError) -> None:
    """An utterance went wrong: it counts as one without words, or of those on which we acted early.

    That stays, and a hand may correct it: who goes on talking after a command, or before a television, has given it.
    """
    utterance_id, now_ms, cause = assistant.listener.utterance_id, assistant.now_ms, error.__cause__
    if isinstance(cause, UnfitSoundError):
        tell(assistant.counters, cause.kind, str(cause))
    else:
        log.warning("%s", error)
        assistant.counters["lost"] += 1
        remember(assistant, lambda: assistant.journal.record_failure(utterance_id, error))
    if assistant.deed.utterance_id != utterance_id:
        assistant.deed = Deed(utterance_id)
    words = assistant.deed.words if assistant.deed.outcome == "acted" else ()
    heard = Hypothesis(utterance_id, words, True, now_ms, now_ms)
    _report(assistant, _interaction(assistant, heard, assistant.anticipator.predict_one(words)))


def check_sound(assistant: Assistant, frame: Frame) -> None:
    """Say what is wrong with the microphone, if anything is."""
    fault = assistant.sound_check.hear(frame.pcm) if assistant.sound_check and not assistant.muted else None
    if fault:
        tell(assistant.counters, fault.kind, f"{fault.what}; {HINTS[fault.kind]}")
        assistant.home.report_counters(assistant.counters)


def _report(assistant: Assistant, interaction: Interaction) -> None:
    """Everybody who is to know of an utterance: journal, counters, broker, log, watchers, and the teacher."""
    did = interaction.outcome in ("acted", "taken back", "observed")
    remember(assistant, lambda: assistant.journal.record_interaction(interaction, keep_words=did))
    assistant.counters["utterances"] += 1
    assistant.counters["actions"] += interaction.outcome == "acted"
    assistant.home.report(interaction)
    assistant.home.report_counters(assistant.counters)
    _log(interaction)
    assistant.notice(interaction)
    learn(assistant, assistant.teacher.heard(interaction))


def learn(assistant: Assistant, lessons: Sequence[Lesson]) -> None:
    """Commit lessons to the journal, then take them in; one that could not be committed is not learned."""
    for lesson in lessons if assistant.learning else ():
        heavy = lesson
        if lesson.kind == "correction":
            wrong = _tempting(assistant.anticipator.predict_one(lesson.words), lesson.action)
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


def remember(assistant: Assistant, record: Callable[[], None]) -> None:
    """Write to the journal; if that fails, say so once until it works again, and go on listening."""
    try:
        record()
    except JournalError as error:
        say_once(assistant, "journal", f"the journal is not written: {error}")
    else:
        assistant.said.pop("journal", None)


def say_once(assistant: Assistant, kind: str, trouble: str) -> None:
    """A warning, but not thirty-one times a second."""
    if assistant.said.get(kind) != trouble:
        assistant.said[kind] = trouble
        log.warning("%s", trouble)


def forget_what_is_old(assistant: Assistant) -> None:
    """Erase what is older than the settings let us keep, and what was learned of it."""
    if assistant.keep_days and assistant.journal.expire(assistant.keep_days):
        if assistant.host is not None:
            assistant.host.forgotten()
        relearn(assistant)


def _predict(assistant: Assistant, hypothesis: Hypothesis) -> Prediction:
    if assistant.deed.utterance_id != hypothesis.utterance_id:
        assistant.deed = Deed(hypothesis.utterance_id)
    stages = assistant.deed.stage_ms
    stages["transcribe"] += hypothesis.transcribe_ms
    started_s = time.perf_counter()
    ended = hypothesis.is_final or hypothesis.is_pause
    prediction = assistant.anticipator.predict_one(hypothesis.words, ended=ended)
    stages["predict"] += 1000 * (time.perf_counter() - started_s)
    assistant.notice((hypothesis, prediction))
    return prediction


def _decide(assistant: Assistant, hypothesis: Hypothesis, prediction: Prediction) -> None:
    """One action a command; another one only after the first was taken back, and then not in haste."""
    ended = hypothesis.is_final or hypothesis.is_pause
    if assistant.deed.outcome == "nothing" or (assistant.deed.outcome == "taken back" and ended):
        choice = assistant.anticipator.decide(prediction, hypothesis)
        if choice != NOTHING:
            assistant.deed.words = hypothesis.words
            _act(assistant, choice, hypothesis.ended_ms)


def _act(assistant: Assistant, action: Action, now_ms: int) -> None:
    deed = assistant.deed
    started_s = time.perf_counter()
    deed.action, deed.acted_ms = action, now_ms
    deed.undo = assistant.home.undo_of(action)
    if assistant.observe:
        deed.outcome = "observed"
    elif deed.undo == action:
        deed.outcome = "already so"
    else:
        try:
            assistant.home.perform(action, now_ms)
            deed.outcome = "acted"
        except (HomeError, JournalError) as error:
            deed.outcome = "refused"
            log.warning("%s", error)
    deed.stage_ms["act"] += 1000 * (time.perf_counter() - started_s)


def _take_back_if_contradicted(assistant: Assistant, prediction: Prediction) -> None:
    """Undo what the words, now that there are more of them, no longer mean; those first words were not enough."""
    deed = assistant.deed
    is_contradicted = dict(prediction.ranked).get(deed.action, 0.0) < TAKE_BACK_BELOW
    if deed.outcome not in ("acted", "already so") or not is_contradicted:
        return
    if deed.outcome == "already so":  # nothing happened, and something else may be meant
        assistant.deed = Deed(deed.utterance_id, stage_ms=deed.stage_ms)
    else:
        deed.outcome = "taken back"
        _undo(assistant, deed.undo)
    learn(assistant, [Lesson(deed.words, deed.action, 0, "taken back", deed.utterance_id)])


def _undo(assistant: Assistant, action: Action | None) -> None:
    if action is not None:
        try:
            assistant.home.perform(action, assistant.now_ms)
        except (HomeError, JournalError) as error:
            log.warning("%s", error)


def _interaction(assistant: Assistant, hypothesis: Hypothesis, prediction: Prediction) -> Interaction:
    deed = assistant.deed
    about = deed.action if deed.action != NOTHING else _tempting(prediction, NOTHING)
    evidence = assistant.anticipator.explain(hypothesis.words, about)
    return Interaction(
        hypothesis.utterance_id,
        hypothesis.words,
        hypothesis.started_ms,
        hypothesis.ended_ms,
        replace(prediction, evidence=evidence),
        deed.outcome,
        deed.action,
        deed.acted_ms,
        deed.undo,
        dict(deed.stage_ms),
    )


def _log(interaction: Interaction) -> None:
    stages = " ".join(f"{stage} {ms:.1f}" for stage, ms in interaction.stage_ms.items())
    probability = dict(interaction.prediction.ranked).get(interaction.action, 0.0)
    log.log(
        logging.INFO if interaction.words else logging.DEBUG,
        "utterance %d: %s %s (p %.2f), ms: %s",
        interaction.utterance_id,
        interaction.outcome,
        interaction.action,
        probability,
        stages,
    )
    log.debug("utterance %d: heard %r", interaction.utterance_id, described(interaction.words))


def _tempting(prediction: Prediction, meant: Action) -> Action:
    """The likeliest action other than the one that was meant."""
    return next((action for action, _ in prediction.ranked if NOTHING != action != meant), NOTHING)
