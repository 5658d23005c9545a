"""The house over the bus: discovery, commands, causes, the outbox, our own switches."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from device.errors import UnknownDeviceError
from device.home.announce import availability_will
from device.home.local_bus import LocalBroker, LocalBus
from device.home.mqtt import MqttBus
from device.home.mqtt_home import MqttHome
from device.home.virtual import DEVICES, VirtualHouse
from device.journal import SqliteJournal
from device.messages import NOTHING, Action, Cause, Interaction, Lesson, Post, Prediction, Request, SwitchEvent
from device.settings import BrokerSettings, LearningSettings, Settings
from tests.waiting import wait_until

ON, OFF = Action("kitchen_light", "on"), Action("kitchen_light", "off")


@pytest.fixture
def journal() -> Iterator[SqliteJournal]:
    journal = SqliteJournal(":memory:")
    yield journal
    journal.close()


class Neighbourhood:
    """A virtual house and our home on one local broker."""

    def __init__(self, journal: SqliteJournal) -> None:
        self.broker = LocalBroker()
        self.house = VirtualHouse(LocalBus(self.broker))
        self.bus = LocalBus(self.broker, will=availability_will("safu"))
        self.home = MqttHome(self.bus, Settings(), journal)
        self.now_ms = 0
        self.drain(10_000)

    def drain(self, for_ms: int = 320) -> list[SwitchEvent | Request | Post]:
        happened = []
        for _ in range(for_ms // 32):
            self.now_ms += 32
            happened += self.home.drain(self.now_ms)
        return happened

    def events(self, for_ms: int = 320) -> list[tuple[str, str]]:
        return [(str(e.action), e.cause.value) for e in self.drain(for_ms) if isinstance(e, SwitchEvent)]


@pytest.fixture
def place(journal: SqliteJournal) -> Neighbourhood:
    return Neighbourhood(journal)


def test_devices_announce_themselves(place: Neighbourhood) -> None:
    assert set(place.home.devices()) == {device.id for device in DEVICES}
    assert place.home.devices()["bedside_dimmer"].commands == {"on", "off", "set"}
    assert place.home.undo_of(ON) == OFF


def test_our_own_command_comes_back_as_an_echo(place: Neighbourhood) -> None:
    place.home.perform(ON, place.now_ms)
    assert [c.action for c in place.house.commands] == [ON]
    assert place.events() == [("kitchen_light on", "echo")]
    place.house._tell("kitchen_light")
    assert place.events() == [], "a doubled echo is no news"


def test_a_hand_an_automation_and_a_person_through_us(place: Neighbourhood) -> None:
    place.house.flip(ON)
    assert place.events() == [("kitchen_light on", "hand")]
    place.house.order(OFF)
    assert place.events() == [("kitchen_light off", "other")]
    place.home.flip(ON, place.now_ms)
    assert place.events() == [("kitchen_light on", "hand")]


def test_a_ramp_is_one_flip(place: Neighbourhood) -> None:
    place.house.flip(Action("bedside_dimmer", "on"))
    place.drain(3_000)
    told = []
    for percent in (90.0, 70.0, 50.0, 30.0):
        place.house.flip(Action("bedside_dimmer", "set", percent))
        told += place.events(200)
    told += place.events(3_000)
    assert told == [("bedside_dimmer set 30", "hand")]


def test_states_after_a_reconnect_are_nobodys(place: Neighbourhood) -> None:
    place.bus.go_offline()
    place.house.flip(ON)
    place.bus.go_online()
    assert place.events() == [("kitchen_light on", "unknown")]


def test_a_command_waits_for_the_broker_but_not_for_ever(place: Neighbourhood, journal: SqliteJournal) -> None:
    place.bus.go_offline()
    place.home.perform(ON, place.now_ms)
    assert len(journal.outbox()) == 1
    place.bus.go_online()
    place.drain()
    assert [c.action for c in place.house.commands] == [ON]
    assert journal.outbox() == []


def test_unknown_devices_and_values_out_of_range_are_refused(place: Neighbourhood) -> None:
    with pytest.raises(UnknownDeviceError, match="kitchen_light"):
        place.home.perform(Action("cellar", "on"), 0)
    with pytest.raises(UnknownDeviceError, match="0 to 100"):
        place.home.perform(Action("bedside_dimmer", "set", 101.0), 0)


def test_our_own_switches_become_requests(place: Neighbourhood) -> None:
    other = LocalBus(place.broker)
    other.publish("safu/safu/mute/set", "ON")
    other.publish("safu/safu/learning/set", "rubbish")
    assert place.drain() == [Request("mute", "ON")]
    assert place.broker.retained["safu/safu/mute/state"] == b"ON"


def test_what_was_asked_of_our_switches_long_ago_is_not_asked_again(place: Neighbourhood) -> None:
    LocalBus(place.broker).publish("safu/safu/mute/set", "ON", retain=True)
    assert place.drain() == [Request("mute", "ON")]
    place.bus.go_offline()
    place.bus.go_online()
    assert [happened for happened in place.drain() if isinstance(happened, Request)] == []


def test_we_are_announced_and_leave_in_good_order(place: Neighbourhood) -> None:
    config = json.loads(place.broker.retained["homeassistant/device/safu_safu/config"])
    assert {"learning", "mute", "utterances"} <= set(config["cmps"])
    assert "words" not in config["cmps"]
    assert place.broker.retained["safu/safu/availability"] == b"online"
    place.broker.retained.clear()
    LocalBus(place.broker).publish("homeassistant/status", "online")
    place.drain()
    assert "homeassistant/device/safu_safu/config" in place.broker.retained
    place.home.close()
    assert place.broker.retained["safu/safu/availability"] == b"offline"


def test_our_own_device_is_not_among_those_to_switch(place: Neighbourhood) -> None:
    assert not [device for device in place.home.devices() if "safu" in device]


def test_discovery_command_echo_hand_in_one_evening(place: Neighbourhood) -> None:
    dimmer = "bedside_dimmer"
    place.home.perform(Action(dimmer, "set", 30.0), place.now_ms)
    assert place.events(3_000) == [("bedside_dimmer set 30", "echo")]
    place.house.flip(Action(dimmer, "off"))
    assert place.events(3_000) == [("bedside_dimmer off", "hand")]
    assert place.home.undo_of(Action(dimmer, "on")) == Action(dimmer, "off")
    place.house.order(Action("ceiling_fan", "on"))
    assert place.events(3_000) == [("ceiling_fan on", "other")]


def test_a_device_that_goes_while_a_command_waits_does_no_harm(place: Neighbourhood, journal: SqliteJournal) -> None:
    place.bus.go_offline()
    place.home.perform(ON, place.now_ms)
    stranger = LocalBus(place.broker)
    here = MqttHome(LocalBus(place.broker), Settings(), journal)  # what waits is inherited, too
    topic = "homeassistant/light/kitchen_light/config"
    place.bus.go_online()
    stranger.publish(topic, "", retain=True)
    for home in (place.home, here):
        for now_ms in range(100_000, 100_320, 32):
            home.drain(now_ms)
        assert "kitchen_light" not in home.devices()
        home.close()


def test_hostile_messages_reach_no_device_and_stop_nothing(place: Neighbourhood) -> None:
    stranger = LocalBus(place.broker)
    for topic in ("house/bedside_dimmer/brightness", "house/bedside_dimmer/power", "safu/safu/mute/set"):
        for payload in (b"1e308", b"\xff\xfe", b"[" * 50_000, b"", b'{"action": "x"', b"9" * 5_000):
            stranger.publish(topic, payload)
    half = {"name": "x", "unique_id": "x", "command_topic": "x/set", "payload_on": "\ud800"}
    stranger.publish("homeassistant/switch/x/config", json.dumps(half))
    place.drain(3_000)
    assert "x" not in place.home.devices()
    place.home.perform(ON, place.now_ms)
    assert ("kitchen_light on", "echo") in place.events()


def test_counters_and_lessons_are_told_but_words_only_if_wanted(journal: SqliteJournal) -> None:
    done = Interaction(1, ("movie", "time"), 0, 900, Prediction(((NOTHING, 1.0),)), "nothing")
    for is_wanted in (False, True):
        broker = LocalBroker()
        witness = LocalBus(broker)
        witness.subscribe(["#"])
        home = MqttHome(LocalBus(broker), Settings(learning=LearningSettings(publish_words=is_wanted)), journal)
        home.drain(32)
        home.report(done)
        home.report_counters({"utterances": 3, "hum": 2, "talk": 5})
        home.report_lesson(Lesson(("movie", "time"), ON, 16, "flip", 1, 7))
        told = {message.topic: message.payload for message in witness.drain()}
        counters = json.loads(told["safu/safu/counters"])
        assert (counters["utterances"], counters["actions"], counters["hum"]) == (3, 0, 2)
        assert counters["troubles"] == 2, "talk is none"
        assert json.loads(told["safu/safu/lesson"])["id"] == 7
        assert any(b"movie" in payload for payload in told.values()) == is_wanted
        home.close()


def test_the_same_over_a_real_broker(mosquitto: tuple[str, int], journal: SqliteJournal) -> None:
    broker = BrokerSettings(host=mosquitto[0], port=mosquitto[1])
    house = VirtualHouse(MqttBus(broker))
    home = MqttHome(MqttBus(broker), Settings(broker=broker), journal)
    clock = iter(range(32, 10_000_000, 32))
    told: list[tuple[str, Cause]] = []

    def drained() -> list[tuple[str, Cause]]:
        told.extend((str(e.action), e.cause) for e in home.drain(next(clock)) if isinstance(e, SwitchEvent))
        return told

    try:
        wait_until(lambda: drained() and home.undo_of(ON) == OFF and len(home.devices()) == 5, "the devices")
        home.perform(ON, next(clock))
        wait_until(lambda: ("kitchen_light on", Cause.ECHO) in drained(), "the echo")
        house.flip(OFF)
        wait_until(lambda: ("kitchen_light off", Cause.HAND) in drained(), "the hand")
        assert journal.outbox() == []
    finally:
        home.close()
        house.close()
