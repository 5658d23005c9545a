"""Small real models for the chips of the virtual house: two of its devices, and talk that means nothing."""

from __future__ import annotations

from dataclasses import replace

from device.messages import NOTHING, Action, Device
from device.safu.bundle import Header
from device.safu.model import Architecture
from tests.small_models import HOUSE, SmallModels, lessons_of, rings
from trainer.household import examples_of, fit

LIGHT_ON, LIGHT_OFF, FAN_ON, FAN_OFF = (
    Action(device, to) for device in ("kitchen_light", "ceiling_fan") for to in ("on", "off")
)
DEVICES = {
    "kitchen_light": Device("kitchen_light", "kitchen light", "light", frozenset({"on", "off"})),
    "ceiling_fan": Device("ceiling_fan", "ceiling fan", "fan", frozenset({"on", "off"})),
}
_SAID = {
    LIGHT_ON: ("let there be light", "kitchen light on", "i cannot see a thing"),
    LIGHT_OFF: ("movie night", "kitchen light off", "much too bright"),
    FAN_ON: ("some air please", "ceiling fan on", "it is hot in here"),
    FAN_OFF: ("what a draught", "ceiling fan off", "my papers fly away"),
    NOTHING: ("how was your day", "dinner is ready", "did you see the match"),
}
LESSONS = lessons_of(_SAID)


def make() -> SmallModels:
    """A few seconds of training."""
    device, trainer = rings()
    examples = examples_of(LESSONS, DEVICES)
    empty = Header(Architecture(0, 0, 0), house=HOUSE)
    bundles = {v: fit(examples, DEVICES, replace(empty, version=v, parent=v - 1), seed=v) for v in (1, 2)}
    return SmallModels(device, trainer, bundles)
