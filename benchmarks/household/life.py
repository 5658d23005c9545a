"""What people do: say what they want, watch, and put right by hand what the house did not do or did wrongly.

Who says a wish waits some seconds. Nothing happened: the hand goes to the switch (a lesson). Something else happened:
it is flipped back, then the right one is flipped (a correction). Now and then somebody thinks better of it, is slow, or
does not notice. Left out: when wishes come up (`month.py`).
"""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.household.clock import Clock
from benchmarks.household.house import House
from benchmarks.household.living import Living
from benchmarks.household.people import Wish
from benchmarks.household.things import BY_ID, THINGS, Stand
from benchmarks.household.truth import (
    FLIPPING_BACK,
    FOR_A_WISH,
    SECOND_THOUGHT,
    SOMEBODY_ELSE,
    WITHOUT_A_WORD,
    Origin,
    Truth,
    Utterance,
)
from device.messages import FRAME_MS, NOTHING

_SECOND_THOUGHTS, _SLOW, _NOTICES = 0.03, 0.05, 0.85
_MEANWHILE = 0.05
"""How often another person flips something unrelated while a wish is spoken or waits to be fulfilled."""
_SOON_AFTER = 0.02
"""How often an automation switches something within seconds after somebody spoke."""
_GAP_S = 1.0
"""Between two speakers."""


class Life:
    """The people of one house."""

    def __init__(self, clock: Clock, house: House, living: Living, truth: Truth, rng: random.Random) -> None:
        self._clock, self._house, self._living, self._truth, self._rng = clock, house, living, truth, rng
        self._silent_until_ms = 0

    def want(self, wish: Wish) -> None:
        """Somebody wants something; says it unless it is so already."""
        if self._must_wait(lambda: self.want(wish)) or self._house.stands[wish.action.device].fits(wish.action):
            return
        utterance = Utterance(wish.words, wish.action, wish.person, wish.kind, self._clock.now_ms)
        before = dict(self._house.stands)
        ended_s = self._speak(utterance)
        self._clock.after(ended_s + self._rng.uniform(2.0, 4.5), lambda: self._judge(utterance, before))

    def chat(self, words: tuple[str, ...], speaker: str) -> None:
        """Somebody says something that is not for the house."""
        if self._must_wait(lambda: self.chat(words, speaker)):
            return
        utterance = Utterance(words, NOTHING, speaker, "talk", self._clock.now_ms)
        before = dict(self._house.stands)
        ended_s = self._speak(utterance)
        self._clock.after(ended_s + self._rng.uniform(3.0, 8.0), lambda: self._be_surprised(utterance, before))

    def flip_something(self, why: Origin = WITHOUT_A_WORD, apart_from: str = "") -> None:
        """A hand at any switch, without a word."""
        thing = self._rng.choice([thing for thing in THINGS if thing.id != apart_from])
        self._house.hand(thing.opposite(self._house.stands[thing.id]), why)

    def _must_wait(self, again: Callable[[], None]) -> bool:
        """Whether somebody speaks now; then it is said after that."""
        wait_ms = self._silent_until_ms - self._clock.now_ms
        if wait_ms > 0:
            self._clock.after(wait_ms / 1000 + self._rng.uniform(0.0, 1.0), again)
        return wait_ms > 0

    def _speak(self, utterance: Utterance) -> float:
        """Say it; return the seconds it takes."""
        self._clock.stir()
        self._truth.began(utterance)
        frames = self._living.ears.say(utterance.words)
        ended_s = frames * FRAME_MS / 1000
        self._silent_until_ms = self._clock.now_ms + round(1000 * (ended_s + _GAP_S))
        if utterance.is_wish and self._rng.random() < _MEANWHILE:
            other_s = self._rng.uniform(0.2, ended_s + 4)
            self._clock.after(other_s, lambda: self.flip_something(SOMEBODY_ELSE, utterance.meaning.device))
        if self._rng.random() < _SOON_AFTER:
            self._clock.after(ended_s + self._rng.uniform(1, 7), self._automate)
        return ended_s

    def _automate(self) -> None:
        thing = BY_ID[self._rng.choice(("kitchen_light", "hallway_light", "heater", "temperature", "blinds"))]
        self._house.automate(thing.opposite(self._house.stands[thing.id]))

    def _judge(self, utterance: Utterance, before: dict[str, Stand]) -> None:
        """The speaker looks what has come of it."""
        wrong = self._wrongly_changed(utterance, before)
        is_so = self._house.stands[utterance.meaning.device].fits(utterance.meaning)
        utterance.right = is_so and utterance.meaning in utterance.actions and not utterance.wrong
        at_s = 0.0
        for device in wrong:
            at_s += self._rng.uniform(0.3, 1.5)
            self._by_hand_after(at_s, utterance, device, before[device])
        if not is_so:
            at_s += self._rng.uniform(4.0, 20.0) if self._rng.random() < _SLOW else self._rng.uniform(0.3, 2.5)
            self._clock.after(at_s, lambda: self._flip_what_was_meant(utterance))
        elif self._rng.random() < _SECOND_THOUGHTS:
            device = utterance.meaning.device
            back = BY_ID[device].back_to(before[device])
            self._clock.after(self._rng.uniform(2, 14), lambda: self._house.hand(back, SECOND_THOUGHT))

    def _be_surprised(self, utterance: Utterance, before: dict[str, Stand]) -> None:
        """Whoever is there flips back what the house did unasked."""
        for number, device in enumerate(self._wrongly_changed(utterance, before)):
            if self._rng.random() < _NOTICES:
                self._by_hand_after(1.0 + number, utterance, device, before[device])

    def _wrongly_changed(self, utterance: Utterance, before: dict[str, Stand]) -> list[str]:
        """Other devices than the one that was meant, still as the house wrongly made them."""
        touched = {action.device: action for action in utterance.actions if action.device != utterance.meaning.device}
        stands = self._house.stands
        return [d for d, action in touched.items() if stands[d].fits(action) and not before[d].fits(action)]

    def _by_hand_after(self, delay_s: float, utterance: Utterance, device: str, stand: Stand) -> None:
        utterance.flips += 1
        self._clock.after(delay_s, lambda: self._house.hand(BY_ID[device].back_to(stand), FLIPPING_BACK))

    def _flip_what_was_meant(self, utterance: Utterance) -> None:
        """By now it may have come about late."""
        if not self._house.stands[utterance.meaning.device].fits(utterance.meaning):
            utterance.flips += 1
            self._house.hand(utterance.meaning, FOR_A_WISH)
