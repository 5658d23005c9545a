"""Three people in one home: what was said, and who said it, by columns that are speaker and word together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from rich.progress import Progress

from benchmarks.acoustic.sound import Heard, rounds
from device.acoustic.switch import AcousticSwitch

_LESSONS, _TESTS = 5, 20
_CODEWORDS = 128


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
