"""A simulated house with two rooms: three lights, a dimmer, a fan, and hands at their switches.

It is a client of the broker like any real device: it announces itself by discovery, answers its command topics by
telling its state, and knows nothing of safu. The demonstration, the benchmarks and the tests live in it.
Left out: everything that breaks in a real house; the tests break it themselves.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from device.home.bus import Bus, Message
from device.messages import Action


@dataclass(frozen=True, slots=True)
class VirtualDevice:
    """One thing in the house."""

    id: str
    name: str
    kind: str
    area: str
    dims: bool = False

    @property
    def base(self) -> str:
        return f"house/{self.id}"


DEVICES = (
    VirtualDevice("kitchen_light", "kitchen light", "light", "Kitchen"),
    VirtualDevice("counter_lamp", "counter lamp", "light", "Kitchen"),
    VirtualDevice("ceiling_fan", "ceiling fan", "fan", "Kitchen"),
    VirtualDevice("bedroom_light", "bedroom light", "light", "Bedroom"),
    VirtualDevice("bedside_dimmer", "bedside dimmer", "light", "Bedroom", dims=True),
)


@dataclass(frozen=True, slots=True)
class ReceivedCommand:
    """A command that reached a device."""

    action: Action
    received_s: float
    """By `time.monotonic()`."""


class VirtualHouse:
    """The devices on a bus. `commands` is what reached them, whoever sent it; `states` is how they stand."""

    def __init__(self, bus: Bus, devices: Sequence[VirtualDevice] = DEVICES) -> None:
        self._bus, self._devices = bus, devices
        self._lock = threading.Lock()
        self._by_topic = {f"{d.base}/{leaf}/set": (d, leaf) for d in devices for leaf in _leaves(d)}
        self.commands: list[ReceivedCommand] = []
        self.states = {device.id: Action(device.id, "off") for device in devices}
        self._brightness = {device.id: "255" for device in devices if device.dims}
        bus.subscribe(self._by_topic)
        bus.listen(self._obey, self._announce)

    def flip(self, action: Action) -> None:
        """A hand at the switch: the device changes, and says so without having been told to."""
        self._become(action)

    def order(self, action: Action) -> None:
        """An automation sends a command: a message on the command topic like any other."""
        device = next(d for d in self._devices if d.id == action.device)
        leaf, payload = _payload(action)
        self._bus.publish(f"{device.base}/{leaf}/set", payload)

    def close(self) -> None:
        """Leave the broker."""
        self._bus.close()

    def _obey(self, message: Message) -> None:
        device, leaf = self._by_topic[message.topic]
        action = _action(device, leaf, message.payload)
        if action is not None and not message.retained:
            self.commands.append(ReceivedCommand(action, time.monotonic()))
            self._become(action)

    def _become(self, action: Action) -> None:
        with self._lock:
            self.states[action.device] = action
            if action.command == "set":
                self._brightness[action.device] = _payload(action)[1]
        self._tell(action.device)

    def _tell(self, device_id: str) -> None:
        power = "OFF" if self.states[device_id].command == "off" else "ON"
        self._bus.publish(f"house/{device_id}/power", power, retain=True)
        if device_id in self._brightness:
            self._bus.publish(f"house/{device_id}/brightness", self._brightness[device_id], retain=True)

    def _announce(self) -> None:
        for device in self._devices:
            config = json.dumps(_discovery(device))
            self._bus.publish(f"homeassistant/{device.kind}/{device.id}/config", config, retain=True)
            self._tell(device.id)


def _leaves(device: VirtualDevice) -> tuple[str, ...]:
    return ("power", "brightness") if device.dims else ("power",)


def _payload(action: Action) -> tuple[str, str]:
    """The part of a device that a command goes to, and what it says there."""
    if action.command == "set":
        return "brightness", str(round(255 * float(action.value or 0) / 100))
    return "power", action.command.upper()


def _action(device: VirtualDevice, leaf: str, payload: bytes) -> Action | None:
    text = payload.decode("ascii", "replace")
    if leaf == "power":
        return Action(device.id, text.lower()) if text in ("ON", "OFF") else None
    return Action(device.id, "set", float(round(100 * int(text) / 255))) if text.isdecimal() else None


def _discovery(device: VirtualDevice) -> dict[str, object]:
    config: dict[str, object] = {
        "name": device.name,
        "unique_id": device.id,
        "~": device.base,
        "stat_t": "~/power",
        "cmd_t": "~/power/set",
        "dev": {"ids": [device.id], "name": device.name, "sa": device.area},
    }
    if device.dims:
        config |= {
            "bri_stat_t": "~/brightness",
            "bri_cmd_t": "~/brightness/set",
            "bri_scl": 255,
            "on_cmd_type": "brightness",
        }
    return config
