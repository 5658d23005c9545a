"""What a wrong action costs, and so how sure one must be: a light may be early, a lock waits for a hand.

Acting is worth it when `p * 1 > (1 - p) * cost`, so the odds of being right must exceed the cost. The settings say what
that is for a light (`final_probability`, `early_probability`); a device whose mistakes are dearer asks for that many
times the odds, and acts only when the sentence is whole. A lock never follows a voice alone. Left out: how sure one is
(`anticipator.py`).
"""

from __future__ import annotations

from device.messages import Device
from device.phrasings import words_of
from device.settings import DecisionSettings

_COSTS = {"light": 1.0, "fan": 1.0, "select": 1.0, "switch": 2.0, "number": 2.0, "cover": 4.0}
"""Of a wrong action, in those of a light. Behind a switch or a number there may be anything."""
_HOT_OR_HEAVY = frozenset(
    {
        "boiler", "door", "furnace", "garage", "gate", "heater", "heating", "iron", "kettle", "oven", "pump", "stove",
        "valve",
    }
)  # fmt: skip
_DEAR = 4.0
_LOCKED = frozenset({"alarm", "lock", "siren"})


def needed_probability(device: Device, decision: DecisionSettings, *, ended: bool) -> float:
    """How probable an action of this device must be to be done now; above 1: it is not done.

    >>> light, door = (Device("x", name, kind, frozenset()) for name, kind in (("lamp", "light"), ("gate", "cover")))
    >>> settings = DecisionSettings(early_probability=0.95, final_probability=0.5)
    >>> [round(needed_probability(light, settings, ended=ended), 2) for ended in (False, True)]
    [0.95, 0.5]
    >>> [round(needed_probability(door, settings, ended=ended), 2) for ended in (False, True)]
    [2.0, 0.8]
    """
    cost = _cost(device, decision)
    if cost is None or not (ended or cost == _COSTS["light"]):
        return 2.0
    probability = decision.final_probability if ended else decision.early_probability
    return cost * probability / (cost * probability + 1 - probability) if probability < 1 else probability


def _cost(device: Device, decision: DecisionSettings) -> float | None:
    """None: never by voice alone."""
    if device.id in decision.early.split():
        return _COSTS["light"]
    if device.id in decision.whole.split():
        return _DEAR
    words = set(words_of(device.name))
    if device.id in decision.never.split() or words & _LOCKED:
        return None
    return _DEAR if words & _HOT_OR_HEAVY else _COSTS.get(device.kind, _DEAR)
