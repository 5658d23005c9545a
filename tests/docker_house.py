"""What the tests of `docker/` share: compose.yaml, a copy with secrets, its users, and how its broker must behave."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml

from device.home.mqtt import MqttBus
from device.settings import BrokerSettings
from tests.waiting import wait_until

FOLDER = Path(__file__).parents[1] / "docker"
USERS = ("homeassistant", "device", "trainer")
NOT_TRIED = "not connected yet"
"""What a bus says before its first attempt has come to anything."""

WHO_MAY_HEAR = {
    ("device", "homeassistant/device/safu_safu/config"): {"homeassistant", "device"},
    ("homeassistant", "zigbee2mqtt/lamp/set"): {"homeassistant", "device"},
    ("device", "zigbee2mqtt/lamp/set"): {"homeassistant", "device"},
    ("trainer", "zigbee2mqtt/lamp/set"): set(),
    ("trainer", "homeassistant/light/lamp/config"): set(),
    ("device", "safu/safu/lesson"): {"homeassistant", "device"},
    ("device", "safu/safu/availability"): {"homeassistant", "device", "trainer"},
    ("trainer", "safu/safu/availability"): set(),
    ("device", "safu/safu/to_trainer"): {"device", "trainer"},
    ("trainer", "safu/safu/to_trainer"): set(),
    ("homeassistant", "safu/safu/to_trainer"): set(),
    ("trainer", "safu/safu/to_device"): {"device"},
    ("homeassistant", "safu/safu/to_device"): set(),
}
"""Sender and topic, and who of those who listen to everything may hear it."""


def compose() -> dict[str, Any]:
    """compose.yaml, with its anchors resolved."""
    read: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    return read


def copy_with_secrets(to: Path) -> Path:
    """The folder `docker` as a user has it after make-secrets.sh."""
    copied = shutil.copytree(FOLDER, to / "docker", ignore=shutil.ignore_patterns("secrets"))
    subprocess.run([copied / "make-secrets.sh"], check=True, capture_output=True)
    return copied


def env_file(path: Path) -> dict[str, str]:
    """The variables of an env_file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def user_settings(folder: Path, user: str, port: int) -> BrokerSettings:
    """How this user connects from the host."""
    variables = env_file(folder / "secrets" / f"{user}.env")
    assert variables["SAFU_BROKER_USER"] == user
    password = variables["SAFU_BROKER_PASSWORD"]
    ca_file = str(folder / "secrets" / "ca.crt")
    return BrokerSettings("localhost", port, user, password, tls=True, ca_file=ca_file, node=user)


@contextmanager
def connected(settings: BrokerSettings) -> Iterator[MqttBus]:
    """A client that is in."""
    bus = MqttBus(settings)
    try:
        wait_until(lambda: bus.connected, f"{settings.user} to be let in")
        yield bus
    finally:
        bus.close()


def refusal(settings: BrokerSettings) -> str:
    """Why these settings do not get in."""
    bus = MqttBus(settings)
    try:
        wait_until(lambda: bus.trouble != NOT_TRIED, "an answer")
        assert not bus.connected
        return bus.trouble
    finally:
        bus.close()


def assert_access_is_as_promised(folder: Path, port: int) -> None:
    """Everybody listens to everything, and hears what `WHO_MAY_HEAR` says."""
    with ExitStack() as stack:
        buses = {user: stack.enter_context(connected(user_settings(folder, user, port))) for user in USERS}
        for bus in buses.values():
            bus.subscribe(["#"])
        _wait_for_subscriptions(buses)
        for sender, topic in WHO_MAY_HEAR:
            assert _who_hears(buses, sender, topic) == WHO_MAY_HEAR[sender, topic], f"{sender} on {topic}"


def _wait_for_subscriptions(buses: Mapping[str, MqttBus]) -> None:
    deaf = set(buses)

    def all_hear() -> bool:
        buses["device"].publish("safu/test/availability", b"does everybody listen?")
        deaf.difference_update([user for user in deaf if list(buses[user].drain())])
        return not deaf

    wait_until(all_hear, "everybody to listen")


def _who_hears(buses: Mapping[str, MqttBus], sender: str, topic: str) -> set[str]:
    """Whatever comes before the marker that all may read would have been heard."""
    word, end = secrets.token_hex(8).encode(), secrets.token_hex(8).encode()
    heard: dict[str, set[bytes]] = {user: set() for user in buses}

    def all_heard(wanted: bytes) -> bool:
        for user, bus in buses.items():
            heard[user] |= {message.payload for message in bus.drain()}
        return all(wanted in words for words in heard.values())

    receipt = buses[sender].publish(topic, word)
    assert receipt is not None
    wait_until(lambda: receipt.arrived, "the broker's receipt")
    buses["device"].publish("safu/test/availability", end)
    wait_until(lambda: all_heard(end), "the marker")
    return {user for user, words in heard.items() if word in words}
