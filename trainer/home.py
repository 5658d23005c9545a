"""The trainer's end of the letters with one device: ask for lessons, offer models, note what became of them.

Lessons are compared, not counted: what the device keeps and we lack is asked for, what we have and it no longer keeps
is erased here. So nothing is lost or remembered too long, whatever letter got lost. Left out: the broker, and when to
train (`watch.py`); the device's end (`device/host.py`).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any

from device.errors import PairingError, SettingsError
from device.keys import KeyRing
from device.letters import GREETING, LONGEST_SENTENCE, Correspondence, Letter
from device.messages import Action, Device, Lesson
from device.ranges import ids_of, ranges_of
from device.settings import Settings, decisive, overridden
from trainer.rounds import champion_of
from trainer.store import ERASED, ModelRecord, Store, Taught

log = logging.getLogger(__name__)

_ASK_AGAIN_S = 10.0
_AT_ONCE = 200
"""Lessons asked for in one letter."""
_OFFER_AGAIN_S = 600.0
_LONGEST = 500
"""Characters of a name."""
_MOST_VERSIONS = 2**31
"""No device has seen as many models: who says so means harm."""


class DeviceAtHome:
    """One paired device. `post` sends it a sealed letter. Not thread-safe; raises `StoreError`."""

    def __init__(self, node: str, ring: KeyRing, store: Store, post: Callable[[bytes], None]) -> None:
        self.node = node
        self.ring = ring
        self._store = store
        self._post = post
        self._letters = Correspondence(ring)
        self._kept: set[int] | None = None
        """The ids of the lessons that the device keeps; None until it has said so."""
        self._asked_s = -_ASK_AGAIN_S
        self._offered = (0, -_OFFER_AGAIN_S)
        self.changed_s: float | None = None
        """When the lessons here last changed."""
        self.newest = 0
        """The newest version that the device has seen, whoever made it; ours must be newer."""

    def greet(self) -> None:
        """Say that we are here: the device answers with all it keeps."""
        self._post(self._letters.write(Letter(GREETING)))

    @property
    def is_complete(self) -> bool:
        """Whether the lessons here are those that the device keeps."""
        return self._kept is not None and self._kept == set(self._store.lesson_ids(self.node))

    def take(self, payload: bytes, now_s: float) -> None:
        """A letter came. What the device did not write is dropped."""
        try:
            letter = self._letters.read(payload)
            answer = _ANSWERS.get(letter.kind)
            if answer is not None:
                answer(self, letter, now_s)
        except PairingError as error:
            log.debug("%s: a letter was dropped: %s", self.node, error)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, SettingsError) as error:
            log.warning("%s: a letter makes no sense: %s", self.node, error)

    def tick(self, now_s: float) -> None:
        """Ask again for what has not come, offer what has not been taken."""
        if self._letters.is_open:
            if now_s - self._asked_s >= _ASK_AGAIN_S:
                self._ask(now_s)
            self._offer(now_s)

    def _ask(self, now_s: float) -> None:
        missing = sorted((self._kept or set()) - set(self._store.lesson_ids(self.node)))
        if missing:
            self._write("wanted", ids=ranges_of(missing[:_AT_ONCE]))
            self._asked_s = now_s

    def _offer(self, now_s: float) -> None:
        champion = champion_of(self._store, self.node)
        if champion is None or champion.outcome:
            return
        version, offered_s = self._offered
        if champion.version > version or now_s - offered_s >= _OFFER_AGAIN_S:
            self._write("offer", version=champion.version, summary="; ".join(champion.reasons))
            self._offered = (champion.version, now_s)

    def _write(self, kind: str, body: bytes = b"", **facts: Any) -> None:
        self._post(self._letters.write(Letter(kind, facts, body)))

    # -- what the device writes ------------------------------------------------------------------------------------

    def _answer_greeting(self, _letter: Letter, _: float) -> None:
        """Also an answer: from that the device knows that we are there now, and were not played back."""
        self._offered = (0, -_OFFER_AGAIN_S)
        self._write(GREETING, answer=True)

    def _answer_kept(self, letter: Letter, now_s: float) -> None:
        self._kept = set(ids_of(str(letter.facts["ids"])))
        gone = set(self._store.lesson_ids(self.node)) - self._kept
        if gone:
            self._store.erase_models(self.node, gone - set(ids_of(str(letter.facts["undone"]))))
            self._store.drop_lessons(self.node, gone)
            self.changed_s = now_s
        self._ask(now_s)

    def _answer_lessons(self, letter: Letter, now_s: float) -> None:
        taught = [taught_of(row) for row in letter.facts["lessons"]]
        wanted = [each for each in taught if self._kept is not None and each.lesson.id in self._kept]
        self._store.put_lessons(self.node, wanted)
        self.changed_s = now_s
        self._ask(now_s)

    def _answer_devices(self, letter: Letter, now_s: float) -> None:
        self._store.put_devices(self.node, [device_of(told) for told in letter.facts["devices"]])
        self._store.put_settings(self.node, decisive_of(letter.facts.get("settings", {})))
        self.changed_s = now_s

    def _answer_fetch(self, letter: Letter, _: float) -> None:
        champion = champion_of(self._store, self.node)
        if champion is not None and champion.version == int(letter.facts["version"]):
            self._write("bundle", self._store.bundle(self.node, champion.version), signature=champion.signature.hex())

    def _answer_model(self, letter: Letter, _: float) -> None:
        """What the device made of the newest model that it has seen, or of the one that it refused."""
        acting, newest = int(letter.facts["acting"]), int(letter.facts["newest"])
        outcome = str(letter.facts["outcome"])
        if not 0 <= acting <= newest < _MOST_VERSIONS:
            raise ValueError("a device that acts by a model it has not seen, or has seen too many")
        self.newest = newest
        records = {record.version: record for record in self._store.models(self.node) if record.accepted}
        if outcome.startswith("refused") and self._offered[0] > newest and self._offered[0] in records:
            log.warning("%s has %s", self.node, outcome[:_LONGEST])  # it is offered again later: its disk may be full
        elif newest in records:
            on_trial = letter.facts["before"] is not None
            became = "returned" if acting != newest else "installed" if on_trial else "kept"
            for version, record in records.items():  # of several on trial all go back together
                if min(acting, newest - 1) < version <= newest:
                    self._note(record, became)

    def _note(self, record: ModelRecord, became: str) -> None:
        if record.outcome not in (became, ERASED):
            self._store.set_outcome(self.node, record.version, became)
            log.info("%s: model %d is %s", self.node, record.version, became)


def taught_of(row: Any) -> Taught:
    """A lesson as a letter has it. Raises `ValueError` or `TypeError` for anything else."""
    number, at, words, (device, command, value), weight, kind = row
    if value is not None and not isinstance(value, str):
        value = float(value)
    texts = (words[:_LONGEST], device, command, kind, "" if value is None or isinstance(value, float) else value)
    if any(not isinstance(text, str) or len(text) > _LONGEST for text in texts) or len(words) > LONGEST_SENTENCE:
        raise ValueError("a lesson of something else than short texts")
    if not math.isfinite(float(at)) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError("a lesson with a number that is none")
    if type(number) is not int or type(weight) is not int or not 0 <= weight <= _LONGEST:
        raise ValueError("a lesson without a number or weight")
    return Taught(Lesson(tuple(words.split()), Action(device, command, value), weight, kind, 0, number), float(at))


def decisive_of(told: Mapping[str, Any]) -> dict[str, object]:
    """Of a letter's settings those that are known here. Raises `SettingsError` for a value that none can have."""
    known = {name: told[name] for name in decisive(Settings()) if name in told}
    overridden(Settings(), known, "the letter")
    return known


def device_of(told: Mapping[str, Any]) -> Device:
    """A device as a letter has it. Raises `ValueError` or `TypeError` for anything else."""
    device = Device(**{**told, "commands": frozenset(told["commands"]), "options": tuple(told["options"])})
    texts = (device.id, device.name, device.kind, device.area, device.unit, *device.commands, *device.options)
    if any(not isinstance(text, str) or len(text) > _LONGEST for text in texts):
        raise ValueError("a device of something else than short texts")
    if not all(type(limit) in (int, float) and math.isfinite(limit) for limit in (device.minimum, device.maximum)):
        raise ValueError("a device with a limit that is no number")
    return device


_ANSWERS: Mapping[str, Callable[[DeviceAtHome, Letter, float], None]] = {
    GREETING: DeviceAtHome._answer_greeting,
    "kept": DeviceAtHome._answer_kept,
    "lessons": DeviceAtHome._answer_lessons,
    "devices": DeviceAtHome._answer_devices,
    "fetch": DeviceAtHome._answer_fetch,
    "model": DeviceAtHome._answer_model,
}
