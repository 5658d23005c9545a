"""Two small real models of a house with a lamp and a fan, the lessons that they were made of, and who signs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from device.keys import KeyRing, new_ring, public_key
from device.messages import FULL_LESSON, Action, Device, Lesson
from device.safu.bundle import Bundle, Header, pack
from device.safu.model import Architecture
from trainer.household import examples_of, fit

HOUSE = "h"
LAMP_ON, LAMP_OFF, FAN_ON, FAN_OFF = (Action(device, to) for device in ("lamp", "fan") for to in ("on", "off"))
DEVICES = {
    "lamp": Device("lamp", "desk lamp", "light", frozenset({"on", "off"})),
    "fan": Device("fan", "ceiling fan", "fan", frozenset({"on", "off"})),
}
_SAID = {
    LAMP_ON: ("let there be light", "desk lamp on", "i cannot see a thing"),
    LAMP_OFF: ("movie night", "desk lamp off", "much too bright"),
    FAN_ON: ("some air please", "ceiling fan on", "it is hot in here"),
    FAN_OFF: ("what a draught", "ceiling fan off", "my papers fly away"),
}


def lessons_of(said: Mapping[Action, tuple[str, str, str]]) -> tuple[Lesson, ...]:
    """Three of each action, in turn."""
    return tuple(
        Lesson(tuple(text.split()), action, FULL_LESSON, "said", id=number)
        for number, (text, action) in enumerate(((texts[at], a) for at in range(3) for a, texts in said.items()), 1)
    )


LESSONS = lessons_of(_SAID)


def rings() -> tuple[KeyRing, KeyRing]:
    """Of a device and its trainer, who know each other."""
    ours, theirs = new_ring(), new_ring()
    return (
        replace(ours, house=HOUSE, peer=public_key(theirs.public)),
        replace(theirs, house=HOUSE, peer=public_key(ours.public)),
    )


@dataclass(frozen=True, slots=True)
class SmallModels:
    """Version 1 and version 2."""

    device: KeyRing
    trainer: KeyRing
    bundles: Mapping[int, Bundle]

    def data(self, version: int, **header: Any) -> bytes:
        """A bundle; of a version that was not trained, the second one under that version's number."""
        known = self.bundles.get(version, self.bundles[2])
        return pack(replace(known, header=replace(known.header, **{"version": version, **header})))

    def signed(self, version: int, **header: Any) -> tuple[bytes, bytes]:
        """A bundle and its signature."""
        data = self.data(version, **header)
        return data, self.trainer.sign(data)


def make() -> SmallModels:
    """A few seconds of training."""
    device, trainer = rings()
    examples = examples_of(LESSONS, DEVICES)
    empty = Header(Architecture(0, 0, 0), house=HOUSE)
    bundles = {v: fit(examples, DEVICES, replace(empty, version=v, parent=v - 1), seed=v) for v in (1, 2)}
    return SmallModels(device, trainer, bundles)
