"""How `say`, `flip`, `undo` and `forget` reach the assistant: the running one, or one made for this request alone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing

from device.assembly import assembled
from device.assistant import Assistant
from device.errors import JournalError, SafuError
from device.journal import SqliteJournal
from device.journal_folder import FILE, journal_lock
from device.loop import learn_from_the_house
from device.messages import FRAME_MS, Frame, Request
from device.requests import REFUSED, ask, handle_request
from device.settings import Settings

_DEVICES_S = 5.0
"""How long to wait for the broker to tell which devices there are."""
_FLIP_S = 2.0
_FRAME_S = FRAME_MS / 1000


class _NoMicrophone:
    """A `Microphone` that hears nothing: the words are typed."""

    def frames(self) -> Iterator[Frame]:
        return iter(())

    def close(self) -> None:
        return


def make_request(settings: Settings, verb: str, argument: str) -> str:
    """Have one request answered. Raises `SafuError`, also for an answer that says why not."""
    answer = _answer(settings, verb, argument)
    if answer.startswith(REFUSED):
        raise SafuError(answer.removeprefix(REFUSED))
    return answer


def _answer(settings: Settings, verb: str, argument: str) -> str:
    file = settings.storage.path / FILE
    if file.exists() and not os.access(file, os.W_OK):
        raise JournalError(f"{file} belongs to somebody else", hint="become the user that safu runs as, or use sudo")
    with journal_lock(settings.storage.path) as is_free:
        if is_free:
            return _directly(settings, Request(verb, argument))
    with closing(SqliteJournal(file)) as journal:
        return ask(journal, verb, argument)


def _directly(settings: Settings, request: Request) -> str:
    with assembled(settings, _NoMicrophone()) as assistant:
        needs_devices = request.verb in ("say", "flip")
        deadline_s = time.monotonic() + (_DEVICES_S if needs_devices else 0.0)
        while needs_devices and not assistant.devices and time.monotonic() < deadline_s:
            _turn(assistant)
        for _ in range(int(0.5 / _FRAME_S) if needs_devices else 1):
            _turn(assistant)  # states follow the devices
        answer = handle_request(assistant, request)
        for _ in range(int(_FLIP_S / _FRAME_S) if needs_devices else 0):
            _turn(assistant)  # let the command leave, and the device answer
        return answer


def _turn(assistant: Assistant) -> None:
    assistant.now_ms += FRAME_MS
    learn_from_the_house(assistant)
    time.sleep(_FRAME_S)
