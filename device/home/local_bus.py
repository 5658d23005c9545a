"""A bus within the process: the double of `mqtt.py`, for tests and for demonstrations without a broker.

Every `LocalBus` is one client of a `LocalBroker`; delivery is immediate, in the publisher's thread.
Left out: what only a network has, such as delay, passwords and certificates.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from device.home.bus import Inbox, Message, Receipt, Will
from device.home.topics import is_plain, matches


@dataclass(frozen=True, slots=True)
class _Arrived:
    """Delivery within a process is immediate."""

    arrived: bool = True


class LocalBroker:
    """Clients, and the retained messages by topic."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.retained: dict[str, bytes] = {}
        self.clients: list[LocalBus] = []
        self._waiting: deque[Message] = deque()
        self._delivering = False

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        """Give a message to everyone who subscribed; what a listener publishes meanwhile comes after it."""
        with self.lock:
            if retain and payload:
                self.retained[topic] = payload
            elif retain:
                self.retained.pop(topic, None)
            self._waiting.append(Message(topic, payload))
            if self._delivering:
                return
            self._delivering = True
            try:
                while self._waiting:
                    message = self._waiting.popleft()
                    for client in list(self.clients):
                        client.receive(message)
            finally:
                self._delivering = False


class LocalBus:
    """One client of a `LocalBroker`; keeps the promises of `bus.Bus`.

    >>> bus = LocalBus()
    >>> bus.subscribe(["house/+/state"])
    >>> _ = LocalBus(bus.broker).publish("house/lamp/state", "ON")
    >>> [(m.topic, m.payload) for m in bus.drain()]
    [('house/lamp/state', b'ON')]
    """

    def __init__(self, broker: LocalBroker | None = None, *, will: Will | None = None, online: bool = True) -> None:
        self.broker = broker or LocalBroker()
        self.trouble = "not connected yet"
        self.connected = False
        self.generation = 0
        self._will = will
        self._filters: dict[str, None] = {}
        self._inbox = Inbox()
        self._on_connect: Callable[[], None] | None = None
        if online:
            self.go_online()

    @property
    def dropped(self) -> int:
        """See `Bus.dropped`."""
        return self._inbox.dropped

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> Receipt | None:
        """See `Bus.publish`. Raises `ValueError` for a topic that no broker would take."""
        if not is_plain(topic):
            raise ValueError(f"cannot publish to {topic!r}")
        if not self.connected:
            return None
        self.broker.publish(topic, payload.encode() if isinstance(payload, str) else payload, retain=retain)
        return _Arrived()

    def subscribe(self, filters: Iterable[str]) -> None:
        """See `Bus.subscribe`."""
        with self.broker.lock:
            new = dict.fromkeys(filters)
            self._filters |= new
            if self.connected:
                self._receive_retained(new)

    def unsubscribe(self, filters: Iterable[str]) -> None:
        """See `Bus.unsubscribe`."""
        with self.broker.lock:
            for topic_filter in filters:
                self._filters.pop(topic_filter, None)

    def drain(self) -> list[Message]:
        """See `Bus.drain`."""
        return self._inbox.drain()

    def listen(self, on_message: Callable[[Message], None], on_connect: Callable[[], None]) -> None:
        """See `Bus.listen`."""
        self._inbox.listen(on_message)
        self._on_connect = on_connect
        if self.connected:
            on_connect()

    def close(self) -> None:
        """See `Bus.close`."""
        self._leave("closed")

    def go_offline(self) -> None:
        """Break the connection without a goodbye: the last will is published."""
        was_connected = self.connected
        self._leave("the broker cannot be reached")
        if was_connected and self._will is not None:
            self.broker.publish(self._will.topic, self._will.payload.encode(), retain=True)

    def go_online(self) -> None:
        """Connect, or connect again."""
        with self.broker.lock:
            if self.connected:
                return
            self.connected, self.trouble = True, ""
            self.generation += 1
            self.broker.clients.append(self)
            self._receive_retained(self._filters)
        if self._on_connect is not None:
            self._on_connect()

    def receive(self, message: Message) -> None:
        """Called by the broker for every message there is."""
        if any(matches(f, message.topic) for f in self._filters):
            self._inbox.put(replace(message, generation=self.generation))

    def _leave(self, trouble: str) -> None:
        with self.broker.lock:
            self.connected, self.trouble = False, trouble
            if self in self.broker.clients:
                self.broker.clients.remove(self)

    def _receive_retained(self, filters: Iterable[str]) -> None:
        for topic, payload in list(self.broker.retained.items()):
            if any(matches(f, topic) for f in filters):
                self._inbox.put(Message(topic, payload, retained=True, generation=self.generation))
