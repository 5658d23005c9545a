"""Is there a broker, which devices does it tell of, and what has a running safu had to put up with?"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from device.checks.finding import Finding
from device.checks.patience import CONNECT_S, wait
from device.errors import DiscoveryError
from device.home.announce import counters_topic
from device.home.catalogue import Catalogue
from device.home.discovery import filters
from device.home.mqtt import MqttBus
from device.messages import Device
from device.settings import Settings
from device.transcribers.pocketsphinx import PocketSphinxTranscriber
from device.troubles import TROUBLES

_QUIET_S = 0.5
"""Retained messages come in one go: so long without any, and those were all."""


def check_broker(settings: Settings) -> tuple[Finding, Sequence[Device], Mapping[str, int]]:
    """Is there a broker, which devices does it tell of, and what has a running safu counted? Only listens."""
    host, port = settings.broker.address
    try:
        catalogue = Catalogue(settings.broker.discovery_prefix, settings.devices)
    except DiscoveryError as error:
        return Finding(False, f"broker: {error.message}", error.hint or "correct [devices] in the settings"), (), {}
    bus, counters = MqttBus(settings.broker), _Counters(counters_topic(settings.broker.node))
    try:
        bus.subscribe([*filters(settings.broker.discovery_prefix), counters.topic])
        is_connected = wait(lambda: bus.connected, CONNECT_S)
        trouble = bus.trouble
        if is_connected:
            _collect(bus, lambda topic, payload: counters.take(topic, payload) or catalogue.take(topic, payload))
    finally:
        bus.close()
    devices = tuple(catalogue.devices.values())
    if not is_connected:
        return Finding(False, f"broker: {trouble}", "name another with --broker, or set broker.host"), devices, {}
    where = f"broker: connected to {host}:{port}"
    return _judged_devices(where, devices, settings.transcriber.engine), devices, counters.counted


class _Counters:
    """What a running safu has counted since its start, as it told the broker last."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.counted: dict[str, int] = {}

    def take(self, topic: str, payload: bytes) -> bool:
        """Whether the message was for us. What is no counter is left out: anybody may write there."""
        if topic != self.topic:
            return False
        with suppress(ValueError, RecursionError):
            told = json.loads(payload)
            counted = told.items() if isinstance(told, dict) else ()
            self.counted = {name: count for name, count in counted if type(count) is int}
        return True


def judged_counters(counters: Mapping[str, int]) -> Finding:
    """What a running safu came to, and what it has had to put up with."""
    did = ", ".join(f"{counters.get(name, 0)} {name}" for name in ("utterances", "actions", "lessons", "talk"))
    bad = {kind: counters[kind] for kind in TROUBLES if counters.get(kind)}
    if not bad:
        return Finding(True, f"safu at work: {did}; nothing wrong since its start")
    what = ", ".join(f"{count} times {kind}" for kind, count in bad.items())
    hint = "; ".join(f"{kind}: {TROUBLES[kind]}" for kind in bad)
    return Finding(False, f"safu at work: {did}; since its start {what}", hint)


def _collect(bus: MqttBus, take_one: Callable[[str, bytes], object]) -> None:
    """Take announcements until no more come, at most as long as connecting may take."""
    deadline_s = time.monotonic() + CONNECT_S

    def take() -> bool:
        messages = bus.drain()
        for message in messages:
            take_one(message.topic, message.payload)
        return bool(messages)

    while time.monotonic() < deadline_s and wait(take, _QUIET_S):
        pass


def _judged_devices(where: str, devices: Sequence[Device], engine: str) -> Finding:
    if not devices:
        hint = "switch on MQTT discovery where your devices are, or add them to [devices] in the settings"
        return Finding(False, f"{where}, but no device has announced itself", hint)
    what = f"{where}, devices found: {len(devices)}"
    lost = PocketSphinxTranscriber().unpronounceable(d.name for d in devices) if engine == "pocketsphinx" else []
    if lost:
        words = ", ".join(map(repr, lost))
        return Finding(False, f"{what}, but nobody can say {words}", "give these devices names in English letters")
    return Finding(True, what)
