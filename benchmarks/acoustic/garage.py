"""A child may not open the garage: its word for it is taken back; the same word from the parent must go on working.

Two people teach ten words, five lessons each, nobody says who speaks, and no column has a name. The garage is one of
the words: taught by the parent alone (`garage`), or by the child as well (`garage_taught_by_both`). What the child says
is taken back each time that it opens the garage, up to three times. A figure is the share of later takes that open it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np
from rich.progress import Progress

from benchmarks.acoustic.household3 import lessons_of
from benchmarks.acoustic.sound import Heard, rounds
from device.acoustic.voices import Voices

_LESSONS, _TAKEN_BACK = 5, 10
"""Rounds of takes; those behind them are asked."""
_CORRECTIONS = 3


def garage(home: Mapping[str, Mapping[str, Heard]], progress: Progress, garages: Sequence[int]) -> dict[str, float]:
    """Figures before a correction, after one and after three, of the child and of the parent; `garages` are digits."""
    figures: dict[str, list[float]] = {}
    pairs = list(permutations([heard["clean"] for heard in home.values()], 2))
    task = progress.add_task("a child at the garage", total=2 * len(pairs) * len(garages))
    for by_both, name in ((False, "garage"), (True, "garage_taught_by_both")):
        for parent, child in pairs:
            for digit in garages:
                for key, share in _one(parent, child, digit, by_both=by_both).items():
                    figures.setdefault(f"{name}_{key}", []).append(share)
                progress.advance(task)
    return {name: float(np.mean(shares)) for name, shares in figures.items()}


def _one(parent: Heard, child: Heard, digit: int, *, by_both: bool) -> dict[str, float]:
    random = np.random.default_rng(digit)
    orders = [list(rounds(heard.words, random)) for heard in (parent, child)]
    taught = [order[:_LESSONS] for order in orders]
    if not by_both:
        taught[1] = [[word for word in members if child.words[word].take.digit != digit] for members in taught[1]]
    voices = Voices[int](10)
    for lesson in lessons_of((parent, child), taught, random):
        voices.learn_one(*lesson)
    takes = [_takes(heard, order, digit) for heard, order in zip((parent, child), orders, strict=True)]
    figures: dict[str, float] = {}
    said, corrections = iter(takes[1][_LESSONS : _LESSONS + _TAKEN_BACK]), 0
    for after in (0, 1, _CORRECTIONS):
        while corrections < after and (sound := next(said, None)) is not None:
            if _opens(voices, child, sound, digit):
                voices.switch.correct(child.sounds[sound])
                corrections += 1
        for who, heard, mine in zip(("parent", "child"), (parent, child), takes, strict=True):
            later = mine[_LESSONS + _TAKEN_BACK :]
            opened = [_opens(voices, heard, sound, digit) for sound in later]
            figures[f"{who}_after_{after}_corrections"] = float(np.mean(opened))
    return figures


def _takes(heard: Heard, order: Sequence[Sequence[int]], digit: int) -> list[int]:
    """The sounds of one word, round by round."""
    words = [word for members in order for word in members if heard.words[word].take.digit == digit]
    return [sound for sound in (heard.sound_of[word] for word in words) if sound is not None]


def _opens(voices: Voices[int], heard: Heard, sound: int, digit: int) -> bool:
    answers = voices.switch.predict_one(heard.candidates[sound])
    return any(answer.is_accepted and voices.columns[answer.action] == digit for answer in answers)
