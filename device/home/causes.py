"""Whose hand was it? From what a device says, and what was said to it, to switch events with their causes.

Pure logic on the frame clock: what was ordered, seen and pressed goes in with its time, events come out.

- A change that somebody ordered is theirs: ours (`ECHO`), another's (`OTHER`), or a person's through us (`HAND`).
- The first state on a topic since we subscribed, and retained ones soon after, are `UNKNOWN`: they may have come about
  before our time. The retain flag alone proves nothing; some brokers set it on live messages. So are those of a
  device that was away and has just come back.
- A button on a remote makes the changes that follow it a `HAND`.
- Everything else is a `HAND`. A ramp of numbers is one event, told when it has settled.

Left out: topics and payloads (`devices.py`), which order explains a change (`orders.py`), what an event teaches.
"""

from __future__ import annotations

from dataclasses import dataclass

from device.home.availability import Presence
from device.home.devices import State, Wiring
from device.home.orders import DOUBLE_MS, EFFECT_MS, Order, Orders
from device.messages import Action, Cause, SwitchEvent

SETTLE_MS = 1_000
"""A ramp is over when nothing has changed for so long."""
COVER_SETTLE_MS = 3_000
SUBSCRIBED_MS = 3_000
"""How long after subscribing a retained flag is believed."""
AROUND_MS = 2_000
"""How long a button, or an order to a group, explains the changes of other devices."""


@dataclass(slots=True)
class Around:
    """What explains changes anywhere in the house for a moment: a remote's button, or an order to a group."""

    cause: Cause = Cause.UNKNOWN
    until_ms: int = -1

    def note(self, cause: Cause, now_ms: int) -> None:
        """Something happened that other devices will follow. A hand on a button outweighs the rest."""
        if cause == Cause.HAND or self.at(now_ms) != Cause.HAND:
            self.cause, self.until_ms = cause, now_ms + AROUND_MS

    def at(self, now_ms: int) -> Cause | None:
        """What explains a change now, if anything."""
        return self.cause if now_ms <= self.until_ms else None


@dataclass(slots=True)
class _Own:
    """A message of ours that the broker will send back to us."""

    topic: str
    payload: bytes
    until_ms: int


@dataclass(slots=True)
class _Change:
    """A change that may not have settled."""

    before: State
    cause: Cause
    order: Order | None
    began_ms: int
    latest_ms: int


class Watch:
    """One device: what it is, what was said to it, and what has changed. All times are of the frame clock."""

    def __init__(self, wiring: Wiring, around: Around, now_ms: int) -> None:
        self.wiring = wiring
        self.state = State()
        self.heard: set[str] = set()
        """State topics that have spoken since we subscribed."""
        self.presence = Presence(wiring.availability)
        self._around = around
        self._orders = Orders(wiring)
        self._own: list[_Own] = []
        self._change: _Change | None = None
        self._subscribed_ms = now_ms

    @property
    def is_settled(self) -> bool:
        """Whether `settle` will have nothing to tell."""
        return self._change is None

    def subscribed(self, now_ms: int) -> None:
        """We have just subscribed again: what comes first is old news."""
        self._subscribed_ms = now_ms
        self.heard.clear()

    def sent(self, action: Action, messages: list[tuple[str, str]], cause: Cause, now_ms: int) -> None:
        """We published a command, for ourselves (`ECHO`) or for a person (`HAND`)."""
        self._orders.add(action, cause, self.state, now_ms)
        own = [_Own(topic, payload.encode(), now_ms + EFFECT_MS) for topic, payload in messages]
        self._own = [o for o in self._own if now_ms <= o.until_ms] + own

    def command_seen(self, topic: str, payload: bytes, now_ms: int) -> bool:
        """A message came on the command topic; return whether it was somebody else's."""
        own = [o for o in self._own if (o.topic, o.payload) == (topic, payload) and now_ms <= o.until_ms]
        if own:
            returned = max(own, key=lambda o: o.until_ms)
            returned.until_ms = min(returned.until_ms, now_ms + DOUBLE_MS)
            return False
        cause = Cause.HAND if self._around.at(now_ms) == Cause.HAND else Cause.OTHER
        self._orders.add(self.wiring.decode_command(topic, payload), cause, self.state, now_ms)
        return True

    def state_seen(self, topic: str, payload: bytes, *, retained: bool, now_ms: int) -> list[SwitchEvent]:
        """The device told its state; return the events that are certain now."""
        reading = self.wiring.decode_state(topic, payload)
        is_first = topic not in self.heard
        is_old = retained and (is_first or now_ms - self._subscribed_ms <= SUBSCRIBED_MS)
        if reading.pressed and not is_old:
            self._around.note(Cause.HAND, now_ms)
        if reading.says_nothing:
            return []
        self.heard.add(topic)
        before, self.state = self.state, self.state.after(reading)
        differs = self._differs(before)
        order = None if is_old else self._orders.explain(before, self.state, now_ms, differs=differs)
        if not differs or (order is not None and order.told):
            return []
        cause = Cause.UNKNOWN if is_old else self._cause(before, order, is_first=is_first, now_ms=now_ms)
        return self._changed(before, cause, order, now_ms)

    def settle(self, now_ms: int) -> list[SwitchEvent]:
        """The change that has settled by now, if any."""
        change = self._change
        if change is None:
            return []
        wait_ms = COVER_SETTLE_MS if self.wiring.device.kind == "cover" else SETTLE_MS
        is_at_once = self.wiring.level is None or self.state.moving
        return self._tell(self.state) if is_at_once or now_ms - change.latest_ms >= wait_ms else []

    def _differs(self, before: State) -> bool:
        """Whether the present state is another than before, to somebody in the room."""
        now = self.state
        if now.power != before.power:
            return True
        if now.power == "off" or now.moving:
            return False
        if before.moving:
            return self.wiring.action_for(now) != self.wiring.action_for(before)
        is_news = before.level is None and now.power != ""  # we learned more, nothing changed
        return now.level != before.level and not is_news

    def _cause(self, before: State, order: Order | None, *, is_first: bool, now_ms: int) -> Cause:
        if order is not None:
            return order.cause
        around = self._around.at(now_ms)
        if around is not None:
            return around
        if is_first or before == State() or self.presence.is_settling(now_ms):
            return Cause.UNKNOWN
        change = self._change
        if change is not None and before.power == self.state.power and not _is_set(change.order):
            return change.cause  # a ramp goes on
        return Cause.HAND

    def _changed(self, before: State, cause: Cause, order: Order | None, now_ms: int) -> list[SwitchEvent]:
        told: list[SwitchEvent] = []
        if self._change is not None and self._change.cause == cause and order in (None, self._change.order):
            self._change.latest_ms = now_ms
        else:
            told = self._tell(before)
            self._change = _Change(before, cause, order, now_ms, now_ms)
        if order is None and self._change.order is None:
            self._orders.move_on()
        return told + self.settle(now_ms)

    def _tell(self, after: State) -> list[SwitchEvent]:
        """Make the event of the change that led to `after`."""
        change, self._change = self._change, None
        if change is None:
            return []
        ordered = None
        if change.order is not None:
            change.order.told = True
            ordered = change.order.action
        action = ordered or self._action_seen(change.before, after)
        before = self.wiring.action_for(change.before)
        if action is None or action == before:
            return []
        return [SwitchEvent(action, before, change.cause, change.began_ms)]

    def _action_seen(self, before: State, after: State) -> Action | None:
        """What somebody did at the switch: a lamp that comes on as bright as it was, or fully, was switched on."""
        device = self.wiring.device
        came_on = after.power == "on" != before.power and "on" in device.commands
        if came_on and (before.level is None or after.level in (None, before.level, device.maximum)):
            return Action(device.id, "on")
        return self.wiring.action_for(after)


def _is_set(order: Order | None) -> bool:
    return order is not None and order.action is not None and order.action.command == "set"
