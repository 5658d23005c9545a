"""One entity of a discovery message, its keys already in full, made into a `Wiring`.

Everything here may come from a stranger: each value is checked before it becomes a topic, a payload or a name.
Left out: colours, effects, tilt, presets and whatever else a voice switch does not switch.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from device.errors import DiscoveryError
from device.home.availability import read_availability
from device.home.devices import SAME, Level, Reader, Scale, Wiring
from device.home.templates import (
    CommandTemplate,
    ValueTemplate,
    is_sendable,
    read_command_template,
    read_value_template,
)
from device.home.topics import is_plain
from device.messages import Device

MAX_NAME_LENGTH = 64
MAX_ID_LENGTH = 128
MAX_PAYLOAD_LENGTH = 256
MAX_OPTIONS = 100


def spoken_name(text: object) -> str:
    r"""A name on one printable line. Raises `DiscoveryError` for what is none.

    >>> spoken_name("  Kitchen\n light ")
    'Kitchen light'
    """
    if not isinstance(text, str):
        raise DiscoveryError(f"the name is no text: {text!r:.40}")
    if len(text) > 4 * MAX_NAME_LENGTH:
        raise DiscoveryError(f"the name is {len(text)} characters long; {MAX_NAME_LENGTH} are allowed")
    visible = "".join(c for c in " ".join(text.split()) if unicodedata.category(c) != "Cf")
    name = unicodedata.normalize("NFC", visible).strip()
    if not name or not name.isprintable() or len(name) > MAX_NAME_LENGTH:
        raise DiscoveryError(f"the name is empty, too long or not printable: {text[:40]!r}")
    return name


def stable_id(text: object) -> str:
    """An id without blanks, because labels are made of ids. Raises `DiscoveryError` for what can be none."""
    if not isinstance(text, (str, int)) or not 0 < len(str(text)) <= MAX_ID_LENGTH:
        raise DiscoveryError(f"the unique_id is empty or too long: {text!r:.40}")
    return re.sub(r"[^A-Za-z0-9_.:-]", "_", str(text))


class _Config:
    """The keys of one entity, read with suspicion."""

    def __init__(self, keys: Mapping[str, Any], problems: list[str]) -> None:
        self.keys = keys
        self.problems = problems
        """What we cannot follow but can do without."""

    def text(self, key: str, default: str) -> str:
        value = self.keys.get(key, default)
        if isinstance(value, bool):
            value = str(value).lower()
        if not isinstance(value, (str, int, float)) or len(str(value)) > MAX_PAYLOAD_LENGTH:
            raise DiscoveryError(f"{key} is no short text: {value!r:.40}")
        if not is_sendable(str(value)):
            raise DiscoveryError(f"{key} is no proper text: {value!r:.40}")
        return str(value)

    def number(self, key: str, default: float) -> float:
        value = self.keys.get(key, default)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or abs(value) > 1e9 or not math.isfinite(value):
            raise DiscoveryError(f"{key} is no number: {value!r:.40}")
        return float(value)

    def topic(self, key: str) -> str:
        """A topic, or empty if it is not there."""
        value = self.keys.get(key)
        if value is None or value == "":
            return ""
        if not is_plain(value):
            raise DiscoveryError(f"{key} is no topic to publish to: {value!r:.60}")
        return str(value)

    def command_topic(self) -> str:
        topic = self.topic("command_topic")
        if not topic:
            raise DiscoveryError("command_topic is missing")
        return topic

    def reading(self, *keys: str) -> ValueTemplate | None:
        """The template under the first of the keys that is there; None if it is beyond us."""
        text = next((self.keys[k] for k in keys if self.keys.get(k)), "")
        try:
            return read_value_template(text if isinstance(text, str) else repr(text))
        except DiscoveryError as error:
            self.problems.append(f"{error}: its state stays unknown")
            return None

    def writing(self, key: str) -> CommandTemplate | None:
        """The template under a key; None if it is beyond us."""
        text = self.keys.get(key) or ""
        try:
            return read_command_template(text if isinstance(text, str) else repr(text))
        except DiscoveryError as error:
            self.problems.append(f"{error}: it cannot be set to a value")
            return None


class _Readers:
    """What the state topics say, gathered."""

    def __init__(self) -> None:
        self.by_topic: dict[str, tuple[Reader, ...]] = {}

    def add(
        self,
        topic: str,
        template: ValueTemplate | None,
        words: Mapping[str, str] | None = None,
        scale: Scale | None = None,
    ) -> None:
        if topic and template is not None:
            folded = {payload.casefold(): word for payload, word in (words or {}).items()}
            self.by_topic[topic] = (*self.by_topic.get(topic, ()), Reader(template, folded, scale))


def wire(kind: str, keys: Mapping[str, Any], entity_id: str, fallback_name: str, problems: list[str]) -> Wiring:
    """One entity as a `Wiring`; what can be done without is told in `problems`.

    Raises `DiscoveryError` if it makes no device.
    """
    about = keys.get("device")
    about = about if isinstance(about, Mapping) else {}
    name = next((n for n in (keys.get("name"), about.get("name")) if n is not None), fallback_name)
    device = Device(
        id=stable_id(keys.get("unique_id", entity_id)),
        name=spoken_name(name),
        kind=kind,
        commands=frozenset(),
        area=_area(about.get("suggested_area")),
    )
    wiring = _WIRERS[kind](_Config(keys, problems), device, about.get("model") == "Group")
    return replace(wiring, availability=read_availability(keys, problems))


def _area(text: object) -> str:
    try:
        return spoken_name(text) if text else ""
    except DiscoveryError:
        return ""


def _wire_light(config: _Config, device: Device, is_group: bool) -> Wiring:
    schema = config.text("schema", "basic")
    if schema == "json":
        return _wire_json_light(config, device, is_group)
    if schema not in ("basic", "default"):
        raise DiscoveryError(f"lights of schema {schema!r:.40} are not understood")
    scale = _scale(0, config.number("brightness_scale", 255))
    order = {"first": "first", "brightness": ""}.get(config.text("on_command_type", "last"), "last")
    level = _level(config, "brightness_command_topic", "brightness_command_template", scale, order)
    readers = _Readers()
    _add_on_off(readers, config, "state_value_template", "value_template")
    readers.add(config.topic("brightness_state_topic"), config.reading("brightness_value_template"), scale=scale)
    return _wiring(device, _on_off(config), readers, level=level, unit="%", is_group=is_group)


def _wire_json_light(config: _Config, device: Device, is_group: bool) -> Wiring:
    topic, state_topic = config.command_topic(), config.topic("state_topic")
    fixed = {"on": (topic, '{"state":"ON"}'), "off": (topic, '{"state":"OFF"}')}
    readers = _Readers()
    readers.add(state_topic, ValueTemplate(("state",)), {"ON": "on", "OFF": "off"})
    level = None
    if config.keys.get("brightness") is True:
        scale = _scale(0, config.number("brightness_scale", 255))
        level = Level(topic, CommandTemplate('{"state":"ON","brightness":', "}"), scale)
        readers.add(state_topic, ValueTemplate(("brightness",)), scale=scale)
    return _wiring(device, fixed, readers, level=level, unit="%", is_group=is_group)


def _wire_switch(config: _Config, device: Device, is_group: bool) -> Wiring:
    readers = _Readers()
    _add_on_off(readers, config, "value_template")
    return _wiring(device, _on_off(config), readers, is_group=is_group)


def _wire_fan(config: _Config, device: Device, is_group: bool) -> Wiring:
    scale = _scale(config.number("speed_range_min", 1) - 1, config.number("speed_range_max", 100))
    level = _level(config, "percentage_command_topic", "percentage_command_template", scale)
    readers = _Readers()
    _add_on_off(readers, config, "state_value_template", "value_template")
    readers.add(config.topic("percentage_state_topic"), config.reading("percentage_value_template"), scale=scale)
    return _wiring(device, _on_off(config), readers, level=level, unit="%", is_group=is_group)


def _wire_cover(config: _Config, device: Device, is_group: bool) -> Wiring:
    topic = config.topic("command_topic")
    payloads = {
        c: ("" if config.keys.get(f"payload_{c}", c) is None else config.text(f"payload_{c}", c.upper()))
        for c in ("open", "close", "stop")
    }
    fixed = {command: (topic, payload) for command, payload in payloads.items() if topic and payload}
    scale = _scale(config.number("position_closed", 0), config.number("position_open", 100))
    level = _level(config, "set_position_topic", "set_position_template", scale)
    states = {"open": "open", "opening": "opening", "closed": "close", "closing": "closing", "stopped": "stop"}
    words = {config.text(f"state_{state}", state): word for state, word in states.items()}
    readers = _Readers()
    readers.add(config.topic("state_topic"), config.reading("value_template", "state_value_template"), words)
    readers.add(config.topic("position_topic"), config.reading("position_template"), scale=scale)
    return _wiring(device, fixed, readers, level=level, unit="%", is_group=is_group)


def _wire_number(config: _Config, device: Device, is_group: bool) -> Wiring:
    template = config.writing("command_template")
    level = None if template is None else Level(config.command_topic(), template, SAME)
    minimum, maximum = config.number("min", 1), config.number("max", 100)
    if not minimum < maximum:
        raise DiscoveryError(f"min {minimum:g} is not below max {maximum:g}")
    readers = _Readers()
    readers.add(config.topic("state_topic"), config.reading("value_template"), scale=SAME)
    unit = _area(config.keys.get("unit_of_measurement"))
    limited = replace(device, minimum=minimum, maximum=maximum)
    return _wiring(limited, {}, readers, level=level, unit=unit, is_group=is_group)


def _wire_select(config: _Config, device: Device, is_group: bool) -> Wiring:
    options = config.keys.get("options")
    if not isinstance(options, list) or not 0 < len(options) <= MAX_OPTIONS:
        raise DiscoveryError(f"options is no list of 1 to {MAX_OPTIONS} texts")
    if any(not isinstance(o, str) or not o.isprintable() or not 0 < len(o) <= MAX_NAME_LENGTH for o in options):
        raise DiscoveryError("an option is no short printable text")
    template = config.writing("command_template")
    choice = None if template is None else (config.command_topic(), template)
    readers = _Readers()
    readers.add(config.topic("state_topic"), config.reading("value_template"), {o: o for o in options})
    return _wiring(replace(device, options=tuple(options)), {}, readers, choice=choice, is_group=is_group)


_WIRERS: Mapping[str, Callable[[_Config, Device, bool], Wiring]] = {
    "light": _wire_light,
    "switch": _wire_switch,
    "fan": _wire_fan,
    "cover": _wire_cover,
    "number": _wire_number,
    "select": _wire_select,
}
KINDS = tuple(_WIRERS)


def _on_off(config: _Config) -> dict[str, tuple[str, str]]:
    topic = config.command_topic()
    on, off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
    if on == off or not on or not off:
        raise DiscoveryError("payload_on and payload_off are empty or the same")
    return {"on": (topic, on), "off": (topic, off)}


def _add_on_off(readers: _Readers, config: _Config, *templates: str) -> None:
    on = config.text("state_on", config.text("payload_on", "ON"))
    off = config.text("state_off", config.text("payload_off", "OFF"))
    readers.add(config.topic("state_topic"), config.reading(*templates), {on: "on", off: "off"})


def _scale(zero: float, full: float) -> Scale:
    if abs(full - zero) < 1:
        raise DiscoveryError(f"a scale from {zero:g} to {full:g} has no steps")
    return Scale(zero, full)


def _level(config: _Config, topic_key: str, template_key: str, scale: Scale, switch_on: str = "") -> Level | None:
    topic = config.topic(topic_key)
    template = config.writing(template_key) if topic else None
    return None if template is None else Level(topic, template, scale, switch_on)


def _wiring(
    device: Device,
    fixed: Mapping[str, tuple[str, str]],
    readers: _Readers,
    *,
    level: Level | None = None,
    choice: tuple[str, CommandTemplate] | None = None,
    unit: str = "",
    is_group: bool = False,
) -> Wiring:
    commands = frozenset(fixed) | ({"set"} if level else set()) | ({"select"} if choice else set())
    if not commands:
        raise DiscoveryError("nothing about it can be switched")
    device = replace(device, commands=commands, unit=unit if level else "")
    return Wiring(device, fixed, level, choice, readers.by_topic, is_group=is_group)
