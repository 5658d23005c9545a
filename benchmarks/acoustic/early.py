"""Before the word ends: how much of it must be heard?

The switch hears a growing part of the sound, 40 ms more each time, and decides once the evidence for one action is so
many bits ahead of the second. How many is chosen on other speakers: on those of `--data` with `--test`, else leaving
one speaker out. The share heard is that of the word in the recording; who hesitates to the end has heard all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rich.progress import Progress

from benchmarks.acoustic.accuracy import IntegerSwitch
from benchmarks.acoustic.sound import Heard, rounds
from device.acoustic.end_pointer import Sound
from device.acoustic.spectrum import HOP
from device.acoustic.switch import AcousticSwitch, Answer, candidates

_LESSONS = 10
_TESTS = 15
_STEP = 2
_WANTED = 0.98
"""Right answers asked of the training speakers: a little more than the goal."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What is believed after some part of a word."""

    share: float
    lead: float
    """Bits by which the best action is ahead of the second."""
    is_right: bool


def early(
    home: Mapping[str, Mapping[str, Heard]], training: Mapping[str, Mapping[str, Heard]] | None, progress: Progress
) -> tuple[dict[str, float], list[tuple[float, float]]]:
    """Figures, and of every lead the share heard and the share right, over all speakers."""
    tested = {name: moments(heard["clean"]) for name, heard in progress.track(home.items(), description="early")}
    taught = tested if training is None else {name: moments(heard["clean"]) for name, heard in training.items()}
    outcomes = []
    for name, words in tested.items():
        others = [word for other, each in taught.items() if training is not None or other != name for word in each]
        outcomes += [decided(word, chosen_lead(others or words)) for word in words]
    everything = [word for each in tested.values() for word in each]
    curve = [_mean([decided(word, lead) for word in everything]) for lead in _LEADS]
    share, right = _mean(outcomes)
    return {"early_accuracy": right, "share_heard": share}, curve


_LEADS = [float(lead) for lead in np.linspace(0, 60, 61)]


def chosen_lead(words: Sequence[Sequence[Moment]]) -> float:
    """The smallest lead that is right often enough on these words."""
    return next((lead for lead in _LEADS if _mean([decided(word, lead) for word in words])[1] >= _WANTED), _LEADS[-1])


def decided(word: Sequence[Moment], lead: float) -> tuple[float, bool]:
    """The share heard, and whether the answer is right."""
    moment = next((moment for moment in word if moment.lead >= lead), word[-1])
    return min(1.0, moment.share), moment.is_right


def moments(heard: Heard) -> list[list[Moment]]:
    """Of every test word what is believed as it goes on."""
    random = np.random.default_rng(0)
    learner = IntegerSwitch()
    order = list(rounds(heard.words, random))
    for word in (word for members in order[:_LESSONS] for word in members):
        sound = heard.sound_of[word]
        if sound is not None:
            learner.learn_one(heard, sound, heard.words[word].take.digit)
    tests = [word for members in order[_LESSONS : _LESSONS + _TESTS] for word in members]
    return [found for found in (_moments(heard, learner.switch, word) for word in tests) if found]


def _moments(heard: Heard, switch: AcousticSwitch, word: int) -> list[Moment]:
    at = heard.sound_of[word]
    if at is None:
        return []
    sound, spoken = heard.sounds[at], heard.words[word]
    ends = range(8, len(sound.frames) + _STEP, _STEP)
    answered = switch.predict([candidates(Sound(sound.room, sound.frames[:end])) for end in ends])
    return [
        Moment(
            ((sound.began + end) * HOP - spoken.begin) / (spoken.end - spoken.begin),
            _lead(answers[0]),
            answers[0].action == spoken.take.digit,
        )
        for end, answers in zip(ends, answered, strict=True)
        if answers
    ]


def _lead(answer: Answer) -> float:
    second, best = sorted(answer.margins)[-2:]
    return (best - second) * (answer.window[1] - answer.window[0]) / 256


def _mean(outcomes: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    shares, right = zip(*outcomes, strict=True)
    return float(np.mean(shares)), float(np.mean(right))
