"""Houses that do not exist, what their people teach and what they say: where parameters are chosen.

4 to 8 devices called by a room and a kind ("attic television"), 1 to 3 lessons an action, commands mostly in other
wordings than the lessons, talk about the devices that asks for nothing, one device announced but never taught. The
recogniser's mistakes are words replaced at random. No word of the demonstration's recordings was taken from here.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from device.everyday import everyday_words
from device.numbers import replace_numbers, say_number
from device.safu.action_heads import NOTHING_KEY, ActionKey

Spoken = tuple[str, ...]

_ROOMS = ("kitchen", "bedroom", "hallway", "office", "garage", "porch", "nursery", "attic")
_KINDS = ("light", "lamp", "fan", "heater", "radio", "curtain", "lantern", "television")
_LESSONS = {
    "on": (
        "turn on the NAME", "turn the NAME on", "switch on the NAME", "NAME on please", "switch the NAME on",
        "please turn the NAME on", "NAME on", "turn on NAME", "start the NAME",
    ),
    "off": (
        "turn off the NAME", "turn the NAME off", "switch off the NAME", "NAME off please", "switch the NAME off",
        "please turn the NAME off", "NAME off", "stop the NAME",
    ),
    "set": (
        "set the NAME to VALUE percent", "dim the NAME to VALUE percent", "put the NAME at VALUE percent",
        "NAME VALUE percent please",
    ),
}  # fmt: skip
_OTHER_WORDINGS = {
    "on": (
        "could you put the NAME on for me", "i would like the NAME on", "let us have the NAME on",
        "can i have the NAME on", "the NAME should be on", "i want the NAME on", "get the NAME on",
        "would you mind turning the NAME on", "it is too dark turn the NAME on",
        "would you switch on the KIND in the ROOM", "put on the NAME now", "we need the NAME on again",
        "my dear the NAME on", "time to have the NAME on",
    ),
    "off": (
        "could you put the NAME off for me", "i would like the NAME off", "the NAME can go off now",
        "nobody needs the NAME turn it off", "you can shut the NAME off", "the NAME should be off",
        "would you switch off the KIND in the ROOM", "off with the NAME", "i want the NAME off",
        "let us have the NAME off", "shut off the NAME", "we are leaving switch off the NAME",
        "kill the NAME turn it off",
    ),
    "set": (
        "make the NAME VALUE percent", "bring the NAME down to VALUE percent", "i want the NAME at VALUE percent",
        "could you have the NAME on VALUE percent", "VALUE percent on the NAME please",
        "change the NAME to VALUE percent",
    ),
}  # fmt: skip
_NEAR = (
    "the NAME is nice", "i bought a new KIND for the ROOM", "did you turn the oven on",
    "she turned the KIND of her car off last night", "the KIND in the ROOM was a gift", "turn left at the next light",
    "the ROOM needs paint", "VALUE percent of the people said no", "we went to bed after the lights went out",
    "please turn the page", "my brother is a fan of that team", "put the book on the table", "is the NAME on the list",
    "the NAME was expensive", "when did we buy the NAME", "i like the KIND on the wall", "the KIND is broken again",
    "he is on his way", "turn around please", "switch seats with me", "where is the NAME", "that is off the record",
    "who put the KIND there", "the cat is in the ROOM", "i am in the ROOM", "it is on the KIND",
    "my sister turned on the tap", "they took off for the ROOM",
)  # fmt: skip
_MISHEARD_LESSON, _MISHEARD_COMMAND, _MISHEARD_NEAR = 0.04, 0.08, 0.15


@dataclass(frozen=True, slots=True)
class MadeUpHouse:
    """Words and what is meant by them; a device is called by its name."""

    names: tuple[str, ...]
    lessons: tuple[tuple[Spoken, ActionKey], ...]
    """Flips, in order, then sentences that nobody flipped a switch after."""
    commands: tuple[tuple[Spoken, ActionKey], ...]
    near: tuple[Spoken, ...]
    """Must cause nothing: about the devices, or commands for the one that was never taught."""
    talk: tuple[Spoken, ...]
    """Must cause nothing: other people's talk."""


def made_up_house(seed: int, talk: Sequence[Spoken]) -> MadeUpHouse:
    """House number `seed`, overhearing 150 of the sentences `talk`."""
    rng = random.Random(seed)
    places = rng.sample([(room, kind) for room in _ROOMS for kind in _KINDS], rng.randint(4, 8))
    lessons: list[tuple[Spoken, ActionKey]] = []
    commands: list[tuple[Spoken, ActionKey]] = []
    near: list[Spoken] = []
    for number, place in enumerate(places):
        untaught = number == len(places) - 1
        for command in ("on", "off", "set") if number == 0 else ("on", "off"):
            action = (" ".join(place), command)
            if not untaught:
                ways = rng.sample(_LESSONS[command], rng.choice([1, 2, 2, 3]))
                lessons += [(replaced(spoken(way, place, rng, _MISHEARD_LESSON)), action) for way in ways]
            ways = rng.sample(_OTHER_WORDINGS[command], 4) + rng.sample(_LESSONS[command], 2)
            asked = [spoken(way, place, rng, _MISHEARD_COMMAND) for way in ways]
            if untaught:
                near += asked
            else:
                commands += [(words, action) for words in asked]
        near += [spoken(way, place, rng, _MISHEARD_NEAR) for way in rng.sample(_NEAR, 6)]
    rng.shuffle(lessons)
    rng.shuffle(near)
    quiet = [(replaced(words), NOTHING_KEY) for words in near[:6]]
    names = tuple(" ".join(place) for place in places)
    return MadeUpHouse(names, (*lessons, *quiet), tuple(commands), tuple(near[6:]), tuple(rng.sample(talk, 150)))


def spoken(way: str, place: tuple[str, str], rng: random.Random, misheard: float) -> Spoken:
    """A way to say something, filled in and heard with mistakes."""
    value = " ".join(say_number(rng.choice(range(5, 101, 5))))
    for gap, words in {"NAME": " ".join(place), "ROOM": place[0], "KIND": place[1], "VALUE": value}.items():
        way = way.replace(gap, words)
    return tuple(_misheard(way.split(), rng, misheard))


def replaced(words: Spoken) -> Spoken:
    """Words with numbers as placeholders."""
    return tuple(replace_numbers(words)[0])


def _misheard(words: Sequence[str], rng: random.Random, share: float) -> Iterator[str]:
    common = list(everyday_words())[:800]
    for word in words:
        yield rng.choice(common) if rng.random() < share else word
