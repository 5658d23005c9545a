"""What is asked of a running assistant from outside: say, flip, undo, forget, learning, mute.

Other processes put requests into the journal's table, where the loop finds them; our own switches on the broker
send theirs through the home. Every answer is a plain sentence; one that begins with `REFUSED` says why not.
"""

from __future__ import annotations

import math
import time
from contextlib import suppress

from device.assistant import Assistant
from device.errors import JournalError, SafuError, UnknownDeviceError
from device.journal import SqliteJournal
from device.learn import relearn
from device.messages import NOTHING, Action, Device, Hypothesis, Interaction, Request
from device.phrasings import words_of
from device.respond import conclude

ANSWER_S = 10.0
_LOOK_EVERY_S = 0.05
REFUSED = "sorry: "


def ask(journal: SqliteJournal, verb: str, argument: str) -> str:
    """Ask the `safu run` that holds the journal, from another process. Raises `JournalError` if it does not answer.

    Nothing of it stays in the journal: neither words that nobody acted on, nor a deed that nobody waits for any more.
    """
    request_id = journal.ask(verb, argument)
    try:
        deadline_s = time.monotonic() + ANSWER_S
        while time.monotonic() < deadline_s:
            answer = journal.answer_to(request_id)
            if answer is not None:
                return answer
            time.sleep(_LOOK_EVERY_S)
    finally:
        journal.withdraw(request_id)
    raise JournalError("the running safu does not answer", hint="look at its log: journalctl -u safu")


def handle_request(assistant: Assistant, request: Request) -> str:
    """Do what is asked; return what became of it in words."""
    handle = _VERBS.get(request.verb)
    if handle is None:
        return f"{REFUSED}nobody here knows how to {request.verb}"
    try:
        return handle(assistant, request.argument)
    except SafuError as error:
        return f"{REFUSED}{error}"


def parse_flip(devices: list[Device], text: str) -> Action:
    """A device by id or name, then what it shall be: `kitchen light on`, `lamp_1 30`, `radio jazz`.

    Raises `UnknownDeviceError` naming the devices there are, or what this one can do.
    """
    words = text.split()
    for split in range(len(words) - 1, 0, -1):  # the longest name that fits; what it shall be may be several words
        name, wanted = " ".join(words[:split]), " ".join(words[split:])
        named = [d for d in devices if name == d.id or words_of(name) == words_of(d.name)]
        if len(named) == 1:
            return Action(named[0].id, *_command(named[0], wanted))
    known = ", ".join(sorted(d.id for d in devices)) or "none has been announced yet"
    raise UnknownDeviceError(f"there is no device {' '.join(words[:-1])!r}", hint=f"devices: {known}")


def _command(device: Device, wanted: str) -> tuple[str, float | str | None]:
    options = {option.lower(): option for option in device.options}
    if wanted.lower() in options:
        return "select", wanted if wanted in device.options else options[wanted.lower()]
    if wanted.lower() in device.commands - {"set", "select"}:
        return wanted.lower(), None
    with suppress(ValueError):
        value = float(wanted.removesuffix("%"))
        if math.isfinite(value):
            return "set", value
    can = sorted(device.commands - {"select"}) + list(device.options)
    raise UnknownDeviceError(f"{device.id} cannot be {wanted!r}", hint=f"it can: {' '.join(can)}")


def _say(assistant: Assistant, text: str) -> str:
    """Words as if they had been heard."""
    words = tuple(words_of(text))
    now_ms = assistant.now_ms
    heard = Hypothesis(assistant.listener.next_utterance_id(), words, True, now_ms, now_ms)
    return "; ".join(_told(interaction) for interaction in conclude(assistant, heard))


def _told(interaction: Interaction) -> str:
    """What was done, and why."""
    probability = dict(interaction.prediction.ranked).get(interaction.action, 0.0)
    why = ", ".join(f"{e.feature!r} {e.nats:+.1f}" for e in interaction.prediction.evidence[:5])
    did = f"{interaction.outcome}: {interaction.action} (p {probability:.2f})"
    if interaction.action == NOTHING:
        did = f"nothing (p {probability:.2f})"
    return f"{did}; evidence for {_leading(interaction.prediction.ranked)}: {why}" if why else did


def _leading(ranked: tuple[tuple[Action, float], ...]) -> str:
    return next((f"{action} (p {p:.2f})" for action, p in ranked if action != NOTHING), "nothing")


def _flip(assistant: Assistant, text: str) -> str:
    action = parse_flip(list((assistant.devices or {}).values()), text)
    assistant.home.flip(action, assistant.now_ms)
    return f"flipped: {action}"


def _undo(assistant: Assistant, text: str) -> str:
    is_number = text.isascii() and text.isdecimal() and len(text) < 19  # a row id of SQLite has 64 bits
    lesson = assistant.journal.undo(int(text)) if is_number else None
    if lesson is None:
        raise SafuError(f"there is no kept lesson {text!r}", hint="safu history --lessons lists them")
    relearn(assistant)
    return f"lesson {lesson.id} is undone: it no longer teaches {lesson.action}"


def _forget(assistant: Assistant, text: str) -> str:
    words = words_of(text)
    if not words:
        raise SafuError("which words?", hint='for example: safu forget "movie time"')
    count = assistant.journal.forget(words)
    assistant.teacher.forget(words)  # or what was said just now would become a lesson later
    if assistant.host is not None and count:
        assistant.host.forgotten()
    relearn(assistant)
    return f"forgotten; lessons erased with it: {count}"  # the words themselves would be a trace


def _learning(assistant: Assistant, text: str) -> str:
    assistant.learning = text.upper() == "ON"
    return f"learning is {'on' if assistant.learning else 'off'}"


def _mute(assistant: Assistant, text: str) -> str:
    assistant.muted = text.upper() == "ON"
    assistant.listener.mute(assistant.muted)
    return f"mute is {'on' if assistant.muted else 'off'}"


_VERBS = {"say": _say, "flip": _flip, "undo": _undo, "forget": _forget, "learning": _learning, "mute": _mute}
