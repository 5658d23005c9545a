"""The demonstration without a recogniser, on a real broker: six words of no language, taught by flips."""

from __future__ import annotations

from device.demo.person import rehearsal
from device.demo.script import sound_manifest
from device.demo.show import perform
from device.settings import BrokerSettings, Settings, TranscriberSettings


def test_a_house_learns_words_of_no_language(mosquitto: tuple[str, int]) -> None:
    settings = Settings(
        broker=BrokerSettings(host=mosquitto[0], port=mosquitto[1]), transcriber=TranscriberSettings(engine="acoustic")
    )
    recordings = [
        recording
        for number, recording in enumerate(rehearsal(sound_manifest()))
        if recording.kind != "oov" or number % 3 == 0
    ]
    figures = perform(settings, recordings, realtime=False, watch=lambda _person, _house: lambda _notice: None)
    assert figures["commands"] == 18
    assert figures["right"] >= 16
    assert figures["wrong"] <= 1
    assert figures["oov_actions"] <= 1
    assert figures["actions_taught"] == 6
    assert figures["flips"] <= 12
