"""What a device was told, by us and by others, and which of it explains a change.

An order explains its effect once, late if need be, the way there if it is a ramp, and doubles of it for a moment.
Left out: changes that nobody ordered (`causes.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from device.home.devices import State, Wiring
from device.messages import Action, Cause

EFFECT_MS = 10_000
"""How late the effect of an order may be."""
TRAVEL_MS = 60_000
"""How late a cover may arrive."""
DOUBLE_MS = 1_000
"""How long after its effect an order still explains a double of it."""
TOLERANCE = 0.02
"""Of the range: devices round."""
_ENDS = {"off": 0.0, "close": 0.0, "open": 100.0}


@dataclass(slots=True)
class Order:
    """Something was said to the device. Times are of the frame clock."""

    action: Action | None
    """None: we cannot read it, so it explains any change."""
    cause: Cause
    at_ms: int
    origin: State
    """What the device was then."""
    done_ms: int | None = None
    told: bool = False
    """Its event is out; an order makes only one."""


@dataclass(slots=True)
class Orders:
    """The orders to one device that may still have an effect."""

    wiring: Wiring
    _orders: list[Order] = field(default_factory=list)

    def add(self, action: Action | None, cause: Cause, state: State, now_ms: int) -> None:
        """The device was told something while it was in `state`."""
        self._orders = [o for o in self._orders if self._is_alive(o, now_ms)]
        waits = any(o.done_ms is None for o in self._orders)  # it will not be in `state` when it comes to this one
        is_so_already = action is not None and not waits and self._is_exactly(action, state)
        self._orders.append(Order(action, cause, now_ms, state, now_ms if is_so_already else None))

    def explain(self, before: State, after: State, now_ms: int, *, differs: bool) -> Order | None:
        """The order that led to `after`, or that leads there by way of it; noted as done if it has arrived."""
        alive = [o for o in self._orders if self._is_alive(o, now_ms)]
        for order in sorted(alive, key=lambda o: o.done_ms is not None):
            if differs if order.action is None else self._fits(order.action, after):
                self._done(order, after, now_ms)
                return order
        for order in alive:
            if (
                order.done_ms is None
                and order.action is not None
                and self._leads_by(order, order.action, before, after)
            ):
                if differs:
                    order.at_ms = now_ms  # it is under way; a device that only repeats itself is not
                return order
        return None

    def move_on(self) -> None:
        """Somebody did something else since: what was done explains nothing any more."""
        self._orders = [o for o in self._orders if o.done_ms is None]

    def _is_alive(self, order: Order, now_ms: int) -> bool:
        patience_ms = TRAVEL_MS if self.wiring.device.kind == "cover" else EFFECT_MS
        is_late = now_ms - order.at_ms > patience_ms
        return not is_late and (order.done_ms is None or now_ms - order.done_ms <= DOUBLE_MS)

    def _done(self, done: Order, state: State, now_ms: int) -> None:
        """The device obeyed; so it has dealt with earlier orders, and with others that asked for the same."""
        is_earlier = True
        for order in self._orders:
            is_same = order.action is not None and self._fits(order.action, state)
            if order.done_ms is None and (is_earlier or is_same):
                order.done_ms = now_ms
            is_earlier = is_earlier and order is not done

    def _fits(self, action: Action, state: State) -> bool:
        """Whether a state is what an action asks for."""
        if action.command == "stop":
            return not state.moving
        if action.command == "select":
            return state.power == action.value
        if action.command != "set":
            return state.power == action.command and not (state.moving and self.wiring.level)
        wanted = self._wanted(action)
        if wanted == 0 and state.power in ("off", "close"):
            return True
        return state.level is not None and state.power != "off" and abs(state.level - wanted) <= self._tolerance

    def _is_exactly(self, action: Action, state: State) -> bool:
        """Whether nothing will change: two percent are a change, though a device may come to rest that far off."""
        is_set_so = state.power == "off" or state.level == self._wanted(action)
        return self._fits(action, state) and (action.command != "set" or is_set_so)

    def _leads_by(self, order: Order, action: Action, before: State, after: State) -> bool:
        """Whether `after` lies on the way from where the order found the device to what it asks for."""
        is_set = action.command == "set"
        if after.moving:
            return is_set or action.command == after.power
        wanted = self._wanted(action) if is_set else _ENDS.get(action.command)
        if wanted is None:
            return False
        if before.power != after.power:
            return is_set and after.power == "on"
        if after.level is None or order.origin.level is None:
            return is_set
        start = 0.0 if order.origin.power == "off" else order.origin.level
        return min(start, wanted) - self._tolerance <= after.level <= max(start, wanted) + self._tolerance

    def _wanted(self, action: Action) -> float:
        value = float(action.value or 0)
        return value if self.wiring.level is None else self.wiring.level.scale.settled(value)

    @property
    def _tolerance(self) -> float:
        return TOLERANCE * (self.wiring.device.maximum - self.wiring.device.minimum)
