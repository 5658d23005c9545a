"""Discovery messages as Zigbee2MQTT, Tasmota and ESPHome send them, and as nobody should."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.home.catalogue import Catalogue
from device.home.topics import is_plain
from device.messages import Action

Z2M = {
    "availability": [{"topic": "zigbee2mqtt/bridge/state"}],
    "brightness": True,
    "brightness_scale": 254,
    "command_topic": "zigbee2mqtt/Desk lamp/set",
    "device": {"identifiers": ["zigbee2mqtt_0x1"], "name": "Desk lamp", "suggested_area": "Study"},
    "name": None,
    "schema": "json",
    "state_topic": "zigbee2mqtt/Desk lamp",
    "unique_id": "0x1_light_zigbee2mqtt",
}
TASMOTA = {
    "name": "Fan",
    "stat_t": "~stat/fan/POWER",
    "cmd_t": "~cmnd/fan/POWER",
    "~": "tasmota/",
    "pl_on": "ON",
    "pl_off": "OFF",
    "uniq_id": "ABC_RL_1",
    "dev": {"ids": ["ABC"], "name": "Tasmota"},
}
ESPHOME = {
    "name": "Blind",
    "stat_t": "esp/cover/blind/state",
    "cmd_t": "esp/cover/blind/command",
    "pos_t": "esp/cover/blind/position/state",
    "set_pos_t": "esp/cover/blind/position/command",
    "uniq_id": "ESPcoverblind",
    "dev": {"ids": "esp", "name": "window"},
}
DEVICE_FORM = {
    "dev": {"ids": ["box"], "name": "Box"},
    "o": {"name": "test"},
    "cmps": {
        "a": {"p": "switch", "name": "Pump", "unique_id": "box_a", "cmd_t": "box/a/set", "stat_t": "box/a"},
        "b": {"p": "number", "name": "Level", "unique_id": "box_b", "cmd_t": "box/b/set", "min": 5, "max": 30},
        "c": {"p": "select", "name": "Mode", "unique_id": "box_c", "cmd_t": "box/c/set", "options": ["eco", "max"]},
        "d": {"p": "sensor", "name": "Heat", "unique_id": "box_d", "stat_t": "box/d"},
    },
}


def catalogue(*messages: tuple[str, Any]) -> Catalogue:
    made = Catalogue("homeassistant", {})
    for kind, payload in messages:
        made.take(f"homeassistant/{kind}/config", json.dumps(payload).encode())
    return made


def test_zigbee2mqtt_light() -> None:
    (wiring,) = catalogue(("light/0x1/light", Z2M)).wirings.values()
    assert (wiring.device.name, wiring.device.area, wiring.device.kind) == ("Desk lamp", "Study", "light")
    ((topic, payload),) = wiring.encode(Action(wiring.device.id, "on"))
    assert (topic, json.loads(payload)) == ("zigbee2mqtt/Desk lamp/set", {"state": "ON"})
    reading = wiring.decode_state("zigbee2mqtt/Desk lamp", b'{"state":"ON","brightness":127}')
    assert (reading.power, reading.level) == ("on", 50.0)


def test_tasmota_switch_with_base_topic() -> None:
    (wiring,) = catalogue(("switch/ABC_RL_1", TASMOTA)).wirings.values()
    assert wiring.encode(Action(wiring.device.id, "off")) == [("tasmota/cmnd/fan/POWER", "OFF")]


def test_esphome_cover() -> None:
    (wiring,) = catalogue(("cover/esp/blind", ESPHOME)).wirings.values()
    assert {"open", "close", "stop", "set"} <= wiring.device.commands
    assert wiring.encode(Action(wiring.device.id, "set", 40.0)) == [("esp/cover/blind/position/command", "40")]


def test_device_form_brings_what_can_be_switched_and_removal_takes_it_away() -> None:
    made = catalogue(("device/box", DEVICE_FORM))
    assert sorted(d.kind for d in made.devices.values()) == ["number", "select", "switch"]
    assert made.take("homeassistant/device/box/config", b"")
    assert not made.devices


def test_what_is_hostile_is_ignored_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    bad: dict[str, bytes] = {
        "light/malformed/config": b"{",
        "light/list/config": b"[]",
        "light/wild/config": json.dumps(TASMOTA | {"~": "", "cmd_t": "#"}).encode(),
        "light/empty/config": json.dumps({"name": "x", "unique_id": "x"}).encode(),
        "light/huge/config": json.dumps(TASMOTA | {"name": "x" * 1_000_000}).encode(),
        "light/controls/config": json.dumps(TASMOTA | {"name": "a\x00\x1b[2Jb\n"}).encode(),
    }
    made = Catalogue("homeassistant", {})
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            for topic, payload in bad.items():
                made.take(f"homeassistant/{topic}", payload)
    for device in made.devices.values():
        assert device.name.isprintable()
        assert len(device.name) <= 64
    assert len(caplog.records) <= len(bad)
    assert "light/malformed" in caplog.text


def test_other_scripts_are_names_too() -> None:
    (device,) = catalogue(("switch/x", TASMOTA | {"name": "Küche ёж"})).devices.values()
    assert device.name == "Küche ёж"


def test_a_duplicate_id_keeps_the_first() -> None:
    made = catalogue(("switch/one", TASMOTA), ("switch/two", TASMOTA | {"name": "Impostor"}))
    assert [d.name for d in made.devices.values()] == ["Fan"]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
KEYS = st.sampled_from([*Z2M, *TASMOTA, *ESPHOME, "cmps", "bri_cmd_t", "options", "pct_cmd_t", "on_cmd_type"])


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["light", "switch", "fan", "cover", "number", "select", "device"]),
    st.sampled_from([Z2M, TASMOTA, ESPHOME, DEVICE_FORM]),
    st.dictionaries(KEYS, JSON, max_size=4),
)
def test_no_message_makes_a_topic_that_cannot_be_published_to(
    kind: str, base: dict[str, Any], changes: dict[str, Any]
) -> None:
    made = catalogue((f"{kind}/x", base | changes))
    for wiring in made.wirings.values():
        assert all(is_plain(topic) for topic in wiring.command_topics)
        assert wiring.device.name.isprintable()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.binary(max_size=200))
def test_no_bytes_on_any_topic_do_harm(topic: str, payload: bytes) -> None:
    Catalogue("homeassistant", {}).take(f"homeassistant/{topic}/config", payload)
