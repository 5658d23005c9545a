"""Can a device be reached? What happened while it could not, nobody saw.

Discovery names topics on which a device, or the bridge it hangs on, says that it is there. One that says "offline" is
enough for the device to be away. Left out: several topics of which one is enough (`availability_mode` other than
"all"), which are ignored; whether a command to a device that is away is worth sending; it may hear it
all the same, and commands live for seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from device.errors import DiscoveryError
from device.home.devices import Reader
from device.home.templates import read_value_template
from device.home.topics import is_plain

SETTLING_MS = 10_000
"""How long after its return what a device tells may be old news: it starts, joins its network, then reports."""
MAX_TOPICS = 8


def read_availability(keys: Mapping[str, Any], problems: list[str]) -> dict[str, Reader]:
    """The availability topics among the keys of an entity; those that make no sense are told in `problems`."""
    listed = keys.get("availability")
    single = {
        "topic": keys.get("availability_topic"),
        "value_template": keys.get("availability_template"),
        "payload_available": keys.get("payload_available"),
        "payload_not_available": keys.get("payload_not_available"),
    }
    entries = [single] if single["topic"] else (listed if isinstance(listed, list) else [listed] if listed else [])
    readers: dict[str, Reader] = {}
    if len(entries) > 1 and keys.get("availability_mode", "latest") != "all":
        return readers
    for entry in entries[:MAX_TOPICS]:
        try:
            readers |= _read_entry(entry if isinstance(entry, dict) else {})
        except DiscoveryError as error:
            problems.append(f"{error}: when it is away stays unknown")
    return readers


def _read_entry(entry: Mapping[str, Any]) -> dict[str, Reader]:
    topic, template = entry.get("topic"), entry.get("value_template") or ""
    if not is_plain(topic):
        raise DiscoveryError(f"an availability topic is no topic: {topic!r:.60}")
    payloads = [entry.get("payload_available") or "online", entry.get("payload_not_available") or "offline"]
    if not isinstance(template, str) or any(not isinstance(payload, str) for payload in payloads):
        raise DiscoveryError(f"the availability on {topic!r:.60} is not described in texts")
    words = {str(payload).casefold(): word for payload, word in zip(payloads, ("there", "away"), strict=True)}
    return {str(topic): Reader(read_value_template(template), words)}


class Presence:
    """Whether one device is there, by all of its topics. Times are of the frame clock."""

    def __init__(self, readers: Mapping[str, Reader]) -> None:
        self._readers = readers
        self._away: set[str] = set()
        self._returned_ms: int | None = None

    def seen(self, topic: str, payload: bytes, now_ms: int) -> None:
        """A message came on an availability topic."""
        reader = self._readers[topic]
        word = reader.words.get((reader.template.extract(payload) or "").casefold())
        if word == "away":
            self._away.add(topic)
        elif word == "there" and topic in self._away:
            self._away.remove(topic)
            self._returned_ms = now_ms

    def is_settling(self, now_ms: int) -> bool:
        """Whether it is away, or back so lately that what it tells may have happened meanwhile."""
        is_lately = self._returned_ms is not None and now_ms - self._returned_ms <= SETTLING_MS
        return bool(self._away) or is_lately
