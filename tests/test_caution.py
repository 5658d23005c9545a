"""What may be early, what waits for the whole sentence, what never follows a voice."""

from __future__ import annotations

import pytest

from device.caution import needed_probability
from device.messages import Device
from device.settings import DecisionSettings

DECISION = DecisionSettings(early_probability=0.9, final_probability=0.5)


def needed(kind: str, name: str, decision: DecisionSettings = DECISION) -> tuple[float, float]:
    device = Device("id", name, kind, frozenset())
    early, ended = (needed_probability(device, decision, ended=ended) for ended in (False, True))
    return round(early, 3), round(ended, 3)


@pytest.mark.parametrize(
    ("kind", "name", "early", "ended"),
    [
        ("light", "kitchen light", 0.9, 0.5),
        ("fan", "ceiling fan", 0.9, 0.5),
        ("switch", "socket", 2.0, 0.667),
        ("cover", "blinds", 2.0, 0.8),
        ("switch", "water heater", 2.0, 0.8),
        ("switch", "front door lock", 2.0, 2.0),
        ("something new", "gadget", 2.0, 0.8),
    ],
)
def test_the_dearer_the_mistake_the_surer(kind: str, name: str, early: float, ended: float) -> None:
    assert needed(kind, name) == (early, ended)


def test_settings_name_devices() -> None:
    assert needed("cover", "blinds", DecisionSettings(early="other id", final_probability=0.5))[1] == 0.5
    assert needed("light", "lamp", DecisionSettings(whole="id", final_probability=0.5)) == (2.0, 0.8)
    assert needed("light", "lamp", DecisionSettings(never="id")) == (2.0, 2.0)
    assert needed("switch", "front door lock", DecisionSettings(whole="id", final_probability=0.5)) == (2.0, 0.8)


def test_whoever_asks_for_certainty_gets_it() -> None:
    assert needed("cover", "blinds", DecisionSettings(final_probability=1.0))[1] == 1.0
