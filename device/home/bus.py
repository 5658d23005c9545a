"""What the home asks of a message bus, and the bounded queue that every bus receives into.

`mqtt.py` is the real one, `local_bus.py` its double; `tests/contracts/test_bus.py` holds them to the same promises.
Left out: waiting. A bus has threads of its own; the loop only looks into the queue.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

MAX_PAYLOAD_BYTES = 1024 * 1024
"""Larger messages are dropped on arrival: the largest honest ones are models, of up to half as much."""
QUEUE_MESSAGES = 8192
QUEUE_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Message:
    """Something the broker sent us."""

    topic: str
    payload: bytes
    retained: bool = False
    """What the broker says; some brokers say it of live messages too."""
    generation: int = 0
    """The connection it came by: see `Bus.generation`."""


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker shall publish, retained, once we are gone without a goodbye."""

    topic: str
    payload: str


class Receipt(Protocol):
    """Says whether the broker has a message that we published."""

    @property
    def arrived(self) -> bool:
        """Whether the broker has confirmed it. Stays False when the connection broke first."""


class Bus(Protocol):
    """Topics to publish to and to listen to. Never raises because a broker is away; never keeps what it cannot send."""

    @property
    def connected(self) -> bool:
        """Whether a message published now would be sent."""

    @property
    def trouble(self) -> str:
        """Why we are not connected, in plain words; empty while we are."""

    @property
    def generation(self) -> int:
        """How often we have connected; 0 before the first time. Retained messages come again with each."""

    @property
    def dropped(self) -> int:
        """How many messages were thrown away because nobody drained them, or because they were too large."""

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> Receipt | None:
        """Send now, or return None: while offline nothing is queued, so nothing is ever sent twice or late."""

    def subscribe(self, filters: Iterable[str]) -> None:
        """Receive what these match, from now on and after every reconnect; retained messages first."""

    def unsubscribe(self, filters: Iterable[str]) -> None:
        """Stop receiving."""

    def drain(self) -> list[Message]:
        """What was received since the last call, in order. Costs next to nothing when there is nothing."""

    def listen(self, on_message: Callable[[Message], None], on_connect: Callable[[], None]) -> None:
        """Call `on_message` in the bus's own thread instead of queueing; `on_connect` now and at each reconnect."""

    def close(self) -> None:
        """Leave in good order, without the last will. May be called twice."""


class Inbox:
    """Received messages: bounded in number and bytes; what does not fit is counted and forgotten.

    One thread appends, another drains; a deque needs no lock for that.

    >>> inbox = Inbox(messages=1)
    >>> inbox.put(Message("a", b"1")); inbox.put(Message("a", b"2"))
    >>> [m.payload for m in inbox.drain()], inbox.dropped
    ([b'1'], 1)
    """

    def __init__(self, messages: int = QUEUE_MESSAGES, size_bytes: int = QUEUE_BYTES) -> None:
        self._messages: deque[Message] = deque()
        self._limit = messages
        self._limit_bytes = size_bytes
        self._received_bytes = 0
        self._drained_bytes = 0
        self._listener: Callable[[Message], None] | None = None
        self.dropped = 0

    def listen(self, listener: Callable[[Message], None]) -> None:
        """Hand messages to `listener` from now on."""
        self._listener = listener

    def put(self, message: Message) -> None:
        """Take a message, or count it as dropped."""
        size = len(message.payload) + len(message.topic)
        waiting_bytes = self._received_bytes - self._drained_bytes
        if size > MAX_PAYLOAD_BYTES:
            self.dropped += 1
        elif self._listener is not None:
            self._listener(message)
        elif len(self._messages) >= self._limit or waiting_bytes + size > self._limit_bytes:
            self.dropped += 1
        else:
            self._received_bytes += size
            self._messages.append(message)

    def drain(self) -> list[Message]:
        """All messages that wait, oldest first."""
        if not self._messages:
            return []
        drained = [self._messages.popleft() for _ in range(len(self._messages))]
        self._drained_bytes += sum(len(m.payload) + len(m.topic) for m in drained)
        return drained
