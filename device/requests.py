"""What is asked of a running assistant from outside: say, flip, undo, forget, learning, mute.

Other processes put requests into the journal's table, where the loop finds them; our own switches on the broker
send theirs through the home. Every answer is a plain sentence.
"""

from __future__ import annotations

import time

from device.assistant import Assistant, conclude, relearn
from device.errors import JournalError, SafuError, UnknownDeviceError
from device.journal import SqliteJournal
from device.messages import NOTHING, Action, Device, Hypothesis, Request
from device.phrasings import words_of

ANSWER_S = 10.0
_LOOK_EVERY_S = 0.05


def ask(journal: SqliteJournal, verb: str, argument: str) -> str:
    """Ask the `safu run` that holds the journal, from another process. Raises `JournalError` if it does not answer."""
    request_id = journal.ask(verb, argument)
    deadline_s = time.monotonic() + ANSWER_S
    while time.monotonic() < deadline_s:
        answer = journal.answer_to(request_id)
        if answer is not None:
            return answer
        time.sleep(_LOOK_EVERY_S)
    raise JournalError("the running safu does not answer", hint="look at its log: journalctl -u safu")


def handle_request(assistant: Assistant, request: Request) -> str:
    """Do what is asked; return what became of it in words."""
    try:
        return _VERBS[request.verb](assistant, request.argument)
    except KeyError:
        return f"nobody here knows how to {request.verb}"
    except SafuError as error:
        return str(error)


def parse_flip(devices: list[Device], text: str) -> Action:
    """A device by id or name, then what it shall be: `kitchen light on`, `lamp_1 30`, `radio jazz`.

    Raises `UnknownDeviceError` naming the devices there are, or what this one can do.
    """
    name, _, wanted = text.strip().rpartition(" ")
    named = [d for d in devices if name == d.id or words_of(name) == words_of(d.name)]
    if len(named) != 1:
        known = ", ".join(sorted(d.id for d in devices)) or "none has been announced yet"
        raise UnknownDeviceError(f"there is no device {name!r}", hint=f"devices: {known}")
    return Action(named[0].id, *_command(named[0], wanted))


def _command(device: Device, wanted: str) -> tuple[str, float | str | None]:
    if wanted in device.options:
        return "select", wanted
    if wanted.lower() in device.commands - {"set", "select"}:
        return wanted.lower(), None
    try:
        return "set", float(wanted.removesuffix("%"))
    except ValueError:
        can = sorted(device.commands - {"select"}) + list(device.options)
        raise UnknownDeviceError(f"{device.id} cannot be {wanted!r}", hint=f"it can: {' '.join(can)}") from None


def _say(assistant: Assistant, text: str) -> str:
    """Words as if they had been heard."""
    words = tuple(words_of(text))
    now_ms = assistant.now_ms
    heard = Hypothesis(assistant.listener.next_utterance_id(), words, True, now_ms, now_ms)
    interaction = conclude(assistant, heard)
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
    lesson = assistant.journal.undo(int(text)) if text.isdigit() else None
    if lesson is None:
        return f"there is no kept lesson {text!r}; safu history --lessons lists them"
    relearn(assistant)
    return f"lesson {lesson.id} is undone: it no longer teaches {lesson.action}"


def _forget(assistant: Assistant, text: str) -> str:
    words = words_of(text)
    if not words:
        return 'which words? for example: safu forget "movie time"'
    count = assistant.journal.forget(words)
    relearn(assistant)
    return f"forgotten; lessons erased with it: {count}"  # the answer is stored, so it must not say the words


def _learning(assistant: Assistant, text: str) -> str:
    assistant.learning = text.upper() == "ON"
    return f"learning is {'on' if assistant.learning else 'off'}"


def _mute(assistant: Assistant, text: str) -> str:
    assistant.muted = text.upper() == "ON"
    assistant.listener.mute(assistant.muted)
    return f"mute is {'on' if assistant.muted else 'off'}"


_VERBS = {"say": _say, "flip": _flip, "undo": _undo, "forget": _forget, "learning": _learning, "mute": _mute}
