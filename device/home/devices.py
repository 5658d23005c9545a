"""What we know of a device that can be switched: how to say an action to it, and how to read what it says.

All of it comes from a discovery message (`entities.py`). Left out: whose doing a change was (`causes.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from device.errors import UnknownDeviceError
from device.home.templates import CommandTemplate, ValueTemplate, parse_json
from device.messages import Action, Device


@dataclass(frozen=True, slots=True)
class Scale:
    """The numbers on a topic against the value that people say.

    >>> brightness = Scale(0, 255)
    >>> brightness.to_raw(30), brightness.to_value("76"), brightness.to_value("1"), brightness.to_value("nan")
    ('76', 30.0, 1.0, None)
    """

    zero: float = 0.0
    """What the topic says at a value of 0."""
    full: float = 100.0
    """What the topic says at a value of 100."""
    whole: bool = True
    """Percent: whole numbers from 0 to 100 on both sides; else any number."""

    def to_raw(self, value: float) -> str:
        """The number for the topic; never 0 for a value that is not."""
        raw = self.zero + (self.full - self.zero) * value / 100
        if not self.whole:
            return _plain(raw)
        rounded = round(raw)
        if value > 0 and rounded == self.zero:
            rounded += 1 if self.full > self.zero else -1
        return str(rounded)

    def to_value(self, raw: str) -> float | None:
        """The value that a number on the topic means; None if it is no number."""
        try:
            number = float(raw)
        except ValueError:
            return None
        value = 100 * (number - self.zero) / (self.full - self.zero)
        if not math.isfinite(value):
            return None
        if not self.whole:
            return value
        return 0.0 if value <= 0 else min(100.0, max(1.0, float(round(value))))

    def settled(self, value: float) -> float:
        """The value that a device reports when asked for `value`: it may know fewer steps."""
        reported = self.to_value(self.to_raw(value))
        return value if reported is None else reported


SAME = Scale(whole=False)
"""For numbers that are said as they are."""


@dataclass(frozen=True, slots=True)
class Level:
    """Where and how a number is set."""

    topic: str
    template: CommandTemplate
    scale: Scale
    switch_on: str = ""
    """`first` or `last`: the on command goes along, before or after; empty: the number alone switches on."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One thing a state topic says: a word (`on`, `closed`, an option) or a number."""

    template: ValueTemplate
    words: Mapping[str, str] = field(default_factory=dict)
    """Payload, case folded, to the word it means."""
    scale: Scale | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message says; None where it says nothing."""

    power: str | None = None
    """`on`, `off`, `open`, `close` or an option."""
    level: float | None = None
    moving: bool | None = None
    pressed: bool = False
    """Somebody pressed a button on the device or on a remote that shares its topic."""

    @property
    def says_nothing(self) -> bool:
        """Whether nothing is said of the state."""
        return self.power is None and self.level is None and self.moving is None


@dataclass(frozen=True, slots=True)
class State:
    """What a device is, as far as we know; empty and None where we do not."""

    power: str = ""
    level: float | None = None
    """Of a light that is off: what it had when it was on."""
    moving: bool = False

    def after(self, reading: Reading) -> State:
        """The state once a message has been read."""
        return State(
            self.power if reading.power is None else reading.power,
            self.level if reading.level is None else reading.level,
            self.moving if reading.moving is None else reading.moving,
        )


_MOVING = {"opening": "open", "closing": "close"}


@dataclass(frozen=True, slots=True)
class Wiring:
    """A device and its topics."""

    device: Device
    fixed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Command without value to topic and payload."""
    level: Level | None = None
    choice: tuple[str, CommandTemplate] | None = None
    """Topic and template of `select`."""
    readers: Mapping[str, tuple[Reader, ...]] = field(default_factory=dict)
    """By state topic."""
    availability: Mapping[str, Reader] = field(default_factory=dict)
    """By topic on which it, or its bridge, says that it is there."""
    is_group: bool = False
    """Other devices change with it."""

    @property
    def command_topics(self) -> frozenset[str]:
        """Where commands to the device go, ours and those of others."""
        topics = {topic for topic, _ in self.fixed.values()}
        topics |= {self.level.topic} if self.level else set()
        return frozenset(topics | ({self.choice[0]} if self.choice else set()))

    def encode(self, action: Action) -> list[tuple[str, str]]:
        """The messages, topic and payload, that carry an action out; mostly one.

        Raises `UnknownDeviceError` for what the device cannot do, naming what it can.
        """
        device = self.device
        if action.command not in device.commands:
            raise UnknownDeviceError(
                f"{device.name} cannot {action.command}", hint=f"it can: {_listed(device.commands)}"
            )
        if action.command == "set":
            return self._encode_level(self._checked(action.value))
        if action.command == "select" and self.choice is not None:
            if action.value not in device.options:
                options = ", ".join(device.options)
                raise UnknownDeviceError(
                    f"{device.name} has no option {action.value!r}", hint=f"choose one of: {options}"
                )
            return [(self.choice[0], self.choice[1].wrap(str(action.value)))]
        return [self.fixed[action.command]]

    def _checked(self, value: float | str | None) -> float:
        device = self.device
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not device.minimum <= float(value or 0) <= device.maximum:
            span = f"{device.minimum:g} to {device.maximum:g}{' ' + device.unit if device.unit else ''}"
            raise UnknownDeviceError(f"{device.name} cannot be set to {value!r}", hint=f"expected a number from {span}")
        return float(value or 0)

    def _encode_level(self, value: float) -> list[tuple[str, str]]:
        level = self.level
        if level is None or (value == 0 and "off" in self.fixed):
            return [self.fixed["off"]]
        message = (level.topic, level.template.wrap(level.scale.to_raw(value)))
        if not level.switch_on:
            return [message]
        return [self.fixed["on"], message] if level.switch_on == "first" else [message, self.fixed["on"]]

    def decode_state(self, topic: str, payload: bytes) -> Reading:
        """What a message on a state topic says of the device."""
        reading = Reading(pressed=is_press(payload))
        for reader in self.readers.get(topic, ()):
            text = reader.template.extract(payload)
            if text is None:
                continue
            if reader.scale is not None:
                reading = self._with_level(reading, reader.scale.to_value(text))
            else:
                word = reader.words.get(text.casefold())
                if word is not None:
                    power = None if word == "stop" else _MOVING.get(word, word)
                    reading = Reading(power, reading.level, word in _MOVING, reading.pressed)
        return reading

    def _with_level(self, reading: Reading, value: float | None) -> Reading:
        power = reading.power
        if value is not None and "off" in self.fixed:
            if not any(reader.words for readers in self.readers.values() for reader in readers):
                power = "on" if value > 0 else "off"
            value = value or None  # what a lamp says while it is off is not the brightness it comes on with
        return Reading(power, value, reading.moving, reading.pressed)

    def decode_command(self, topic: str, payload: bytes) -> Action | None:
        """The action that a message on a command topic asks for; None if it cannot be told."""
        text = payload.decode(errors="replace")
        for command, fixed in self.fixed.items():
            if fixed == (topic, text):
                return Action(self.device.id, command)
        if self.choice is not None and topic == self.choice[0]:
            option = self.choice[1].unwrap(text)
            return Action(self.device.id, "select", option) if option in self.device.options else None
        if self.level is not None and topic == self.level.topic:
            value = self.level.scale.to_value(self.level.template.unwrap(text) or "")
            if value is not None:
                return Action(self.device.id, "set", value)
        return self._decode_as_state(topic, payload) if text.startswith("{") else None

    def _decode_as_state(self, topic: str, payload: bytes) -> Action | None:
        """A JSON command has the shape of the JSON state."""
        if topic not in self.command_topics:
            return None
        for state_topic in self.readers:
            reading = self.decode_state(state_topic, payload)
            if reading.power is not None or reading.level is not None:
                return self.action_for(State().after(reading))
        return None

    def action_for(self, state: State) -> Action | None:
        """The action that brings the device into a state; None while the state is unknown or out of reach."""
        device = self.device
        if device.kind == "select":
            return Action(device.id, "select", state.power) if state.power in device.options else None
        can_set = "set" in device.commands and state.level is not None
        if device.kind == "number":
            return Action(device.id, "set", state.level) if can_set else None
        if device.kind == "cover" and can_set and not state.moving:
            at_end = {0.0: "close", 100.0: "open"}.get(state.level or 0.0, "")
            return Action(device.id, at_end) if at_end in device.commands else Action(device.id, "set", state.level)
        if can_set and (state.power == "on" or (not state.power and device.kind != "cover")):
            return Action(device.id, "set", state.level)
        return Action(device.id, state.power) if state.power in device.commands else None


def is_press(payload: bytes) -> bool:
    """Whether a state tells of a button that was pressed, as remotes do: `{"action": "toggle"}`."""
    if b'"action"' not in payload and b'"event_type"' not in payload:
        return False
    try:
        state = parse_json(payload)
    except ValueError:
        return False
    if not isinstance(state, dict):
        return False
    pressed = state.get("action") or state.get("event_type")
    return isinstance(pressed, str) and pressed.lower() != "none"


def _plain(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _listed(words: frozenset[str]) -> str:
    return " ".join(sorted(words))
