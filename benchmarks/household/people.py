"""Who lives in the house: habits by the time of day, and each one's own ways of asking.

A resident asks for the same thing mostly in one or two favourite ways and sometimes in another. Who names no room means
the room with the microphone. The guest of the second weekend has wordings of her own, and may mean another room.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.household.things import BY_ID
from benchmarks.household.wordings import NAME, ROOM, VALUE, Texts
from device.everyday import everyday_words
from device.messages import Action
from device.numbers import say_number
from device.phrasings import words_of

_MISHEARD = 0.02
"""Share of words that the recogniser takes for another one."""
_MICROPHONE_IN = "Living room"
_FAVOURITES = (0.65, 0.25)
"""How often the first and the second favourite is said; else anything."""


@dataclass(frozen=True, slots=True)
class Habit:
    """Something that somebody wants at about the same time of most days."""

    person: str
    device: str
    sort: str
    """Of the wordings, such as `light on`."""
    hour: float
    share: float = 0.8
    """Of days."""

    @property
    def command(self) -> str:
        return {"dim": "set", "brighten": "set"}.get(self.kind, self.kind)

    @property
    def kind(self) -> str:
        return self.sort.split()[1]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants now, and the words for it, as they are heard."""

    person: str
    words: tuple[str, ...]
    action: Action
    kind: str


_LIGHTS = (
    ("anna", "kitchen_light", 6.7, 7.6), ("ben", "bathroom_light", 7.0, 7.3), ("anna", "bathroom_light", 7.4, 7.7),
    ("ben", "hallway_light", 7.8, 8.1), ("anna", "living_light", 17.6, 18.4), ("ben", "kitchen_light", 18.5, 20.2),
    ("anna", "living_light", 19.2, 22.6), ("ben", "bedroom_light", 21.6, 22.0), ("anna", "bathroom_light", 22.3, 22.7),
    ("anna", "bedroom_light", 22.5, 23.1), ("guest", "bedroom_light", 20.6, 23.4), ("guest", "kitchen_light", 9.0, 9.8),
    ("guest", "bathroom_light", 9.9, 10.2), ("guest", "living_light", 20.2, 23.0),
)  # fmt: skip
_OTHERS = (
    Habit("anna", "coffee_maker", "coffee on", 6.8),
    Habit("ben", "coffee_maker", "coffee on", 14.5, 0.4),
    Habit("ben", "coffee_maker", "plug off", 8.2),
    Habit("guest", "coffee_maker", "coffee on", 10.0),
    Habit("ben", "vacuum", "vacuum on", 10.2, 0.5),
    Habit("anna", "vacuum", "plug off", 11.0, 0.4),
    Habit("anna", "heater", "plug on", 6.6, 0.7),
    Habit("ben", "heater", "plug off", 8.0, 0.7),
    Habit("ben", "bedroom_fan", "plug on", 21.5, 0.7),
    Habit("anna", "bedroom_fan", "plug off", 23.2, 0.7),
    Habit("guest", "bedroom_fan", "plug on", 23.0),
    Habit("anna", "blinds", "blinds open", 7.1),
    Habit("ben", "blinds", "blinds close", 21.9),
    Habit("anna", "living_light", "light set", 20.0, 0.6),
    Habit("ben", "living_light", "light set", 21.2, 0.5),
    Habit("ben", "living_light", "light dim", 20.8, 0.3),
    Habit("anna", "living_light", "light brighten", 19.6, 0.3),
    Habit("ben", "bedroom_light", "light set", 22.2, 0.6),
    Habit("guest", "living_light", "light dim", 21.0),
    Habit("ben", "temperature", "temperature set", 17.8, 0.6),
    Habit("anna", "temperature", "temperature set", 21.8, 0.4),
)
HABITS = (
    *(Habit(p, d, "light on", on) for p, d, on, _ in _LIGHTS),
    *(Habit(p, d, "light off", off) for p, d, _, off in _LIGHTS),
    *_OTHERS,
)


@dataclass(slots=True)
class Tongue:
    """How the people of one household put things."""

    texts: Texts
    rng: random.Random
    _favourites: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    _common: Sequence[str] = field(default_factory=lambda: list(everyday_words())[:800])

    def sayable(self, habit: Habit) -> bool:
        """Whether the texts know any way to ask for that."""
        return bool(self._ways(habit))

    def wish(self, habit: Habit) -> Wish:
        """A habit in the words of today."""
        value = self._value(habit)
        text = self._way(habit).replace(VALUE, " ".join(say_number(int(value))) if value else "")
        action = Action(habit.device, habit.command, value)
        return Wish(habit.person, tuple(self.heard(words_of(text))), action, habit.kind)

    def heard(self, words: Sequence[str]) -> Iterator[str]:
        """Words with the recogniser's mistakes."""
        for word in words:
            yield self.rng.choice(self._common) if self.rng.random() < _MISHEARD else word

    def _value(self, habit: Habit) -> float | None:
        if habit.kind in ("dim", "brighten"):
            return 30.0 if habit.kind == "dim" else 90.0
        if habit.kind != "set":
            return None
        return float(self.rng.choice((18, 20, 21, 22) if habit.device == "temperature" else (20, 40, 50, 60, 75)))

    def _way(self, habit: Habit) -> str:
        """One sentence, gaps for numbers left open."""
        ways = self._ways(habit)
        key = (habit.person, habit.device, habit.sort)
        if key not in self._favourites:
            self._favourites[key] = [self._named(habit, way) for way in self.rng.choices(ways, k=2)]
        draw = self.rng.random()
        first, second = _FAVOURITES
        if draw < first + second:
            return self._favourites[key][draw >= first]
        return self._named(habit, self.rng.choice(ways))

    def _named(self, habit: Habit, way: str) -> str:
        thing = BY_ID[habit.device]
        return way.replace(ROOM, thing.area.lower()).replace(NAME, self.rng.choice(thing.calls))

    def _ways(self, habit: Habit) -> list[str]:
        """Sentences that can mean this device when this person says them."""
        ways = self.texts.wordings.get(habit.sort, [])
        names_nothing_else = not habit.sort.startswith("light")
        is_here = BY_ID[habit.device].area == _MICROPHONE_IN or habit.person == "guest"
        return [way for way in ways if names_nothing_else or is_here or ROOM in way or NAME in way]
