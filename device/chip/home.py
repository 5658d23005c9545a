"""The house of a bridge: what its chip hears comes as a request, and while the chip is away so are we.

Words come from a chip with ears of its own, or from whoever publishes to `safu/<node>/say`, a recogniser elsewhere in
the house for example. Left out: everything else (`device/home/mqtt_home.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from device.chip.chip import Chip
from device.home.bus import Bus, Message
from device.home.mqtt_home import MqttHome
from device.messages import Post, Request, SwitchEvent
from device.protocols import OutboxStore
from device.settings import Settings


class ChipHome(MqttHome):
    """A `Home`. Raises `DiscoveryError` for a bad entry in `[devices]`."""

    def __init__(self, bus: Bus, settings: Settings, store: OutboxStore, chip: Chip) -> None:
        super().__init__(bus, settings, store)
        self._chip = chip
        self._announcer.is_present = False  # until it says something
        self._said_topic = f"safu/{settings.broker.node}/say"
        bus.subscribe([self._said_topic])

    def drain(self, now_ms: int) -> list[SwitchEvent | Request | Post]:
        """See `Home.drain`."""
        self._announcer.present(is_present=not self._chip.trouble)
        said, self._chip.said = self._chip.said, []
        return [*(Request("say", words) for words in said), *super().drain(now_ms)]

    def _take(self, message: Message, now_ms: int) -> Sequence[SwitchEvent | Request | Post]:
        if message.topic != self._said_topic:
            return super()._take(message, now_ms)
        return [] if message.retained else [Request("say", message.payload.decode("utf-8", "replace"))]
