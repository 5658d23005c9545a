"""What every bus promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from device.home.bus import MAX_PAYLOAD_BYTES, QUEUE_BYTES, Bus, Message, Will
from device.home.local_bus import LocalBroker, LocalBus
from device.home.mqtt import MqttBus
from device.settings import BrokerSettings
from tests import brokers
from tests.waiting import wait_until

MakeBus = Callable[..., Bus]


class Place:
    """One broker and its clients, which can lose each other."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._broker = LocalBroker()
        self._locals: list[LocalBus] = []

    def bus(self, will: Will | None = None) -> Bus:
        bus = LocalBus(self._broker, will=will)
        self._locals.append(bus)
        return bus

    def kill(self, bus: Bus) -> None:
        """The client is gone without a goodbye."""
        assert isinstance(bus, LocalBus)
        bus.go_offline()

    def stop(self) -> None:
        """The broker is gone."""
        for bus in self._locals:
            bus.go_offline()

    def start(self) -> None:
        """The broker is back."""
        for bus in self._locals:
            bus.go_online()


class MqttPlace(Place):
    """The same with a real broker."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        super().__init__(stack)
        self._folder, self._port = folder, brokers.free_port()
        self._running = ExitStack()
        stack.callback(lambda: self._running.close())
        self.start()

    def bus(self, will: Will | None = None) -> Bus:
        bus = MqttBus(BrokerSettings(host=brokers.HOST, port=self._port), will=will, backoff_s=(0.02, 0.1))
        self._stack.callback(bus.close)
        wait_until(lambda: bus.connected, "a connection")
        return bus

    def kill(self, bus: Bus) -> None:
        assert isinstance(bus, MqttBus)
        assert bus._client is not None
        sock: Any = bus._client.socket()
        sock.shutdown(2)  # as a power cut would

    def stop(self) -> None:
        self._running.close()

    def start(self) -> None:
        self._running.enter_context(brokers.mosquitto(self._folder, port=self._port))


@pytest.fixture(params=["local", "mqtt"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A broker that can go away and come back."""
    if request.param == "mqtt" and not brokers.INSTALLED:
        pytest.skip("mosquitto is not installed")
    with ExitStack() as stack:
        yield Place(stack) if request.param == "local" else MqttPlace(stack, tmp_path)


@pytest.fixture
def make_bus(place: Place) -> MakeBus:
    """Makes clients of one broker."""
    return place.bus


def received(bus: Bus, count: int, *, but: str = "sync") -> list[Message]:
    """So many messages, not counting late echoes of the subscription."""
    messages: list[Message] = []

    def enough() -> bool:
        messages.extend(m for m in bus.drain() if m.topic != but)
        return len(messages) >= count

    wait_until(enough, f"{count} messages")
    return messages


def test_what_is_published_arrives_in_order(make_bus: MakeBus) -> None:
    here, there = make_bus(), make_bus()
    there.subscribe(["house/+/state"])
    wait_for_subscription(here, there)
    for number in range(20):
        here.publish("house/lamp/state", str(number))
    assert [m.payload for m in received(there, 20)] == [str(n).encode() for n in range(20)]


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
    there.subscribe(["unsubscribed"])  # asked for after it, granted after it
    wait_for_subscription(here, there)
    here.publish("a/b", "1")
    here.publish("end", "x")
    assert [m.topic for m in received(there, 1)] == ["end"]


def test_wildcards_receive_what_they_should_and_nothing_else(make_bus: MakeBus) -> None:
    here, there = make_bus(), make_bus()
    there.subscribe(["one/+/state", "all/#", "end"])
    wait_for_subscription(here, there)
    for topic in ("one/a/state", "one/a/b/state", "one/a/set", "all", "all/a", "all/a/b", "other", "end"):
        here.publish(topic, "x")
    assert [m.topic for m in received(there, 5)] == ["one/a/state", "all", "all/a", "all/a/b", "end"]


def test_retained_state_is_told_from_live_by_brokers_that_know(make_bus: MakeBus) -> None:
    here, there = make_bus(), make_bus()
    there.subscribe(["lamp"])
    wait_for_subscription(here, there)
    here.publish("lamp", "ON", retain=True)
    (live,) = received(there, 1)
    assert not live.retained


def test_the_last_will_speaks_for_the_dead_and_not_for_those_who_left(place: Place) -> None:
    witness = place.bus()
    witness.subscribe(["+/availability", "end"])
    wait_for_subscription(witness, witness)
    dying, leaving = (
        place.bus(Will("dying/availability", "offline")),
        place.bus(Will("leaving/availability", "offline")),
    )
    leaving.close()
    place.kill(dying)
    assert [(m.topic, m.payload) for m in received(witness, 1)] == [("dying/availability", b"offline")]
    late = place.bus()
    late.subscribe(["+/availability"])
    assert [(m.topic, m.retained) for m in received(late, 1)] == [("dying/availability", True)]


def test_nothing_is_published_while_offline_nor_later(place: Place) -> None:
    here, there = place.bus(), place.bus()
    there.subscribe(["lamp", "end"])
    wait_for_subscription(here, there)
    place.stop()
    wait_until(lambda: not here.connected and not there.connected, "the loss of the broker")
    assert here.publish("lamp", "lost") is None
    wait_until(lambda: here.trouble, "a word about it")
    place.start()
    wait_until(lambda: here.connected and there.connected, "the broker")
    assert here.trouble == ""
    wait_for_subscription(here, there)
    here.publish("end", "x")
    assert [m.payload for m in received(there, 1)] == [b"x"]


def test_after_a_reconnect_the_generation_is_higher_and_subscriptions_stand(place: Place) -> None:
    here, there = place.bus(), place.bus()
    there.subscribe(["lamp"])
    for generation in (1, 2, 3):
        wait_until(lambda: here.connected and there.connected, "the broker")
        assert there.generation == generation
        wait_for_subscription(here, there)
        here.publish("lamp", "ON")
        assert [m.generation for m in received(there, 1)] == [generation]
        place.stop()
        wait_until(lambda: not here.connected and not there.connected, "the loss of the broker")
        place.start()


def test_what_nobody_drains_is_dropped_and_counted(make_bus: MakeBus) -> None:
    here, there = make_bus(), make_bus()
    there.subscribe(["large", "end"])
    wait_for_subscription(here, there)
    here.publish("large", bytes(MAX_PAYLOAD_BYTES + 1))
    wait_until(lambda: there.dropped == 1, "the refusal of the large one")
    for _ in range(QUEUE_BYTES // (MAX_PAYLOAD_BYTES - 100) + 4):
        here.publish("large", bytes(MAX_PAYLOAD_BYTES - 100))
    wait_until(lambda: there.dropped > 1, "a full queue")
    kept = there.drain()
    assert sum(len(m.payload) for m in kept) <= QUEUE_BYTES
    here.publish("end", "x")
    messages = received(there, 1)
    while messages[-1].topic != "end":
        messages += received(there, 1)


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
