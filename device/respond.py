"""To respond: predict, act once sure, take back what the words contradict, and tell everybody what came of it.

Left out: when one is sure (`anticipator.py`), what is learned of it (`learn.py`).
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from device.acoustic.sounds import described
from device.assistant import Assistant, Deed, remember
from device.errors import HomeError, JournalError, UnfitSoundError, UtteranceError
from device.learn import learn, tempting
from device.messages import NOTHING, Action, Frame, Hypothesis, Interaction, Lesson, Prediction
from device.troubles import HINTS, tell

log = logging.getLogger(__name__)

TAKE_BACK_BELOW = 0.2
"""An early action is taken back when the final words leave it less probable than this."""


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
    about = deed.action if deed.action != NOTHING else tempting(prediction, NOTHING)
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
