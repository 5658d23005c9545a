"""Commands on their way: on the disk before they are sent, gone once the broker has them, never sent when stale.

A command lives 10 s by the wall clock, whatever happens to the broker, the process or the power meanwhile. One left
by an earlier process is sent only when the device has told its state since and is still what it was.
Left out: the sending itself (`mqtt_home.py`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from device.errors import UnknownDeviceError
from device.home.bus import Receipt
from device.messages import Action, OutboxEntry
from device.protocols import OutboxStore

log = logging.getLogger(__name__)

LIFE_MS = 10_000
Send = Callable[[Action], Sequence[Receipt] | None]
"""Publishes an action; None while that cannot be done."""


@dataclass(slots=True)
class _Waiting:
    entry: OutboxEntry
    is_inherited: bool = False
    receipts: Sequence[Receipt] = ()
    generation: int = 0
    """The connection it was sent by, if it was."""


@dataclass(slots=True)
class Outbox:
    """What must still be sent, in order."""

    store: OutboxStore
    wall_ms: Callable[[], int] = lambda: int(1000 * time.time())
    _waiting: list[_Waiting] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._waiting = [_Waiting(entry, is_inherited=True) for entry in self.store.outbox()]

    def put(self, action: Action, before: Action | None) -> None:
        """Commit a command to the disk; it replaces older ones to the same device. Raises `JournalError`."""
        for older in [w for w in self._waiting if w.entry.action.device == action.device]:
            self._remove(older)
        self._waiting.append(_Waiting(self.store.put_outbox(OutboxEntry(action, before, self.wall_ms()))))

    def pump(self, send: Send, state_of: Callable[[str], Action | None], generation: int) -> None:
        """Send what waits, forget what has arrived or is too old. Costs nothing when the box is empty."""
        for waiting in list(self._waiting):
            entry = waiting.entry
            if waiting.receipts and all(receipt.arrived for receipt in waiting.receipts):
                self._remove(waiting)
            elif not 0 <= self.wall_ms() - entry.created_unix_ms <= LIFE_MS:
                self._remove(waiting)
                if not waiting.receipts:
                    log.warning("not sent in time, and dropped: %s", entry.action)
            elif waiting.is_inherited and state_of(entry.action.device) is None:
                continue  # the device has not told its state yet
            elif waiting.is_inherited and state_of(entry.action.device) != entry.before:
                self._remove(waiting)
                log.info("dropped, because the device has changed since: %s", entry.action)
            elif not waiting.receipts or waiting.generation != generation:
                self._send(waiting, send, generation)

    def _send(self, waiting: _Waiting, send: Send, generation: int) -> None:
        try:
            waiting.receipts = send(waiting.entry.action) or ()
            waiting.generation = generation
        except UnknownDeviceError as error:
            self._remove(waiting)
            log.warning("dropped, because the device is gone or can do less than before: %s", error)

    def _remove(self, waiting: _Waiting) -> None:
        self._waiting.remove(waiting)
        self.store.remove_outbox(waiting.entry.id)
