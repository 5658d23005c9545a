"""What happens in the month, in order of time: habits, talk, silent flips, automations, and everything that breaks.

Day 0 is a Monday. Everything is drawn from one seed, so the same texts give the same month.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.household.clock import Clock
from benchmarks.household.ears import Ears
from benchmarks.household.house import House
from benchmarks.household.life import Life
from benchmarks.household.living import Living
from benchmarks.household.people import HABITS, Habit, Tongue
from benchmarks.household.things import THINGS
from benchmarks.household.truth import TIMER, Truth
from benchmarks.household.wordings import Texts
from device.home.local_bus import LocalBroker
from device.messages import Action

DAYS = 28
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
_SENTENCES_A_DAY, _FLIPS_A_DAY, _DROPOUTS_A_DAY, _REPORTS_A_DAY = 400, 12, 2, 60
_GUEST_DAYS = (12, 13)
_POWER_CUTS, _CRASHES, _OUTAGES = (5, 17, 24), (1, 9, 20), (2, 11, 19)
_AUTOMATIONS = (
    (6.0, Action("temperature", "set", 21.0)),
    (23.5, Action("temperature", "set", 17.0)),
    (17.2, Action("hallway_light", "on")),
    (23.6, Action("hallway_light", "off")),
    (8.6, Action("bathroom_light", "off")),
    (9.0, Action("heater", "off")),
    (12.5, Action("vacuum", "off")),
)
_TIMERS = ((10.9, Action("coffee_maker", "off")), (16.0, Action("coffee_maker", "off")))
"""The plug of the coffee maker switches itself off; nothing on the broker says why."""


class Month:
    """One household; `live` lets its days pass."""

    def __init__(self, texts: Texts, folder: Path, seed: int) -> None:
        self._rng = random.Random(seed)
        self._talk = texts.talk
        self._tongue = Tongue(texts, random.Random(seed + 1))
        self.truth, self._clock = Truth(), Clock()
        broker = LocalBroker()
        self._house = House(broker, self._clock, self.truth, random.Random(seed + 2))
        self._house.ordered_by_us = self.truth.acted
        self._living = Living(broker, self._clock, Ears(), self.truth, folder)
        self._life = Life(self._clock, self._house, self._living, self.truth, random.Random(seed + 3))

    def live(self, days: int) -> Iterator[int]:
        """Let days pass; yields the number of each when it is over."""
        for day in range(days):
            self.plan(day)
            self.pass_time((day + 1) * DAY_MS)
            yield day

    def plan(self, day: int) -> None:
        """Draw what will happen on a day."""
        for at_ms, happen in self._happenings(day):
            self._clock.at(at_ms, happen)

    def pass_time(self, until_ms: int) -> None:
        """Live until then."""
        for now_ms in self._clock.frames(until_ms):
            self._living.step(now_ms)

    def _happenings(self, day: int) -> Iterator[tuple[float, Callable[[], None]]]:
        """In any order."""
        yield from self._wishes(day)
        yield from self._conversations(day)
        yield from self._habits_of_machines(day)
        yield from self._troubles(day)
        for _ in range(_FLIPS_A_DAY):
            yield self._moment(day), self._life.flip_something

    def _wishes(self, day: int) -> Iterator[tuple[float, Callable[[], None]]]:
        later_h = 1.5 if day % 7 >= 5 else 0.0
        for habit in HABITS:
            is_here = habit.person != "guest" or day in _GUEST_DAYS
            if is_here and self._tongue.sayable(habit) and self._rng.random() < habit.share:
                hour = min(habit.hour + (later_h if habit.hour < 12 else 0.0) + self._rng.gauss(0, 0.25), 23.9)
                yield day * DAY_MS + hour * HOUR_MS, lambda habit=habit: self._want(habit)  # type: ignore[misc]

    def _want(self, habit: Habit) -> None:
        self._life.want(self._tongue.wish(habit))

    def _conversations(self, day: int) -> Iterator[tuple[float, Callable[[], None]]]:
        left = _SENTENCES_A_DAY
        while left > 0:
            length = min(left, self._rng.randint(1, 20))
            left -= length
            at_ms = self._moment(day)
            for words in self._rng.choices(self._talk, k=length):
                heard, speaker = tuple(self._tongue.heard(words)), self._rng.choice(("anna", "ben"))
                yield at_ms, lambda h=heard, s=speaker: self._life.chat(h, s)  # type: ignore[misc]
                at_ms += self._rng.uniform(3_000, 9_000)

    def _habits_of_machines(self, day: int) -> Iterator[tuple[float, Callable[[], None]]]:
        for hour, action in _AUTOMATIONS:
            at_ms = day * DAY_MS + hour * HOUR_MS
            yield at_ms, lambda action=action: self._house.automate(action)  # type: ignore[misc]
        for hour, action in _TIMERS:
            at_ms = day * DAY_MS + hour * HOUR_MS
            yield at_ms, lambda action=action: self._house.change_itself(action, TIMER)  # type: ignore[misc]
        for _ in range(_REPORTS_A_DAY):
            thing = self._rng.choice(THINGS)
            at_ms = self._rng.uniform(day, day + 1) * DAY_MS
            yield at_ms, lambda thing=thing: self._house.report(thing.id)  # type: ignore[misc]

    def _troubles(self, day: int) -> Iterator[tuple[float, Callable[[], None]]]:
        for _ in range(_DROPOUTS_A_DAY):
            thing, at_ms = self._rng.choice(THINGS), self._moment(day)
            yield at_ms, lambda thing=thing: self._house.vanish(thing.id)  # type: ignore[misc]
            back_ms = at_ms + self._rng.uniform(20_000, 600_000)
            yield back_ms, lambda thing=thing: self._house.come_back(thing.id)  # type: ignore[misc]
        at_ms = self._moment(day)
        if day in _CRASHES:
            yield at_ms, self._living.kill
            yield at_ms + 20_000, self._life.flip_something
            yield at_ms + 40_000, self._living.start
        if day in _POWER_CUTS:
            yield at_ms, self._living.kill
            yield at_ms, self._house.lose_power
            for thing in THINGS:
                back_ms = at_ms + self._rng.uniform(70_000, 130_000)
                yield back_ms, lambda thing=thing: self._house.regain_power(thing.id)  # type: ignore[misc]
            yield at_ms + 100_000, self._living.start
        if day in _OUTAGES:
            yield from self._outage(at_ms)

    def _outage(self, at_ms: float) -> Iterator[tuple[float, Callable[[], None]]]:
        """The broker is away for some minutes; people use their switches all the same."""
        clients: Sequence[Callable[[], None]] = (self._living.bus.go_offline, self._house.bus.go_offline)
        for leave in clients:
            yield at_ms, leave
        yield at_ms + 60_000, self._life.flip_something
        back = [self._living.bus.go_online, self._house.bus.go_online]
        self._rng.shuffle(back)
        for number, come in enumerate(back):
            yield at_ms + 180_000 + 1_500 * number, come

    def _moment(self, day: int) -> float:
        """A time of the day at which people are at home and awake."""
        spans = ((6.5, 9.0), (16.5, 23.5)) if day % 7 < 5 else ((8.0, 23.8),)
        start, end = self._rng.choices(spans, weights=[end - start for start, end in spans])[0]
        return day * DAY_MS + self._rng.uniform(start, end) * HOUR_MS
