"""What every bus promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from device.home.bus import Bus, Message, Will
from device.home.local_bus import LocalBroker, LocalBus
from device.home.mqtt import MqttBus
from device.settings import BrokerSettings
from tests import brokers
from tests.waiting import wait_until

MakeBus = Callable[..., Bus]


@pytest.fixture(params=["local", "mqtt"])
def make_bus(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeBus]:
    """Makes clients of one broker."""
    with ExitStack() as stack:
        if request.param == "local":
            broker = LocalBroker()

            def make(will: Will | None = None) -> Bus:
                return LocalBus(broker, will=will)

        else:
            if not brokers.INSTALLED:
                pytest.skip("mosquitto is not installed")
            host, port = stack.enter_context(brokers.mosquitto(tmp_path))

            def make(will: Will | None = None) -> Bus:
                bus = MqttBus(BrokerSettings(host=host, port=port), will=will)
                stack.callback(bus.close)
                wait_until(lambda: bus.connected, "a connection")
                return bus

        yield make


def received(bus: Bus, count: int) -> list[Message]:
    messages: list[Message] = []

    def enough() -> bool:
        messages.extend(bus.drain())
        return len(messages) >= count

    wait_until(enough, f"{count} messages")
    return messages


def test_what_is_published_arrives_in_order(make_bus: MakeBus) -> None:
    here, there = make_bus(), make_bus()
    there.subscribe(["house/+/state"])
    wait_for_subscription(here, there)
    for number in range(20):
        here.publish("house/lamp/state", str(number))
    got = [m for m in received(there, 20) if m.topic == "house/lamp/state"]
    assert [m.payload for m in got] == [str(n).encode() for n in range(20)]


def test_retained_messages_come_to_those_who_subscribe_later(make_bus: MakeBus) -> None:
    here, there = make_bus(), make_bus()
    receipt = here.publish("house/lamp/state", "ON", retain=True)
    assert receipt is not None
    wait_until(lambda: receipt.arrived)
    there.subscribe(["house/#"])
    (message,) = received(there, 1)
    assert (message.topic, message.payload, message.retained) == ("house/lamp/state", b"ON", True)


def test_nothing_comes_after_unsubscribing(make_bus: MakeBus) -> None:
    here, there = make_bus(), make_bus()
    there.subscribe(["a/b", "end"])
    wait_for_subscription(here, there)
    there.unsubscribe(["a/b"])
    there.publish("sync", "")
    here.publish("a/c", "1")
    here.publish("end", "x")
    assert "a/c" not in {m.topic for m in received(there, 1)}


@pytest.mark.parametrize("topic", ["a/#", "a/+", "", "a//b", "a\0b"])
def test_a_topic_that_is_none_is_refused(make_bus: MakeBus, topic: str) -> None:
    with pytest.raises(ValueError, match="cannot publish"):
        make_bus().publish(topic, "x")


def test_closing_twice_is_fine_and_leaves_nothing_to_publish_with(make_bus: MakeBus) -> None:
    bus = make_bus()
    bus.close()
    bus.close()
    assert not bus.connected
    assert bus.publish("a", "b") is None


def test_generation_counts_connections(make_bus: MakeBus) -> None:
    assert make_bus().generation == 1


def wait_for_subscription(here: Bus, there: Bus) -> None:
    """A subscription is asynchronous; once an echo comes, it and all before it stand."""
    there.subscribe(["sync"])

    def echoed() -> bool:
        here.publish("sync", "")
        return any(m.topic == "sync" for m in there.drain())

    wait_until(echoed, "the subscription")
    received_quiet(there)


def received_quiet(bus: Bus) -> None:
    """Let the echoes that are still on their way pass."""
    bus.unsubscribe(["sync"])
    bus.drain()
