"""Ourselves as a device in Home Assistant: switches to stop learning and to mute, counters, last words if wanted.

Published by discovery in device form, retained, and again whenever Home Assistant comes up. All of our topics are
under `safu/<node>/`. Left out: what the switches do (`device/requests.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from device.acoustic.sounds import described
from device.home.bus import Bus, Will
from device.messages import Interaction, Lesson, Request
from device.settings import Settings
from device.troubles import trouble_count

SWITCHES = ("learning", "mute")
COUNTERS = ("utterances", "actions", "lessons", "corrections", "talk", "troubles")
"""Those that have a sensor each; `troubles` is the sum of its kinds, which are its attributes."""


def availability_will(node: str) -> Will:
    """What the broker says of us once we are gone."""
    return Will(f"safu/{node}/availability", "offline")


def counters_topic(node: str) -> str:
    """Where our counters are, retained, as JSON."""
    return f"safu/{node}/counters"


@dataclass(slots=True)
class Announcer:
    """Publishes our own state; silent while the broker is away, complete again when it is back."""

    bus: Bus
    settings: Settings
    is_present: bool = True

    @property
    def base(self) -> str:
        return f"safu/{self.settings.broker.node}"

    @property
    def command_topics(self) -> Mapping[str, str]:
        """Topic to verb."""
        return {f"{self.base}/{name}/set": name for name in SWITCHES}

    def announce(self, states: Mapping[str, bool]) -> None:
        """Say that we are here, what we have, and how our switches stand."""
        prefix, node = self.settings.broker.discovery_prefix, self.settings.broker.node
        self.bus.publish(f"{prefix}/device/safu_{node}/config", json.dumps(self._discovery()), retain=True)
        self._tell_presence()
        for name in SWITCHES:
            self.switched(name, is_on=states[name])

    def present(self, *, is_present: bool) -> None:
        """Whether what we are made of is there: a bridge without its chip is not."""
        if is_present != self.is_present:
            self.is_present = is_present
            self._tell_presence()

    def _tell_presence(self) -> None:
        self.bus.publish(f"{self.base}/availability", "online" if self.is_present else "offline", retain=True)

    def switched(self, name: str, *, is_on: bool) -> None:
        """One of our switches stands so now."""
        self.bus.publish(f"{self.base}/{name}/state", "ON" if is_on else "OFF", retain=True)

    def request(self, topic: str, payload: bytes) -> Request | None:
        """What somebody asks for at one of our switches; None if it is not one of them or makes no sense."""
        name = self.command_topics.get(topic)
        wanted = payload.decode("ascii", "replace").upper()
        return Request(name, wanted) if name and wanted in ("ON", "OFF") else None

    def report_counters(self, counters: Mapping[str, int]) -> None:
        """All counters since the start."""
        shown = {**dict.fromkeys(COUNTERS, 0), **counters, "troubles": trouble_count(counters)}
        self.bus.publish(counters_topic(self.settings.broker.node), json.dumps(shown), retain=True)

    def report(self, interaction: Interaction) -> None:
        """The words, if the settings say so."""
        if self.settings.learning.publish_words:
            self.bus.publish(f"{self.base}/words", described(interaction.words)[:255])

    def report_lesson(self, lesson: Lesson) -> None:
        """A lesson is safe: its id and what it is of, never its words."""
        told = {"id": lesson.id, "kind": lesson.kind, "action": str(lesson.action), "weight": lesson.weight}
        self.bus.publish(f"{self.base}/lesson", json.dumps(told))

    def report_model(self, acting: int, newest: int, summary: str) -> None:
        """Which model acts; Home Assistant shows the other as an update that installs itself."""
        told = {"installed_version": str(acting), "latest_version": str(newest), "release_summary": summary}
        self.bus.publish(f"{self.base}/model", json.dumps(told), retain=True)

    def goodbye(self) -> None:
        """We leave in good order, so the last will is not published for us."""
        self.bus.publish(f"{self.base}/availability", "offline", retain=True)

    def _discovery(self) -> dict[str, object]:
        node = self.settings.broker.node
        components: dict[str, dict[str, object]] = {
            name: {
                "p": "switch",
                "name": name,
                "unique_id": f"safu_{node}_{name}",
                "state_topic": f"{self.base}/{name}/state",
                "command_topic": f"{self.base}/{name}/set",
            }
            for name in SWITCHES
        }
        for name in COUNTERS:
            components[name] = {
                "p": "sensor",
                "name": name,
                "unique_id": f"safu_{node}_{name}",
                "state_topic": counters_topic(node),
                "value_template": f"{{{{ value_json.{name} }}}}",
                "state_class": "total_increasing",
                "entity_category": "diagnostic",
            }
        components["troubles"]["json_attributes_topic"] = counters_topic(node)
        components["model"] = {
            "p": "update",
            "name": "model",
            "unique_id": f"safu_{node}_model",
            "state_topic": f"{self.base}/model",
            "entity_category": "diagnostic",
        }
        if self.settings.learning.publish_words:
            components["words"] = {
                "p": "sensor",
                "name": "last words",
                "unique_id": f"safu_{node}_words",
                "state_topic": f"{self.base}/words",
            }
        return {
            "dev": {"ids": [f"safu_{node}"], "name": f"safu {node}", "mf": "safu", "mdl": "voice switch"},
            "o": {"name": "safu"},
            "availability_topic": f"{self.base}/availability",
            "cmps": components,
        }
