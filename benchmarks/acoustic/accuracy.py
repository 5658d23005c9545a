"""How right after K lessons a word, told once by the household itself? The switch and its peers, on the same sounds.

Lessons are taken from the quiet stream, tests from all of them; a draw chooses which takes are lessons, the last takes
are always tests. Every method answers in the windows that the same end-pointer and the same search of windows found,
and its answer is that of the window which overlaps the word most.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
from rich.progress import Progress

from benchmarks.acoustic.sound import Heard, rounds
from device.acoustic.switch import AcousticSwitch
from device.acoustic.windows import Window

LESSONS = (1, 2, 5, 10, 20)
_TESTS = 30
"""Takes of each word that are never lessons."""


class Learner(Protocol):
    """The switch, or a peer of it."""

    def learn_one(self, heard: Heard, sound: int, digit: int) -> None:
        """Take a lesson: a sound was that digit."""

    def answers(self, heard: Heard, sounds: Sequence[int]) -> list[list[tuple[Window, int]]]:
        """Of each sound what its windows mean."""


class IntegerSwitch:
    """The switch as it is on a chip, which has room for twelve columns of the background."""

    def __init__(self, actions: int = 10, background: int = 12) -> None:
        self.switch = AcousticSwitch(actions, background)

    def learn_one(self, heard: Heard, sound: int, digit: int) -> None:
        self.switch.learn_one(heard.sounds[sound], digit)

    def answers(self, heard: Heard, sounds: Sequence[int]) -> list[list[tuple[Window, int]]]:
        answered = self.switch.predict([heard.candidates[at] for at in sounds])
        return [[(answer.window, answer.action) for answer in answers] for answers in answered]


def accuracy(
    home: Mapping[str, Mapping[str, Heard]],
    learner: Callable[[], Learner],
    draws: int,
    progress: Progress,
    name: str,
    lessons: Sequence[int] = LESSONS,
) -> dict[str, float]:
    """Shares of words understood: the mean over speakers and draws, and of each speaker."""
    right: dict[tuple[str, int, str], list[float]] = {}
    task = progress.add_task(name, total=len(home) * draws)
    for speaker, heard in home.items():
        for draw in range(draws):
            for (count, noise), share in _one_draw(heard, learner(), np.random.default_rng(draw), lessons).items():
                right.setdefault((speaker, count, noise), []).append(share)
            progress.advance(task)
    figures = {
        f"{name}.{speaker}.accuracy_k{count}_{noise}": float(np.mean(shares))
        for (speaker, count, noise), shares in right.items()
    }
    for count, noise in dict.fromkeys((count, noise) for _, count, noise in right):
        means = [np.mean(right[speaker, count, noise]) for speaker in home]
        figures[f"{name}.accuracy_k{count}_{noise}"] = float(np.mean(means))
    return figures


def _one_draw(
    heard: Mapping[str, Heard], learner: Learner, random: np.random.Generator, lessons: Sequence[int]
) -> dict[tuple[int, str], float]:
    quiet = heard["clean"]
    order = list(rounds(quiet.words, random))
    tests = [word for members in order[-min(_TESTS, len(order) - max(lessons)) :] for word in members]
    right = {}
    taught = 0
    for count in lessons:
        for word in (word for members in order[taught:count] for word in members):
            sound = quiet.sound_of[word]
            if sound is not None:
                learner.learn_one(quiet, sound, quiet.words[word].take.digit)
        taught = count
        for noise, stream in heard.items():
            right[count, noise] = share_right(stream, learner, tests)
    return right


def share_right(heard: Heard, learner: Learner, words: Sequence[int]) -> float:
    """The share of words that are understood."""
    sounds = sorted({sound for sound in (heard.sound_of[word] for word in words) if sound is not None})
    answers = dict(zip(sounds, learner.answers(heard, sounds), strict=True))
    understood = [heard.understood(word, answers.get(heard.sound_of[word] or 0, [])) for word in words]
    return float(np.mean([one == heard.words[word].take.digit for one, word in zip(understood, words, strict=True)]))
