"""The devices of the household: how each announces itself, tells its state and takes commands.

Four dialects, as in real houses: plain topics (Tasmota), one JSON topic (Zigbee2MQTT), covers and numbers.
Left out: when a device says something (`house.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from device.messages import Action


@dataclass(frozen=True, slots=True)
class Stand:
    """How a device stands."""

    power: str
    """`on`, `off`, `open`, `close`, `opening`, `closing`."""
    level: int | None = None
    """Percent, or degrees."""

    def fits(self, action: Action) -> bool:
        """Whether this is what somebody wants who asks for `action`."""
        if action.command == "set":
            return self.power != "off" and self.level is not None and abs(self.level - float(action.value or 0)) <= 1
        return _ENDS.get(self.power, self.power) == action.command


@dataclass(frozen=True, slots=True)
class Thing:
    """One device."""

    id: str
    name: str
    kind: str
    area: str
    calls: tuple[str, ...]
    """What people call it."""
    dialect: str = "plain"
    """`plain`, `json`, `cover` or `number`."""
    dims: bool = False

    @property
    def base(self) -> str:
        return {"json": "zigbee2mqtt/", "plain": "tele/"}.get(self.dialect, "house/") + self.id

    @property
    def first(self) -> Stand:
        """How it stands in the beginning."""
        if self.dialect == "number":
            return Stand("on", 19)
        return Stand("close", 0) if self.dialect == "cover" else Stand("off", 80 if self.dims else None)

    def discovery(self) -> tuple[str, str]:
        """Topic and payload of Home Assistant's discovery."""
        config: dict[str, Any] = {
            "name": self.name,
            "unique_id": self.id,
            "~": self.base,
            "avty_t": "~/availability",
            "dev": {"ids": [self.id], "name": self.name, "sa": self.area},
            **_CONFIGS[self.dialect],
        }
        if self.dims:
            config |= _DIMS[self.dialect]
        return f"homeassistant/{self.kind}/{self.id}/config", json.dumps(config)

    def messages(self, stand: Stand) -> list[tuple[str, str]]:
        """What it publishes when it stands so."""
        if self.dialect == "json":
            told: dict[str, Any] = {"state": stand.power.upper(), "linkquality": 87}
            return [(self.base, json.dumps(told | ({"brightness": _raw(stand)} if self.dims else {})))]
        if self.dialect == "number":
            return [(f"{self.base}/state", str(stand.level))]
        if self.dialect == "cover":
            state = {"close": "closed"}.get(stand.power, stand.power)
            return [(f"{self.base}/position", str(stand.level)), (f"{self.base}/state", state)]
        told_level = [(f"{self.base}/brightness", str(_raw(stand)))] if self.dims else []
        return [(f"{self.base}/power", stand.power.upper()), *told_level]

    @property
    def command_topics(self) -> list[str]:
        leaves = {"plain": ["power/set", "brightness/set"], "cover": ["set", "position/set"]}
        return [f"{self.base}/{leaf}" for leaf in leaves.get(self.dialect, ["set"])]

    def command(self, action: Action) -> tuple[str, str]:
        """What an automation publishes for an action."""
        if self.dialect == "json":
            return self.command_topics[0], json.dumps({"state": action.command.upper()})
        if self.dialect == "number":
            return self.command_topics[0], f"{action.value:g}"
        return self.command_topics[0], action.command.upper()

    def understand(self, payload: bytes) -> Action | None:
        """The action that a message on a command topic asks for."""
        text = payload.decode()
        if self.dialect == "json":
            asked = json.loads(text)
            raw = asked.get("brightness")
            return self._set(raw, 255) if raw is not None else Action(self.id, asked["state"].lower())
        if text.replace(".", "").isdigit():
            return self._set(float(text), 255 if self.dialect == "plain" else 100)
        return Action(self.id, text.lower())

    def _set(self, raw: float, full: int) -> Action:
        return Action(self.id, "set", float(round(100 * raw / full)))

    def after(self, stand: Stand, action: Action) -> Stand:
        """How it stands once it has done so."""
        if action.command == "set":
            level = round(float(action.value or 0))
            power = {"cover": "open" if level else "close"}.get(self.dialect, "on")
            return Stand(power, level)
        if self.dialect == "cover":
            level = {"open": 100, "close": 0}.get(action.command, stand.level or 0)
            return Stand("open" if level else "close", level)
        return replace(stand, power=action.command)

    def opposite(self, stand: Stand) -> Action:
        """What a hand does that switches it over."""
        if self.dialect == "number":
            return Action(self.id, "set", 18.0 if (stand.level or 0) > 19 else 21.0)
        return Action(self.id, _OPPOSITES[stand.power])

    def back_to(self, stand: Stand) -> Action:
        """What a hand does so that it stands as it did."""
        sets = self.dialect == "number" or (self.dims and stand.power == "on")
        power = _ENDS.get(stand.power, stand.power)
        return Action(self.id, "set", float(stand.level or 0)) if sets else Action(self.id, power)


def _raw(stand: Stand) -> int:
    return round(255 * (stand.level or 0) / 100)


_ENDS = {"opening": "open", "closing": "close"}
"""What a cover on its way will be."""
_OPPOSITES = {"on": "off", "off": "on", "open": "close", "close": "open", "opening": "close", "closing": "open"}
_CONFIGS: dict[str, dict[str, Any]] = {
    "plain": {"stat_t": "~/power", "cmd_t": "~/power/set"},
    "json": {"schema": "json", "stat_t": "~", "cmd_t": "~/set"},
    "cover": {
        "stat_t": "~/state",
        "cmd_t": "~/set",
        "pos_t": "~/position",
        "set_pos_t": "~/position/set",
    },
    "number": {"stat_t": "~/state", "cmd_t": "~/set", "min": 5, "max": 30, "unit_of_meas": "°C"},
}
_DIMS: dict[str, dict[str, Any]] = {
    "plain": {
        "bri_stat_t": "~/brightness",
        "bri_cmd_t": "~/brightness/set",
        "bri_scl": 255,
        "on_cmd_type": "brightness",
    },
    "json": {"brightness": True, "bri_scl": 255},
}
THINGS = (
    Thing("kitchen_light", "Kitchen light", "light", "Kitchen", ("kitchen light",)),
    Thing("living_light", "Living room light", "light", "Living room", ("living room light",), "json", dims=True),
    Thing("bedroom_light", "Bedroom light", "light", "Bedroom", ("bedroom light",), dims=True),
    Thing("bathroom_light", "Bathroom light", "light", "Bathroom", ("bathroom light",), "json"),
    Thing("hallway_light", "Hallway light", "light", "Hallway", ("hallway light",), "json"),
    Thing("bedroom_fan", "Bedroom fan", "fan", "Bedroom", ("bedroom fan", "fan")),
    Thing("coffee_maker", "Coffee maker", "switch", "Kitchen", ("coffee maker", "coffee machine")),
    Thing("vacuum", "Vacuum cleaner", "switch", "Hallway", ("vacuum cleaner", "vacuum")),
    Thing("heater", "Heater", "switch", "Bathroom", ("heater", "bathroom heater")),
    Thing("blinds", "Bedroom blinds", "cover", "Bedroom", ("bedroom blinds", "blinds"), "cover"),
    Thing("temperature", "Temperature", "number", "Living room", ("temperature",), "number"),
)
BY_ID = {thing.id: thing for thing in THINGS}
REMOTE, REMOTE_TOPIC = "hallway_light", "zigbee2mqtt/hallway_remote/action"
"""What the remote in the hallway switches, and where it tells of its buttons."""
