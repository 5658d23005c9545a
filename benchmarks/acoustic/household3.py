"""Three people in one home: what was said, and who said it.

`word` and `speaker`: by columns that are speaker and word together, as if every lesson came with a name. `unnamed`: as
on the device, where nobody says who speaks and lessons come in any order (`device/acoustic/voices.py`); `one_column`:
the same lessons with a column an action.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from rich.progress import Progress

from benchmarks.acoustic.sound import Heard, rounds
from device.acoustic.end_pointer import Sound
from device.acoustic.switch import AcousticSwitch
from device.acoustic.voices import Voices

_LESSONS, _TESTS = 5, 20
_ALL_LESSONS = (2, 5)
"""A word and person, where nobody says who speaks."""
_CODEWORDS = 204
"""As many as a chip holds beside thirty columns in 64 KB, squares included (`safu_codebook.h`)."""


def household(home: Mapping[str, Mapping[str, Heard]], draws: int, progress: Progress) -> dict[str, float]:
    """Shares of words and of speakers recognised, five lessons a word and speaker."""
    words: list[bool] = []
    people: list[bool] = []
    switch = AcousticSwitch(0)
    for draw in progress.track(range(draws), description="three people"):
        random = np.random.default_rng(draw)
        orders = [list(rounds(heard["clean"].words, random)) for heard in home.values()]
        switch = AcousticSwitch(10 * len(home), background=0, codewords=_CODEWORDS)
        for turn in range(_LESSONS):
            for person, heard in enumerate(home.values()):
                for word in orders[person][turn]:
                    sound = heard["clean"].sound_of[word]
                    if sound is not None:
                        switch.learn_one(
                            heard["clean"].sounds[sound], 10 * person + heard["clean"].words[word].take.digit
                        )
        for person, heard in enumerate(home.values()):
            tests = [word for members in orders[person][_LESSONS : _LESSONS + _TESTS] for word in members]
            for digit, understood in _answers(heard["clean"], switch, tests):
                words.append(understood is not None and understood % 10 == digit)
                people.append(understood is not None and understood // 10 == person)
    return {
        "household3_word": float(np.mean(words)),
        "household3_speaker": float(np.mean(people)),
        "household3_state_bytes": switch.stored_bytes,
    }


def unnamed(home: Mapping[str, Mapping[str, Heard]], draws: int, progress: Progress) -> dict[str, float]:
    """Shares of words recognised if nobody says who speaks, and how many columns that took."""
    figures: dict[str, list[float]] = {}
    for draw in progress.track(range(draws), description="three people, unnamed"):
        for count in _ALL_LESSONS:
            random = np.random.default_rng(draw)
            people = [heard["clean"] for heard in home.values()]
            orders = [list(rounds(heard.words, random)) for heard in people]
            lessons = lessons_of(people, [order[:count] for order in orders], random)
            voices, single = Voices[int](10), AcousticSwitch(10)
            for sound, digit in lessons:
                voices.learn_one(sound, digit)
                single.learn_one(sound, digit)
            for heard, order in zip(people, orders, strict=True):
                tests = [word for members in order[_LESSONS : _LESSONS + _TESTS] for word in members]
                for name, switch, columns in (
                    ("unnamed", voices.switch, voices.columns),
                    ("one_column", single, list(range(10))),
                ):
                    right = [at is not None and columns[at] == digit for digit, at in _answers(heard, switch, tests)]
                    figures.setdefault(f"household3_{name}_word_k{count}", []).append(float(np.mean(right)))
            figures.setdefault(f"household3_unnamed_columns_k{count}", []).append(len(voices.columns))
    return {name: float(np.mean(values)) for name, values in figures.items()}


def lessons_of(
    people: Sequence[Heard], rounds_of: Sequence[Sequence[Sequence[int]]], random: np.random.Generator
) -> list[tuple[Sound, int]]:
    """What several people say in their rounds, in any order: sounds and digits."""
    said = [
        (heard.sounds[sound], heard.words[word].take.digit)
        for heard, turns in zip(people, rounds_of, strict=True)
        for members in turns
        for word in members
        if (sound := heard.sound_of[word]) is not None
    ]
    return [said[at] for at in random.permutation(len(said))]


def _answers(heard: Heard, switch: AcousticSwitch, words: list[int]) -> list[tuple[int, int | None]]:
    """Of each word the digit and the column that was answered."""
    sounds = [heard.sound_of[word] for word in words]
    answered = iter(switch.predict([heard.candidates[sound] for sound in sounds if sound is not None]))
    found = []
    for word, sound in zip(words, sounds, strict=True):
        answers = next(answered) if sound is not None else []
        understood = heard.understood(word, [(answer.window, answer.action) for answer in answers])
        found.append((heard.words[word].take.digit, understood))
    return found
