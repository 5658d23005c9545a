"""The short forms that discovery messages may use for the keys we read.

They are facts of Home Assistant's MQTT discovery. Left out: those of keys that switch nothing, such as colours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LONG = {
    "atype": "automation_type",
    "avty": "availability",
    "avty_mode": "availability_mode",
    "avty_t": "availability_topic",
    "avty_tpl": "availability_template",
    "bri_cmd_t": "brightness_command_topic",
    "bri_cmd_tpl": "brightness_command_template",
    "bri_scl": "brightness_scale",
    "bri_stat_t": "brightness_state_topic",
    "bri_val_tpl": "brightness_value_template",
    "cmd_t": "command_topic",
    "cmd_tpl": "command_template",
    "cmps": "components",
    "dev": "device",
    "dev_cla": "device_class",
    "en": "enabled_by_default",
    "ent_cat": "entity_category",
    "o": "origin",
    "on_cmd_type": "on_command_type",
    "ops": "options",
    "p": "platform",
    "pct_cmd_t": "percentage_command_topic",
    "pct_cmd_tpl": "percentage_command_template",
    "pct_stat_t": "percentage_state_topic",
    "pct_val_tpl": "percentage_value_template",
    "pl_avail": "payload_available",
    "pl_cls": "payload_close",
    "pl_not_avail": "payload_not_available",
    "pl_off": "payload_off",
    "pl_on": "payload_on",
    "pl_open": "payload_open",
    "pl_stop": "payload_stop",
    "pos_clsd": "position_closed",
    "pos_open": "position_open",
    "pos_t": "position_topic",
    "pos_tpl": "position_template",
    "set_pos_t": "set_position_topic",
    "set_pos_tpl": "set_position_template",
    "spd_rng_max": "speed_range_max",
    "spd_rng_min": "speed_range_min",
    "stat_closing": "state_closing",
    "stat_clsd": "state_closed",
    "stat_off": "state_off",
    "stat_on": "state_on",
    "stat_open": "state_open",
    "stat_opening": "state_opening",
    "stat_stopped": "state_stopped",
    "stat_t": "state_topic",
    "stat_val_tpl": "state_value_template",
    "t": "topic",
    "uniq_id": "unique_id",
    "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
}
DEVICE_LONG = {"ids": "identifiers", "mdl": "model", "sa": "suggested_area"}


def expand(message: Mapping[str, Any]) -> dict[str, Any]:
    """The message with its keys in full, and `~` in topics replaced by the base topic.

    >>> expand({"~": "home/lamp", "cmd_t": "~/set", "dev": {"sa": "Hall"}})
    {'command_topic': 'home/lamp/set', 'device': {'suggested_area': 'Hall'}}
    """
    base = message.get("~")
    expanded: dict[str, Any] = {}
    for key, value in message.items():
        key = LONG.get(key, key)
        if key.endswith("topic") and isinstance(base, str) and isinstance(value, str):
            value = _with_base(value, base)
        if key == "device" and isinstance(value, dict):
            value = {DEVICE_LONG.get(k, k): v for k, v in value.items()}
        if key == "availability" and isinstance(value, list):
            value = [expand({**each, "~": base}) if isinstance(each, dict) else each for each in value]
        if key != "~":
            expanded[key] = value
    return expanded


def _with_base(topic: str, base: str) -> str:
    if topic.startswith("~"):
        return base + topic[1:]
    return topic[:-1] + base if topic.endswith("~") else topic
