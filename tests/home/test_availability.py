"""Where a device says that it is there, and what that says of the states it tells."""

from __future__ import annotations

import pytest

from device.home.availability import SETTLING_MS, Presence
from device.home.causes import Around, Watch
from device.home.discovery import read_announcement
from device.home.entities import wire
from device.messages import Cause

KEYS = {"name": "lamp", "command_topic": "lamp/set", "state_topic": "lamp"}


def presence(**keys: object) -> tuple[Presence, list[str]]:
    problems: list[str] = []
    return Presence(wire("light", {**KEYS, **keys}, "lamp", "lamp", problems).availability), problems


def test_a_bridge_and_a_device_of_its_own() -> None:
    config = (
        b'{"~":"z","name":"lamp","cmd_t":"~/set","stat_t":"~","avty_mode":"all","avty":'
        b'[{"t":"~/bridge/state","val_tpl":"{{ value_json.state }}"},{"t":"~/lamp","pl_not_avail":"gone"}]}'
    )
    (wiring,) = read_announcement("homeassistant/light/lamp/config", config, "homeassistant").wirings
    seen = Presence(wiring.availability)
    assert not seen.is_settling(0), "nobody said that it is away"
    seen.seen("z/bridge/state", b'{"state": "offline"}', 0)
    seen.seen("z/lamp", b"gone", 10)
    seen.seen("z/lamp", b"online", 20)
    assert seen.is_settling(30), "the bridge is still away"
    seen.seen("z/bridge/state", b'{"state": "online"}', 40)
    assert seen.is_settling(40 + SETTLING_MS)
    assert not seen.is_settling(41 + SETTLING_MS)


def test_the_device_form_shares_its_availability() -> None:
    config = b'{"~":"z","avty_t":"~/there","cmps":{"a":{"p":"switch","unique_id":"a","cmd_t":"~/set"}}}'
    (wiring,) = read_announcement("homeassistant/device/a/config", config, "homeassistant").wirings
    assert set(wiring.availability) == {"z/there"}


@pytest.mark.parametrize("payload", [b"online", b"", b"\xff", b"offline?"])
def test_what_says_nothing_new_changes_nothing(payload: bytes) -> None:
    seen, _ = presence(availability_topic="there")
    seen.seen("there", payload, 0)
    assert not seen.is_settling(0)


@pytest.mark.parametrize("entry", [{}, {"topic": "a/#"}, {"topic": "a", "value_template": 3}, "a", {"topic": 3}])
def test_a_bad_entry_costs_only_itself(entry: object) -> None:
    seen, problems = presence(availability=[entry, {"topic": "there"}], availability_mode="all")
    assert len(problems) == 1
    seen.seen("there", b"offline", 0)
    assert seen.is_settling(0)


def test_several_of_which_one_is_enough_are_not_believed() -> None:
    keys = {**KEYS, "availability": [{"topic": "a"}, {"topic": "b"}]}
    assert not wire("light", keys, "lamp", "lamp", []).availability


def test_what_a_device_tells_after_its_return_is_nobodys() -> None:
    watch = Watch(wire("light", {**KEYS, "availability_topic": "there"}, "lamp", "lamp", []), Around(), 0)
    watch.state_seen("lamp", b"OFF", retained=True, now_ms=0)
    watch.presence.seen("there", b"offline", 20_000)
    watch.presence.seen("there", b"online", 60_000)
    (back,) = watch.state_seen("lamp", b"ON", retained=False, now_ms=61_000)
    (later,) = watch.state_seen("lamp", b"OFF", retained=False, now_ms=61_001 + SETTLING_MS)
    assert (back.cause, later.cause) == (Cause.UNKNOWN, Cause.HAND)
