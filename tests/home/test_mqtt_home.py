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
from device.home.outbox import LIFE_MS, Outbox
from device.home.virtual import DEVICES, VirtualHouse
from device.journal import SqliteJournal
from device.messages import Action, Cause, OutboxEntry, Request, SwitchEvent
from device.settings import BrokerSettings, Settings
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

    def drain(self, for_ms: int = 320) -> list[SwitchEvent | Request]:
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


class FakeClock:
    """Wall clock in milliseconds."""

    now = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.mark.parametrize(
    ("age_ms", "state", "is_sent"),
    [(1_000, OFF, True), (1_000, ON, False), (LIFE_MS + 1, OFF, False), (-5_000, OFF, False)],
    ids=["unchanged", "changed since", "too old", "the clock jumped back"],
)
def test_what_an_earlier_process_left(journal: SqliteJournal, age_ms: int, state: Action, *, is_sent: bool) -> None:
    clock = FakeClock()
    journal.put_outbox(OutboxEntry(ON, OFF, clock.now - age_ms))
    outbox, sent = Outbox(journal, clock), list[Action]()

    def send(action: Action) -> tuple[()]:
        sent.append(action)
        return ()

    outbox.pump(send, lambda _: None, 1)
    assert not sent, "the device has not told its state yet"
    outbox.pump(send, lambda _: state, 1)
    assert sent == ([ON] if is_sent else [])


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
