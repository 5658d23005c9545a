"""Whose hand was it? From what a device says, and what was said to it, to switch events with their causes.

Pure logic on the frame clock: what was commanded, seen and pressed goes in with its time, events come out.

- A change that somebody commanded is theirs: ours (`ECHO`), another's (`OTHER`), or a person's through us (`HAND`).
  A command explains its change once, late if need be, and doubles of it for a moment; and the way there, if it is a ramp.
- The first state on a topic since we subscribed, and retained ones soon after, are `UNKNOWN`: the change was before our
  time. The retain flag alone proves nothing, some brokers set it on live messages.
- A button on a remote makes the changes that follow it a `HAND`.
- Everything else is a `HAND`. A ramp of numbers is one event, told when it has settled.

Left out: topics and payloads (`devices.py`), and what an event teaches.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from device.home.devices import Reading, State, Wiring
from device.messages import Action, Cause, SwitchEvent

COMMAND_MS = 10_000
"""How late the effect of a command may be."""
TRAVEL_MS = 60_000
"""How late a cover may arrive."""
DOUBLE_MS = 1_000
"""How long after its effect a command still explains a double of it."""
SETTLE_MS = 1_000
"""A ramp is over when nothing has changed for so long."""
COVER_SETTLE_MS = 3_000
SUBSCRIBED_MS = 3_000
"""How long after subscribing a retained flag is believed."""
AROUND_MS = 2_000
"""How long a button, or a command to a group, explains the changes of other devices."""
TOLERANCE = 0.02
"""Of the range: devices round."""


@dataclass(slots=True)
class Around:
    """What explains changes anywhere in the house for a moment: a remote's button, or a command to a group."""

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
class _Command:
    """Something was said to the device, and will explain a change."""

    action: Action | None
    """None: we cannot read it, so it explains any change."""
    cause: Cause
    at_ms: int
    origin: State
    """What the device was then."""
    done_ms: int | None = None
    told: bool = False
    """Its event is out; a command makes only one."""


@dataclass(slots=True)
class _Change:
    """A change that may not have settled."""

    before: State
    cause: Cause
    command: _Command | None
    began_ms: int
    latest_ms: int


@dataclass(slots=True)
class Watch:
    """One device: what it is, what was said to it, and what has changed. All times are of the frame clock."""

    wiring: Wiring
    around: Around
    state: State = State()
    _commands: list[_Command] = field(default_factory=list)
    _sent: list[tuple[str, bytes, int]] = field(default_factory=list)
    """Our own messages, which the broker will send back to us: topic, payload and the time they are expected until."""
    _change: _Change | None = None
    _subscribed_ms: int = 0
    _heard: set[str] = field(default_factory=set)
    """Topics that have spoken since we subscribed."""

    @property
    def unsettled(self) -> bool:
        """Whether `settle` may have something to tell later."""
        return self._change is not None

    @property
    def heard_anything(self) -> bool:
        """Whether the device has told its state since we subscribed."""
        return bool(self._heard)

    def subscribed(self, now_ms: int) -> None:
        """We have just subscribed, again or for the first time: what comes first is old news."""
        self._subscribed_ms = now_ms
        self._heard.clear()

    def sent(self, action: Action, messages: list[tuple[str, str]], cause: Cause, now_ms: int) -> None:
        """We published a command, for ourselves (`ECHO`) or for a person (`HAND`)."""
        self._expect(action, cause, now_ms)
        self._sent += [(topic, payload.encode(), now_ms + COMMAND_MS) for topic, payload in messages]

    def command_seen(self, topic: str, payload: bytes, now_ms: int) -> bool:
        """A message came on the command topic; return whether it was somebody else's."""
        for i, (own_topic, own_payload, until_ms) in enumerate(self._sent):
            if (own_topic, own_payload) == (topic, payload) and now_ms <= until_ms:
                self._sent[i] = (topic, payload, min(until_ms, now_ms + DOUBLE_MS))
                return False
        cause = Cause.HAND if self.around.at(now_ms) == Cause.HAND else Cause.OTHER
        self._expect(self.wiring.decode_command(topic, payload), cause, now_ms)
        return True

    def state_seen(self, topic: str, payload: bytes, *, retained: bool, now_ms: int) -> list[SwitchEvent]:
        """The device told its state; return events that this settles."""
        reading = self.wiring.decode_state(topic, payload)
        is_first = topic not in self._heard
        is_old = retained and (is_first or now_ms - self._subscribed_ms <= SUBSCRIBED_MS)
        self._heard.add(topic)
        if reading.pressed and not is_old:
            self.around.note(Cause.HAND, now_ms)
        before, self.state = self.state, self.state.after(reading)
        if reading.power is None and reading.level is None and reading.moving is None:
            return []
        command = None if is_old else self._explanation(before, now_ms)
        if not self._differs(before) or (command is not None and command.told):
            return []
        cause = Cause.UNKNOWN if is_old else self._cause(before, command, is_first=is_first, now_ms=now_ms)
        return self._changed(before, cause, command, now_ms)

    def settle(self, now_ms: int) -> list[SwitchEvent]:
        """The change that has settled by now, if any."""
        change = self._change
        if change is None:
            return []
        kind = self.wiring.device.kind
        wait_ms = COVER_SETTLE_MS if kind == "cover" else SETTLE_MS
        is_plain = self.wiring.level is None or self.state.moving
        return self._tell(self.state) if is_plain or now_ms - change.latest_ms >= wait_ms else []

    # -- commands that explain a change -----------------------------------------------------------------------------

    def _expect(self, action: Action | None, cause: Cause, now_ms: int) -> None:
        self._sent = [s for s in self._sent if now_ms <= s[2]]
        self._commands = [c for c in self._commands if self._is_alive(c, now_ms)]
        command = _Command(action, cause, now_ms, self.state)
        if action is not None and self._fits(action, self.state):
            command.done_ms = now_ms  # it is so already: there will be no change to explain
        self._commands.append(command)

    def _is_alive(self, command: _Command, now_ms: int) -> bool:
        patience_ms = TRAVEL_MS if self.wiring.device.kind == "cover" else COMMAND_MS
        is_late = now_ms - command.at_ms > patience_ms
        return not is_late and (command.done_ms is None or now_ms - command.done_ms <= DOUBLE_MS)

    def _explanation(self, before: State, now_ms: int) -> _Command | None:
        """The command that led to the present state, or that leads there."""
        alive = [c for c in self._commands if self._is_alive(c, now_ms)]
        for command in sorted(alive, key=lambda c: c.done_ms is not None):
            if command.action is None and not self._differs(before):
                continue
            if command.action is None or self._fits(command.action, self.state):
                self._done(command, now_ms)
                return command
        for command in alive:
            if command.done_ms is None and command.action and self._is_on_the_way(command, before):
                command.at_ms = now_ms
                return command
        return None

    def _done(self, command: _Command, now_ms: int) -> None:
        """The device obeyed this one, so it has dealt with those before."""
        for earlier in self._commands:
            if earlier.done_ms is None:
                earlier.done_ms = now_ms
            if earlier is command:
                break

    def _fits(self, action: Action, state: State) -> bool:
        """Whether a state is what an action asks for."""
        if action.command == "stop":
            return not state.moving
        if action.command == "select":
            return state.power == action.value
        if action.command != "set":
            return state.power == action.command and not (state.moving and self.wiring.level)
        wanted = self._level_wanted(action)
        if wanted == 0 and state.power in ("off", "close"):
            return True
        return state.level is not None and state.power != "off" and abs(state.level - wanted) <= self._tolerance

    def _is_on_the_way(self, command: _Command, before: State) -> bool:
        """Whether the present state lies between what was and what the command asks for."""
        action, now = command.action, self.state
        if action is None:
            return False
        if now.moving:
            return action.command == now.power or action.command == "set"
        ends = {"off": 0.0, "close": 0.0, "open": 100.0}
        wanted = self._level_wanted(action) if action.command == "set" else ends.get(action.command)
        if wanted is None:
            return False
        if before.power != now.power:
            return action.command == "set" and now.power == "on"
        if now.level is None or command.origin.level is None:
            return action.command == "set"
        start = 0.0 if command.origin.power == "off" else command.origin.level
        low, high = min(start, wanted), max(start, wanted)
        return low - self._tolerance <= now.level <= high + self._tolerance

    def _level_wanted(self, action: Action) -> float:
        value = float(action.value or 0)
        return value if self.wiring.level is None else self.wiring.level.scale.settled(value)

    @property
    def _tolerance(self) -> float:
        return TOLERANCE * (self.wiring.device.maximum - self.wiring.device.minimum)

    # -- changes ---------------------------------------------------------------------------------------------------

    def _differs(self, before: State) -> bool:
        """Whether the present state is another than before, to somebody in the room."""
        now = self.state
        if now.power != before.power:
            return True
        if now.power == "off" or now.moving:
            return False
        if before.moving:
            return self.wiring.action_for(now) != self.wiring.action_for(before)
        return now.level != before.level

    def _cause(self, before: State, command: _Command | None, *, is_first: bool, now_ms: int) -> Cause:
        change = self._change
        if command is not None:
            return command.cause
        around = self.around.at(now_ms)
        if around is not None:
            return around
        if is_first or before == State():
            return Cause.UNKNOWN
        if change is not None and before.power == self.state.power and not self._is_set(change.command):
            return change.cause  # a ramp goes on
        return Cause.HAND

    def _is_set(self, command: _Command | None) -> bool:
        return command is not None and command.action is not None and command.action.command == "set"

    def _changed(self, before: State, cause: Cause, command: _Command | None, now_ms: int) -> list[SwitchEvent]:
        change, told = self._change, []
        if change is not None and change.cause == cause and (command is None or command is change.command):
            change.latest_ms = now_ms
        else:
            told = self._tell(before)
            self._change = _Change(before, cause, command, now_ms, now_ms)
        if cause in (Cause.HAND, Cause.OTHER) and command is None:
            self._commands = [c for c in self._commands if c.done_ms is None]  # the device has moved on
        return told + self.settle(now_ms)

    def _tell(self, after: State) -> list[SwitchEvent]:
        """Make the event of the change that led to `after`."""
        change, self._change = self._change, None
        if change is None:
            return []
        command = change.command
        action = command.action if command is not None and command.action is not None else None
        action = action or self._action_seen(change.before, after)
        before = self.wiring.action_for(change.before)
        if command is not None:
            command.told = True
        if action is None or (action == before and change.before == after):
            return []
        return [SwitchEvent(action, before, change.cause, change.began_ms)]

    def _action_seen(self, before: State, after: State) -> Action | None:
        """What somebody did at the switch: a lamp that comes on as bright as it was, or fully, was switched on."""
        device = self.wiring.device
        came_on = after.power == "on" and before.power != "on"
        if came_on and "on" in device.commands and after.level in (None, before.level, device.maximum):
            return Action(device.id, "on")
        if came_on and "on" in device.commands and before.level is None:
            return Action(device.id, "on")
        return self.wiring.action_for(after)
