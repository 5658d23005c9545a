"""Reading Home Assistant's MQTT discovery: one message at a time, from anybody.

Zigbee2MQTT, Tasmota, ESPHome and many others publish it, in the single form
`<prefix>/<component>/[<node>/]<object>/config` or in the device form `<prefix>/device/<object>/config`. Which messages
are believed is `catalogue.py`'s to decide.
Left out: settings and diagnostics of devices (`entity_category`), which nobody asks for by voice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from device.errors import DiscoveryError
from device.home.abbreviations import expand
from device.home.devices import Wiring
from device.home.entities import KINDS, wire
from device.home.templates import parse_json
from device.home.topics import is_plain

MAX_COMPONENTS = 200
_SHARED = ("device", "command_topic", "state_topic")
"""Keys of the device form that hold for its entities, besides those of availability."""
REMOTES = ("device_automation", "event")
"""Components that are no devices to switch, but hands that do."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What one discovery message says."""

    wirings: tuple[Wiring, ...] = ()
    presses: tuple[str, ...] = ()
    """Topics on which a remote tells of its buttons."""
    problems: tuple[str, ...] = ()
    """What is wrong with parts of it."""


def filters(prefix: str) -> list[str]:
    """What to subscribe to: only components that switch something, for a house announces thousands of sensors."""
    single = [f"{prefix}/{kind}/{level}config" for kind in (*KINDS, *REMOTES) for level in ("+/", "+/+/")]
    return [*single, f"{prefix}/sensor/+/action/config", f"{prefix}/device/+/config"]


def read_announcement(topic: str, payload: bytes, prefix: str) -> Announcement:
    """Read the message on a discovery topic; an empty one announces nothing.

    Raises `DiscoveryError` if nothing can be made of it; problems with a part of it are only told.
    """
    component, *ids = topic.removeprefix(f"{prefix}/").removesuffix("/config").split("/")
    if not payload:
        return Announcement()
    try:
        message = parse_json(payload)
    except ValueError as error:
        raise DiscoveryError(f"it is not JSON: {str(error)[:60]}") from error
    if not isinstance(message, dict):
        raise DiscoveryError("it is no JSON object")
    if message.get("migrate_discovery") is True:
        return Announcement()
    keys = expand(message)
    if component == "device":
        return _read_components(keys, ids[-1], message.get("~"))
    return _read_entity(component, keys, ids[-1])


def read_table(entity_id: str, table: Mapping[str, Any]) -> Wiring:
    """An entry of the settings' `[devices]`: the same keys, and `kind`. Raises `DiscoveryError` naming the entry."""
    keys = expand(table)
    kind = keys.get("kind", keys.get("platform"))
    problems: list[str] = []
    try:
        if kind not in KINDS:
            raise DiscoveryError(f"kind is {kind!r:.40}", hint=f"expected one of: {' '.join(KINDS)}")
        keys.pop("unique_id", None)
        wiring = wire(str(kind), keys, entity_id, entity_id.replace("_", " "), problems)
        if problems:
            raise DiscoveryError("; ".join(problems))
    except DiscoveryError as error:
        raise DiscoveryError(f"devices.{entity_id:.60} in the settings: {error.message}", hint=error.hint) from error
    return wiring


def _read_components(keys: Mapping[str, Any], object_id: str, base: object) -> Announcement:
    """The device form: many entities that share some keys."""
    components = keys.get("components")
    if not isinstance(components, dict) or len(components) > MAX_COMPONENTS:
        raise DiscoveryError(f"components is no table of at most {MAX_COMPONENTS} entities")
    shared = {k: value for k, value in keys.items() if k in _SHARED or "availab" in k}
    found: list[Announcement] = []
    for key, component in components.items():
        if not isinstance(component, dict):
            found.append(Announcement(problems=(f"component {key[:40]!r} is no table",)))
            continue
        own = expand({"~": base, **component})
        platform = own.pop("platform", None)
        try:
            if own and isinstance(platform, str):
                found.append(_read_entity(platform, {**shared, **own}, f"{object_id}_{key}"))
        except DiscoveryError as error:
            found.append(Announcement(problems=(f"component {key[:40]!r}: {error}",)))
    return Announcement(
        tuple(w for a in found for w in a.wirings),
        tuple(p for a in found for p in a.presses),
        tuple(p for a in found for p in a.problems),
    )


def _read_entity(component: str, keys: Mapping[str, Any], object_id: str) -> Announcement:
    if component in KINDS:
        if keys.get("entity_category") is not None or keys.get("enabled_by_default") is False:
            return Announcement()
        problems: list[str] = []
        wiring = wire(component, keys, object_id, object_id.replace("_", " "), problems)
        return Announcement((wiring,), problems=tuple(problems))
    if component in (*REMOTES, "sensor"):
        return _read_remote(component, keys, object_id)
    return Announcement()


def _read_remote(component: str, keys: Mapping[str, Any], object_id: str) -> Announcement:
    """A remote's buttons: triggers of automations, events of buttons, and the `action` sensor of Zigbee2MQTT."""
    topic = keys.get("topic") if component == "device_automation" else keys.get("state_topic")
    is_remote = {
        "device_automation": keys.get("automation_type") == "trigger",
        "event": keys.get("device_class") == "button" or object_id.endswith("action"),
        "sensor": object_id.endswith("action"),
    }[component]
    if not is_remote:
        return Announcement()
    if not is_plain(topic):
        raise DiscoveryError(f"the topic of a remote is no topic: {topic!r:.60}")
    return Announcement(presses=(str(topic),))
