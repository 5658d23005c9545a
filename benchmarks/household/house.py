"""The house on a bus: how its devices obey, change under hands, repeat themselves, vanish and come back.

The traces are those of real devices: an echo is mostly quick, sometimes late, sometimes doubled, now and then the old
state is told once more before it; dimmers pass through levels, covers travel; a device that was away tells its state
when it is back. Left out: messages that are simply wrong.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from benchmarks.household.clock import Clock
from benchmarks.household.things import BY_ID, REMOTE, REMOTE_TOPIC, THINGS, Stand, Thing
from benchmarks.household.truth import (
    AUTOMATION,
    IN_ADVANCE,
    MAINS,
    OURS,
    UNCHANGED,
    Origin,
    Truth,
    by_remote,
    told_late,
)
from device.home.bus import Message
from device.home.local_bus import LocalBroker, LocalBus
from device.messages import Action

_TRAVEL_S = 14


class House:
    """`stands` is how the devices stand, whether they have told it or not."""

    def __init__(self, broker: LocalBroker, clock: Clock, truth: Truth, rng: random.Random) -> None:
        self._clock, self._truth, self._rng = clock, truth, rng
        self.bus = LocalBus(broker)
        self.stands: dict[str, Stand] = {thing.id: thing.first for thing in THINGS}
        self._told: dict[str, Stand] = {}
        self._away: dict[str, Origin | None] = {}
        """Devices that cannot be reached, and who changed them meanwhile."""
        self._moves: dict[str, int] = dict.fromkeys(self.stands, 0)
        self._ready_ms: dict[str, float] = dict.fromkeys(self.stands, 0.0)
        """Until when a device is busy with what it was told before."""
        self._under_way: Counter[Action] = Counter()
        """Our orders that have not taken effect yet."""
        self._author = OURS
        self.ordered_by_us: Callable[[Action], None] = lambda _: None
        self._by_topic = {topic: thing for thing in THINGS for topic in thing.command_topics}
        self.bus.subscribe(self._by_topic)
        self.bus.listen(self._receive, self._announce)

    def hand(self, action: Action, why: Origin) -> None:
        """Somebody at the switch; in the hallway often at the remote."""
        origin = IN_ADVANCE if self._under_way[action] else why
        if action.device == REMOTE and self._rng.random() < 0.5 and REMOTE not in self._away:
            self._press(action, by_remote(origin))
        else:
            self._become(BY_ID[action.device], action, origin, by_knob=True)

    def automate(self, action: Action) -> None:
        """An automation publishes a command."""
        self._order(action, AUTOMATION)

    def change_itself(self, action: Action, origin: Origin) -> None:
        """A device changes without any message that says who wanted it."""
        self._become(BY_ID[action.device], action, origin)

    def vanish(self, device: str) -> None:
        """A device loses its connection."""
        self._away.setdefault(device, None)
        self.bus.publish(f"{BY_ID[device].base}/availability", "offline", retain=True)

    def come_back(self, device: str) -> None:
        """It is back, and tells how it stands."""
        origin = self._away.pop(device, None)
        self.bus.publish(f"{BY_ID[device].base}/availability", "online", retain=True)
        self._tell(BY_ID[device], told_late(origin or UNCHANGED))

    def lose_power(self) -> None:
        """Everything is dark, and nothing hears or tells."""
        for device in self.stands:
            self._moves[device] += 1
            self.vanish(device)

    def regain_power(self, device: str) -> None:
        """A device starts: half of the lamps come on, whatever they were; all tell their state."""
        thing = BY_ID[device]
        if thing.kind == "light" and self._rng.random() < 0.5:
            self.stands[device] = replace(self.stands[device], power="on")
        self._away[device] = MAINS
        origin = self._away.pop(device) or MAINS
        self.bus.publish(f"{thing.base}/availability", "online", retain=True)
        self._tell(thing, origin)

    def report(self, device: str) -> None:
        """A device says once more how it stands, as they do every hour or so."""
        if device not in self._away:
            self._tell(BY_ID[device], UNCHANGED)

    def _press(self, action: Action, origin: Origin) -> None:
        """A button: the lamp is bound to it, or the hub switches the lamp."""
        self._clock.stir()
        self.bus.publish(REMOTE_TOPIC, action.command)
        delay_s = self._rng.uniform(0.05, 0.5)
        if self._rng.random() < 0.5:
            self._clock.after(delay_s, lambda: self._become(BY_ID[action.device], action, origin))
        else:
            self._clock.after(delay_s, lambda: self._order(action, origin))

    def _order(self, action: Action, author: Origin) -> None:
        self._clock.stir()
        self._author = author
        self.bus.publish(*BY_ID[action.device].command(action))
        self._author = OURS

    def _announce(self) -> None:
        for thing in THINGS:
            topic, payload = thing.discovery()
            self.bus.publish(topic, payload, retain=True)
            self.bus.publish(f"{thing.base}/availability", "online", retain=True)
            self._tell(thing, told_late(self._away.pop(thing.id, None) or UNCHANGED))
        trigger = {"atype": "trigger", "type": "press", "stype": "on", "t": REMOTE_TOPIC, "dev": {"ids": ["remote"]}}
        self.bus.publish("homeassistant/device_automation/remote/press/config", json.dumps(trigger), retain=True)

    def _receive(self, message: Message) -> None:
        thing = self._by_topic[message.topic]
        action = thing.understand(message.payload)
        if action is None:
            return
        author = self._author
        self._clock.stir()
        if author is OURS:
            self.ordered_by_us(action)
        if thing.id in self._away:
            return
        told_ms = self._clock.now_ms + 1000 * self._echo_delay_s()
        self._ready_ms[thing.id] = max(self._ready_ms[thing.id], told_ms)
        self._under_way[action] += author is OURS
        if self._rng.random() < 0.05:
            self._clock.at((self._clock.now_ms + told_ms) / 2, lambda: self._tell(thing, author))
        self._clock.at(self._ready_ms[thing.id], lambda: self._obey(thing, action, author))

    def _obey(self, thing: Thing, action: Action, author: Origin) -> None:
        self._under_way[action] -= author is OURS
        self._become(thing, action, author)

    def _echo_delay_s(self) -> float:
        draw = self._rng.random()
        if draw < 0.75:
            return self._rng.uniform(0.05, 0.3)
        return self._rng.uniform(0.3, 1.5) if draw < 0.95 else self._rng.uniform(1.5, 8.0)

    def _become(self, thing: Thing, action: Action, origin: Origin, *, by_knob: bool = False) -> None:
        """Change, at once or by steps, and tell it."""
        before = self.stands[thing.id]
        after = thing.after(before, action)
        self._moves[thing.id] += 1
        move = self._moves[thing.id]
        for delay_s, stand in self._way(thing, before, after, by_knob=by_knob):
            self._clock.after(delay_s, lambda stand=stand: self._step(thing, stand, origin, move))  # type: ignore[misc]
        if self._rng.random() < 0.2:
            last_s = self._rng.uniform(0.1, 0.9)
            self._clock.after(last_s, lambda: self._repeat(thing, origin, move))

    def _way(self, thing: Thing, before: Stand, after: Stand, *, by_knob: bool) -> list[tuple[float, Stand]]:
        """The states on the way, with the seconds after which they come."""
        if thing.dialect == "cover" and before.level != after.level:
            start, end = before.level or 0, after.level or 0
            moving = "opening" if end > start else "closing"
            way = [(s, Stand(moving, round(start + (end - start) * s / _TRAVEL_S))) for s in range(0, _TRAVEL_S, 2)]
            return [*((float(s), stand) for s, stand in way), (float(_TRAVEL_S), after)]
        is_ramp = thing.dims and before.power == after.power == "on" and before.level != after.level
        if not is_ramp or self._rng.random() < 0.3:
            return [(0.0, after)]
        steps, pace_s = self._rng.randint(3, 6), self._rng.uniform(0.2, 0.5) if by_knob else 0.15
        start, end = before.level or 0, after.level or 0
        levels = [round(start + (end - start) * step / steps) for step in range(1, steps + 1)]
        return [(pace_s * number, replace(after, level=level)) for number, level in enumerate(levels)]

    def _step(self, thing: Thing, stand: Stand, origin: Origin, move: int) -> None:
        if self._moves[thing.id] == move:
            self.stands[thing.id] = stand
            if thing.id in self._away:
                self._away[thing.id] = origin
            self._tell(thing, origin)

    def _repeat(self, thing: Thing, origin: Origin, move: int) -> None:
        if self._moves[thing.id] == move:
            self._tell(thing, origin)

    def _tell(self, thing: Thing, origin: Origin) -> None:
        stand = self.stands[thing.id]
        if thing.id in self._away or not self.bus.connected:
            self._away.setdefault(thing.id, origin)
            return
        if self._told.get(thing.id) != stand:
            self._told[thing.id] = stand
            self._truth.changed(thing.id, self._clock.now_ms, origin)
            self._clock.stir()
        for topic, payload in thing.messages(stand):
            self.bus.publish(topic, payload, retain=True)
