"""The whole demonstration, fast, on a real broker: taught by flips, then scored."""

from __future__ import annotations

from device.demo.person import rehearsal
from device.demo.script import load_manifest
from device.demo.show import perform
from device.settings import BrokerSettings, Settings


def test_a_blank_house_learns_from_its_switches(mosquitto: tuple[str, int]) -> None:
    """The exact figures are the benchmark's; here the story must hold."""
    settings = Settings(broker=BrokerSettings(host=mosquitto[0], port=mosquitto[1]))
    figures = perform(
        settings, rehearsal(load_manifest()), realtime=False, watch=lambda _person, _house: lambda _notice: None
    )
    assert figures["commands"] >= 20
    assert figures["right"] >= 0.7 * figures["commands"]
    assert figures["wrong"] <= 2
    assert figures["oov_recordings"] >= 15
    assert figures["oov_actions"] <= 2
    assert figures["lessons_per_action_max"] <= 3
    assert figures["flips"] >= figures["actions_taught"] >= 9
