"""The house behind an MQTT broker: a `Home` made of a bus, a catalogue, watches, an outbox and our own device.

    discovery topics -> catalogue -> what can be switched
    state and command topics -> watches -> switch events with their causes
    perform -> outbox -> bus

Everything happens in the caller's thread: the bus only fills its queue. Left out: each of those parts.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence

from device.errors import UnknownDeviceError
from device.home.announce import Announcer
from device.home.bus import Bus, Message, Receipt
from device.home.catalogue import Catalogue
from device.home.causes import Around, Watch
from device.home.discovery import filters
from device.home.outbox import Outbox
from device.letters import topic_to_device, topic_to_trainer
from device.messages import Action, Cause, Device, Interaction, Lesson, Post, Request, SwitchEvent
from device.protocols import OutboxStore
from device.settings import Settings

log = logging.getLogger(__name__)


class MqttHome:
    """A `Home`. The constructor neither waits for the broker nor fails without it.

    Raises `DiscoveryError` for a bad entry in `[devices]`.
    """

    def __init__(self, bus: Bus, settings: Settings, store: OutboxStore) -> None:
        self._bus = bus
        self._prefix = settings.broker.discovery_prefix
        self._catalogue = Catalogue(self._prefix, settings.devices)
        self._outbox = Outbox(store)
        self._announcer = Announcer(bus, settings)
        self._letters_topic = topic_to_device(settings.broker.node)
        self._trainers_topic = topic_to_trainer(settings.broker.node)
        self._switches = {"learning": True, "mute": False}
        self._around = Around()
        self._watches: dict[str, Watch] = {}
        self._by_state: dict[str, list[Watch]] = {}
        self._by_command: dict[str, list[Watch]] = {}
        self._by_availability: dict[str, list[Watch]] = {}
        self._subscribed: set[str] = set()
        self._generation = 0
        self._is_closed = False
        own = [*self._announcer.command_topics, self._letters_topic]
        bus.subscribe([*filters(self._prefix), f"{self._prefix}/status", *own])
        self._rewire(0)

    @property
    def is_connected(self) -> bool:
        """Whether the broker is there."""
        return self._bus.connected

    @property
    def trouble(self) -> str:
        """Why it is not, in plain words."""
        return self._bus.trouble

    def devices(self) -> Mapping[str, Device]:
        """See `Home.devices`."""
        return self._catalogue.devices

    def undo_of(self, action: Action) -> Action | None:
        """See `Home.undo_of`."""
        return self._state_of(action.device)

    def perform(self, action: Action, now_ms: int) -> None:
        """See `Home.perform`. Raises `UnknownDeviceError`, `JournalError`."""
        self._watch(action).wiring.encode(action)  # refuse it before it is in the outbox
        self._outbox.put(action, self._state_of(action.device))
        self._pump(now_ms)

    def flip(self, action: Action, now_ms: int) -> None:
        """See `Home.flip`. Raises `UnknownDeviceError`, also while the broker is away: a hand is not kept for later."""
        if self._send(action, Cause.HAND, now_ms) is None:
            raise UnknownDeviceError(f"{action.device} cannot be reached: {self._bus.trouble}")

    def drain(self, now_ms: int) -> list[SwitchEvent | Request | Post]:
        """See `Home.drain`."""
        messages = self._bus.drain()  # before looking at the generation: none of these is of a later one
        if self._bus.generation != self._generation:
            self._generation = self._bus.generation
            self._announcer.announce(self._switches)
            for watch in self._watches.values():
                watch.subscribed(now_ms)
        happened: list[SwitchEvent | Request | Post] = []
        announced = False
        for message in messages:
            if message.topic.startswith(f"{self._prefix}/"):
                announced |= self._take_announcement(message)
            else:
                happened += self._take(message, now_ms)
        if announced:
            self._rewire(now_ms)
        for watch in self._watches.values():
            if not watch.is_settled:
                happened += watch.settle(now_ms)
        self._pump(now_ms)
        return happened

    def report(self, interaction: Interaction) -> None:
        """See `Home.report`."""
        self._announcer.report(interaction)

    def report_counters(self, counters: Mapping[str, int]) -> None:
        """See `Home.report_counters`."""
        self._announcer.report_counters(counters)

    def report_lesson(self, lesson: Lesson) -> None:
        """See `Home.report_lesson`."""
        self._announcer.report_lesson(lesson)

    def report_model(self, acting: int, newest: int, summary: str) -> None:
        """See `Home.report_model`."""
        self._announcer.report_model(acting, newest, summary)

    def post(self, letter: bytes) -> bool:
        """See `Home.post`."""
        return self._bus.publish(self._trainers_topic, letter) is not None

    def close(self) -> None:
        """See `Home.close`."""
        if not self._is_closed:
            self._is_closed = True
            self._announcer.goodbye()
            self._bus.close()

    # -- messages --------------------------------------------------------------------------------------------------

    def _take_announcement(self, message: Message) -> bool:
        """Whether the devices may have changed."""
        if message.topic == f"{self._prefix}/status":
            if message.payload == b"online":
                self._announcer.announce(self._switches)
            return False
        return self._catalogue.take(message.topic, message.payload)

    def _take(self, message: Message, now_ms: int) -> Sequence[SwitchEvent | Request | Post]:
        if message.topic == self._letters_topic:
            return [] if message.retained else [Post(message.payload)]
        request = self._announcer.request(message.topic, message.payload)
        if request is not None and message.retained:
            return []  # asked long ago; it would be asked again at every reconnect
        if request is not None:
            self._switches[request.verb] = request.argument == "ON"
            self._announcer.switched(request.verb, is_on=self._switches[request.verb])
            return [request]
        if message.topic in self._catalogue.presses and not message.retained:
            self._around.note(Cause.HAND, now_ms)
        for watch in self._by_command.get(message.topic, ()):
            if watch.command_seen(message.topic, message.payload, now_ms) and watch.wiring.is_group:
                self._around.note(Cause.OTHER, now_ms)
        for watch in self._by_availability.get(message.topic, ()):
            watch.presence.seen(message.topic, message.payload, now_ms)
        events: list[SwitchEvent] = []
        for watch in self._by_state.get(message.topic, ()):
            events += watch.state_seen(message.topic, message.payload, retained=message.retained, now_ms=now_ms)
        return events

    # -- commands --------------------------------------------------------------------------------------------------

    def _pump(self, now_ms: int) -> None:
        self._outbox.pump(lambda action: self._send(action, Cause.ECHO, now_ms), self._state_of, self._generation)

    def _send(self, action: Action, cause: Cause, now_ms: int) -> list[Receipt] | None:
        """Publish an action's messages; None while the broker is away. Raises `UnknownDeviceError`."""
        watch = self._watch(action)
        messages = watch.wiring.encode(action)
        if not self._bus.connected:
            return None
        watch.sent(action, messages, cause, now_ms)
        if watch.wiring.is_group:
            self._around.note(cause, now_ms)
        receipts = [self._bus.publish(topic, payload) for topic, payload in messages]
        return [receipt for receipt in receipts if receipt is not None] or None

    def _watch(self, action: Action) -> Watch:
        watch = self._watches.get(action.device)
        if watch is None:
            known = ", ".join(sorted(self._watches)) or "none has been announced yet"
            raise UnknownDeviceError(f"there is no device {action.device!r}", hint=f"devices: {known}")
        return watch

    def _state_of(self, device: str) -> Action | None:
        """The action that the present state of a device amounts to; None while that is unknown."""
        watch = self._watches.get(device)
        return watch.wiring.action_for(watch.state) if watch and watch.heard else None

    def _rewire(self, now_ms: int) -> None:
        """The devices have changed: watch those that there are now, and listen to their topics."""
        wirings = self._catalogue.wirings
        kept = {i: w for i, w in self._watches.items() if wirings.get(i) == w.wiring}
        new = {i: Watch(wiring, self._around, now_ms) for i, wiring in wirings.items() if i not in kept}
        self._watches = {i: kept.get(i) or new[i] for i in wirings}
        by_state, by_command, by_availability = defaultdict(list), defaultdict(list), defaultdict(list)
        for watch in self._watches.values():
            for topic in watch.wiring.readers:
                by_state[topic].append(watch)
            for topic in watch.wiring.command_topics:
                by_command[topic].append(watch)
            for topic in watch.wiring.availability:
                by_availability[topic].append(watch)
        self._by_state, self._by_command = dict(by_state), dict(by_command)
        self._by_availability = dict(by_availability)
        wanted = {*by_state, *by_command, *by_availability, *self._catalogue.presses}
        renewed = {topic for w in new.values() for topic in (*w.wiring.readers, *w.wiring.availability)}
        self._bus.unsubscribe(sorted(self._subscribed - wanted))
        self._bus.subscribe(sorted((wanted - self._subscribed) | renewed))
        self._subscribed = wanted
