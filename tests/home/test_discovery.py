"""Discovery messages as Zigbee2MQTT, Tasmota and ESPHome send them, and as nobody should."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.errors import UnknownDeviceError
from device.home.abbreviations import LONG
from device.home.catalogue import MAX_DEVICES, MAX_WARNINGS, Catalogue
from device.home.discovery import REMOTES, read_announcement
from device.home.entities import KINDS
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
DEVICE_FORM: dict[str, Any] = {
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


FAN = {
    "name": "Ceiling fan",
    "uniq_id": "fan_1",
    "cmd_t": "fan/set",
    "stat_t": "fan/state",
    "pct_cmd_t": "fan/speed/set",
    "pct_stat_t": "fan/speed",
    "spd_rng_min": 1,
    "spd_rng_max": 4,
}
TASMOTA_LIGHT = TASMOTA | {
    "uniq_id": "ABC_LI_1",
    "stat_t": "tele/lamp/STATE",
    "val_tpl": "{{value_json.POWER}}",
    "bri_cmd_t": "cmnd/lamp/Dimmer",
    "bri_stat_t": "tele/lamp/STATE",
    "bri_scl": 100,
    "on_cmd_type": "brightness",
    "bri_val_tpl": "{{value_json.Dimmer}}",
}
Z2M_BLIND = {
    "name": None,
    "unique_id": "0x2_cover",
    "device": {"name": "Blind", "identifiers": ["0x2"]},
    "command_topic": "zigbee2mqtt/Blind/set",
    "position_topic": "zigbee2mqtt/Blind",
    "set_position_topic": "zigbee2mqtt/Blind/set",
    "set_position_template": '{ "position": {{ position }} }',
    "value_template": "{{ value_json.position }}",
    "position_template": "{{ value_json.position }}",
}
REMOTE = {
    "automation_type": "trigger",
    "type": "button_short_press",
    "subtype": "button_1",
    "payload": "on",
    "topic": "zigbee2mqtt/Remote/action",
    "device": {"identifiers": ["0x3"]},
}


def test_fan_with_four_speeds() -> None:
    (wiring,) = catalogue(("fan/fan_1", FAN)).wirings.values()
    assert wiring.device.commands == {"on", "off", "set"}
    assert wiring.encode(Action("fan_1", "set", 50.0)) == [("fan/speed/set", "2")]
    assert wiring.decode_state("fan/speed", b"3").level == 75.0


def test_tasmota_light_tells_both_on_one_topic() -> None:
    (wiring,) = catalogue(("light/ABC_LI_1", TASMOTA_LIGHT)).wirings.values()
    reading = wiring.decode_state("tele/lamp/STATE", b'{"POWER":"ON","Dimmer":40,"Wifi":{"RSSI":70}}')
    assert (reading.power, reading.level) == ("on", 40.0)
    assert wiring.encode(Action("ABC_LI_1", "set", 30.0)) == [("cmnd/lamp/Dimmer", "30")]


def test_zigbee2mqtt_cover_goes_to_a_position() -> None:
    (wiring,) = catalogue(("cover/0x2/cover", Z2M_BLIND)).wirings.values()
    ((topic, payload),) = wiring.encode(Action("0x2_cover", "set", 40.0))
    assert (topic, json.loads(payload)) == ("zigbee2mqtt/Blind/set", {"position": 40})
    assert wiring.decode_state("zigbee2mqtt/Blind", b'{"position": 70}').level == 70.0


def test_number_and_select_do_what_they_can_and_no_more() -> None:
    wirings = catalogue(("device/box", DEVICE_FORM)).wirings
    assert wirings["box_b"].encode(Action("box_b", "set", 21.5)) == [("box/b/set", "21.5")]
    assert wirings["box_c"].encode(Action("box_c", "select", "eco")) == [("box/c/set", "eco")]
    with pytest.raises(UnknownDeviceError, match="5 to 30"):
        wirings["box_b"].encode(Action("box_b", "set", 31.0))
    with pytest.raises(UnknownDeviceError, match="eco, max"):
        wirings["box_c"].encode(Action("box_c", "select", "rubbish"))


def test_device_form_shares_the_base_topic_and_the_room() -> None:
    lamp = {"platform": "light", "name": "Lamp", "uniq_id": "l", "cmd_t": "~/set", "stat_t": "~"}
    message = {"~": "box/lamp", "dev": {"ids": "box", "sa": "Hall"}, "cmps": {"l": lamp, "gone": {"p": "light"}}}
    (wiring,) = catalogue(("device/box", message)).wirings.values()
    assert (wiring.device.area, wiring.command_topics) == ("Hall", frozenset({"box/lamp/set"}))
    assert set(wiring.readers) == {"box/lamp"}


def test_a_remote_is_no_device_but_a_hand() -> None:
    made = catalogue(("device_automation/0x3/action_on", REMOTE))
    assert (made.presses, dict(made.devices)) == ({"zigbee2mqtt/Remote/action"}, {})


def test_our_own_switches_and_settings_of_devices_are_not_for_us() -> None:
    own = TASMOTA | {"~": "", "cmd_t": "safu/bedroom/mute/set", "stat_t": "safu/bedroom/mute/state"}
    assert not catalogue(("switch/safu", own), ("switch/led", TASMOTA | {"ent_cat": "config"})).devices


def test_a_message_with_a_new_content_takes_the_place_of_the_old() -> None:
    made = catalogue(("switch/a", TASMOTA), ("switch/a", TASMOTA | {"name": "Big fan"}))
    assert [d.name for d in made.devices.values()] == ["Big fan"]
    assert not made.take("homeassistant/switch/a/config", json.dumps(TASMOTA | {"name": "Big fan"}).encode())


HOSTILE: dict[str, bytes] = {
    "malformed": b"{",
    "no text": b"\xff\xfe\xfd",
    "a list": b"[]",
    "not JSON": b'{"name": NaN}',
    "deep": b"[" * 100_000,
    "deep inside": b'{"name": ' + b"[" * 500 + b"]" * 500 + b', "command_topic": "a"}',
    "wildcard #": json.dumps(TASMOTA | {"~": "", "cmd_t": "#"}).encode(),
    "wildcard +": json.dumps(TASMOTA | {"cmd_t": "a/+/b"}).encode(),
    "wildcard in the base": json.dumps(TASMOTA | {"~": "a/#/"}).encode(),
    "wildcard in a state": json.dumps(TASMOTA | {"stat_t": "a/#"}).encode(),
    "discovery itself": json.dumps(TASMOTA | {"cmd_t": "homeassistant/light/x/config"}).encode(),
    "no command": json.dumps({"name": "x", "unique_id": "x"}).encode(),
    "huge name": json.dumps(TASMOTA | {"name": "x" * 1_000_000}).encode(),
    "controls": json.dumps(TASMOTA | {"name": "a\x00\x1b[2Jb"}).encode(),
    "empty name": json.dumps(TASMOTA | {"name": " \u200b"}).encode(),
    "half a character": json.dumps(TASMOTA | {"pl_on": "\ud800"}).encode(),
    "a template of digits": json.dumps(TASMOTA | {"val_tpl": "{{ value_json[" + "1" * 5_000 + "] }}"}).encode(),
    "a template of blanks": json.dumps(TASMOTA | {"val_tpl": "{{ value |int(" + " " * 200_000}).encode(),
    "half a character in a template": json.dumps(TASMOTA | {"val_tpl": "{{ value_json['\ud800'] }}"}).encode(),
    "same on as off": json.dumps(TASMOTA | {"pl_on": "x", "pl_off": "x"}).encode(),
    "number as topic": json.dumps(TASMOTA | {"cmd_t": 3}).encode(),
    "huge id": json.dumps(TASMOTA | {"uniq_id": "x" * 1_000}).encode(),
}


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
def test_what_is_hostile_is_ignored_with_one_warning(payload: bytes, caplog: pytest.LogCaptureFixture) -> None:
    made = Catalogue("homeassistant", {})
    began_s = time.monotonic()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            made.take("homeassistant/switch/bad/config", payload)
    assert time.monotonic() - began_s < 2, "a stranger must not keep us busy"
    (record,) = caplog.records
    assert "switch/bad" in record.getMessage()
    assert record.getMessage().isprintable()
    assert len(record.getMessage()) < 800
    assert all(not wiring.readers for wiring in made.wirings.values()), "at most its state stays unknown"


def test_what_is_hostile_about_one_component_spares_the_others(caplog: pytest.LogCaptureFixture) -> None:
    parts: dict[str, Any] = {**DEVICE_FORM["cmps"], "bad": {"p": "light", "cmd_t": "#"}, "worse": 3}
    made = catalogue(("device/box", DEVICE_FORM | {"cmps": parts}))
    assert sorted(made.devices) == ["box_a", "box_b", "box_c"]
    assert len(caplog.records) == 1


def test_a_flood_of_devices_and_of_bad_messages_has_an_end(caplog: pytest.LogCaptureFixture) -> None:
    lamps = {f"l{n}": {"p": "light", "name": "x", "unique_id": f"l{n}", "cmd_t": f"a/{n}"} for n in range(200)}
    made = Catalogue("homeassistant", {})
    for box in range(4):
        parts = {f"{k}_{box}": v | {"unique_id": f"{k}_{box}"} for k, v in lamps.items()}
        made.take(f"homeassistant/device/{box}/config", json.dumps({"cmps": parts}).encode())
    assert len(made.devices) == MAX_DEVICES
    for number in range(MAX_WARNINGS + 100):
        made.take(f"homeassistant/switch/{number}/config", b"{")
    assert len(caplog.records) == MAX_WARNINGS + 1


def test_other_scripts_are_names_too() -> None:
    (device,) = catalogue(("switch/x", TASMOTA | {"name": "Küche ёж"})).devices.values()
    assert device.name == "Küche ёж"


def test_a_duplicate_id_keeps_the_first() -> None:
    made = catalogue(("switch/one", TASMOTA), ("switch/two", TASMOTA | {"name": "Impostor"}))
    assert [d.name for d in made.devices.values()] == ["Fan"]


@pytest.mark.parametrize("payload", [b"1e308", b"-1e308", b"nan", b"inf", b"", b"\xff", b"9" * 5_000, b'{"a":1}'])
def test_a_number_that_is_none_is_no_level(payload: bytes) -> None:
    for wiring in catalogue(("fan/fan_1", FAN), ("cover/b", ESPHOME), ("device/box", DEVICE_FORM)).wirings.values():
        for topic in wiring.readers:
            level = wiring.decode_state(topic, payload).level
            assert level is None or 0 <= level <= 100


BASES: list[dict[str, Any]] = [Z2M, TASMOTA, ESPHOME, DEVICE_FORM, FAN, TASMOTA_LIGHT, Z2M_BLIND, REMOTE]
TOPIC_KINDS = st.sampled_from([*KINDS, *REMOTES, "device", "sensor"])


def refuse_the_unsendable(made: Catalogue) -> None:
    """What has been believed can be published, whatever it was made of."""
    for wiring in made.wirings.values():
        device = wiring.device
        assert all(is_plain(topic) for topic in (*wiring.command_topics, *wiring.readers))
        assert device.name.isprintable()
        assert 0 < len(device.name) <= 64
        values = {"set": device.maximum, "select": device.options[0] if device.options else None}
        for command in device.commands:
            for topic, payload in wiring.encode(Action(device.id, command, values.get(command))):
                assert is_plain(topic)
                assert payload.encode()
        for topic in wiring.readers:
            wiring.decode_state(topic, b"1e308")
            wiring.decode_state(topic, b'{"state": "ON", "brightness": 1e400}')


TEXT = st.text(st.characters(), max_size=20)
WILD = st.sampled_from(["#", "+", "a/#", "a/+/b", "~", "~/#", "\ud800", "$SYS/a", "{{ value }}", "a" * 300])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | WILD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)
KEYS = st.sampled_from(sorted({key for base in BASES for key in base} | {*LONG, "~", "schema", "name", "min", "max"}))


@settings(max_examples=200, deadline=None)
@given(TOPIC_KINDS, st.sampled_from(BASES), st.dictionaries(KEYS, JSON, max_size=4))
def test_no_message_makes_a_topic_that_cannot_be_published_to(
    kind: str, base: dict[str, Any], changes: dict[str, Any]
) -> None:
    refuse_the_unsendable(catalogue((f"{kind}/x", base | changes)))


@settings(max_examples=100, deadline=None)
@given(TOPIC_KINDS, JSON | st.dictionaries(KEYS, JSON, max_size=8))
def test_no_json_does_harm(kind: str, message: Any) -> None:
    refuse_the_unsendable(catalogue((f"{kind}/x", message)))


@settings(max_examples=100, deadline=None)
@given(TOPIC_KINDS | st.text(max_size=40), st.binary(max_size=200))
def test_no_bytes_on_any_topic_do_harm(kind: str, payload: bytes) -> None:
    made = Catalogue("homeassistant", {})
    made.take(f"homeassistant/{kind}/x/config", payload)
    refuse_the_unsendable(made)


def test_a_group_is_known_as_one() -> None:
    config = b'{"name":"all","unique_id":"all","cmd_t":"all/set","dev":{"ids":["all"],"mdl":"Group"}}'
    (group,) = read_announcement("homeassistant/light/all/config", config, "homeassistant").wirings
    bulb = config.replace(b"Group", b"Bulb")
    (lamp,) = read_announcement("homeassistant/light/a/config", bulb, "homeassistant").wirings
    assert group.is_group
    assert not lamp.is_group
