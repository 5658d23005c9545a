"""All that can be switched: what discovery and the settings announced, less what cannot be believed.

The broker is not ours: anybody can publish anything there. Each bad message costs one line of log and nothing else.
Left out: devices that vanished without saying so; they stay until their discovery message is cleared.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from device.errors import DiscoveryError
from device.home.devices import Wiring
from device.home.discovery import Announcement, read_announcement, read_table
from device.messages import Device

log = logging.getLogger(__name__)

MAX_DEVICES = 500
MAX_REMOTES = 500
MAX_WARNINGS = 200
OWN_ROOT = "safu/"
"""Our own switches, and those of our sisters in other rooms, are not for us to flip."""


class Catalogue:
    """Wirings by device id, and the topics of remotes. Raises `DiscoveryError` for a bad `[devices]` entry."""

    def __init__(self, prefix: str, table: Mapping[str, Mapping[str, Any]]) -> None:
        self._prefix = prefix
        self._set_up: dict[str, Wiring] = {}
        for entry_id, entry in table.items():
            wiring = read_table(entry_id, entry)
            self._refuse_if_unfit(wiring, self._set_up)
            self._set_up[wiring.device.id] = wiring
        self._announced: dict[str, Announcement] = {}
        self._warned: set[str] = set()
        self._index()

    def _index(self) -> None:
        self.wirings: dict[str, Wiring] = dict(self._set_up)
        self.presses: set[str] = set()
        for announcement in self._announced.values():
            self.wirings.update((w.device.id, w) for w in announcement.wirings)
            self.presses.update(announcement.presses)
        self.devices: Mapping[str, Device] = MappingProxyType({i: w.device for i, w in self.wirings.items()})

    def take(self, topic: str, payload: bytes) -> bool:
        """Take a message on a discovery topic; return whether anything changed. Never raises."""
        try:
            announcement = read_announcement(topic, payload, self._prefix)
        except DiscoveryError as error:
            self._warn(topic, [str(error)])
            return False
        old = self._announced.get(topic, Announcement())
        new = self._believable(topic, announcement)
        if (old.wirings, old.presses) == (new.wirings, new.presses):
            return False
        if new.wirings or new.presses:
            self._announced[topic] = new
        else:
            del self._announced[topic]
        self._index()
        return True

    def _believable(self, topic: str, announcement: Announcement) -> Announcement:
        taken = dict(self.wirings)
        for old in self._announced.get(topic, Announcement()).wirings:
            del taken[old.device.id]
        wirings, problems = [], list(announcement.problems)
        for wiring in announcement.wirings:
            if any(t.startswith(OWN_ROOT) for t in wiring.command_topics):
                continue
            try:
                self._refuse_if_unfit(wiring, taken)
            except DiscoveryError as error:
                problems.append(str(error))
                continue
            wirings.append(wiring)
            taken[wiring.device.id] = wiring
        room = MAX_REMOTES - len(self.presses)
        self._warn(topic, problems)
        return Announcement(tuple(wirings), announcement.presses[: max(0, room)])

    def _refuse_if_unfit(self, wiring: Wiring, taken: Mapping[str, Wiring]) -> None:
        device = wiring.device
        if device.id in taken:
            raise DiscoveryError(f"there is another device with the unique_id {device.id}")
        if len(taken) >= MAX_DEVICES:
            raise DiscoveryError(f"there are {MAX_DEVICES} devices already")
        status = f"{self._prefix}/status"
        if any(
            t == status or (t.startswith(f"{self._prefix}/") and t.endswith("/config")) for t in wiring.command_topics
        ):
            raise DiscoveryError("its command_topic is one of discovery itself")

    def _warn(self, topic: str, problems: Iterable[str]) -> None:
        """Once per topic, and not for ever."""
        told = "; ".join(problems)
        if not told or topic in self._warned or len(self._warned) >= MAX_WARNINGS:
            return
        self._warned.add(topic)
        log.warning("ignored in discovery message %.100r: %.500s", topic, told)
        if len(self._warned) == MAX_WARNINGS:
            log.warning("there are %d bad discovery messages; no more will be reported", MAX_WARNINGS)
