"""Before the word ends: how much of it must be heard?

The switch hears the sound frame by frame and decides once it is sure as a device must be (`device/acoustic/early.py`;
the device asks besides that it is a command at all). `left_out_*` is the same with the sureness that is needed chosen
on other speakers: on those of `--data` with `--test`, else leaving one speaker out. The share heard is that of the word
in the recording; who hesitates to the end has heard all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rich.progress import Progress

from benchmarks.acoustic.accuracy import IntegerSwitch
from benchmarks.acoustic.sound import Heard, rounds
from device.acoustic.early import SURE, Steadiness
from device.acoustic.end_pointer import Sound
from device.acoustic.spectrum import HOP
from device.acoustic.switch import AcousticSwitch, candidates

_LESSONS = 10
_TESTS = 15
_DRAWS = 4
_WANTED = 0.975
"""Right answers asked of the training speakers: a little more than the goal."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What is believed after some part of a word."""

    share: float
    sureness: int
    """Of the best action, in bits per frame, 1/256."""
    is_right: bool


def early(
    home: Mapping[str, Mapping[str, Heard]], training: Mapping[str, Mapping[str, Heard]] | None, progress: Progress
) -> tuple[dict[str, float], list[tuple[float, float]]]:
    """Figures, and of every sureness asked for the share heard and the share right, over all speakers."""
    tested = {name: moments(heard["clean"]) for name, heard in progress.track(home.items(), description="early")}
    taught = tested if training is None else {name: moments(heard["clean"]) for name, heard in training.items()}
    outcomes = []
    for name, words in tested.items():
        others = [word for other, each in taught.items() if training is not None or other != name for word in each]
        sure = chosen(others or words)
        outcomes += [decided(word, sure) for word in words]
    everything = [word for each in tested.values() for word in each]
    curve = [_mean([decided(word, sure) for word in everything]) for sure in _ASKED]
    share, right = _mean([decided(word, SURE) for word in everything])
    left_out_share, left_out_right = _mean(outcomes)
    figures = {"early_accuracy": right, "share_heard": share}
    return figures | {"left_out_early_accuracy": left_out_right, "left_out_share_heard": left_out_share}, curve


_ASKED = range(0, 2_048, 32)


def chosen(words: Sequence[Sequence[Moment]]) -> int:
    """The least sureness that is right often enough on these words."""
    return next((sure for sure in _ASKED if _mean([decided(word, sure) for word in words])[1] >= _WANTED), _ASKED[-1])


def decided(word: Sequence[Moment], sure: int) -> tuple[float, bool]:
    """The share heard, and whether the answer is right."""
    moment = next((moment for moment in word if moment.sureness >= sure), None)
    return (1.0, word[-1].is_right) if moment is None else (min(1.0, moment.share), moment.is_right)


def moments(heard: Heard) -> list[list[Moment]]:
    """Of every test word of some draws what is believed as it goes on."""
    return [word for draw in range(_DRAWS) for word in _one_draw(heard, np.random.default_rng(draw))]


def _one_draw(heard: Heard, random: np.random.Generator) -> list[list[Moment]]:
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
    ends, steadiness = range(1, len(sound.frames) + 1), Steadiness()
    answered = switch.predict([candidates(Sound(sound.room, sound.frames[:end])) for end in ends])
    return [
        Moment(
            ((sound.began + end) * HOP - spoken.begin) / (spoken.end - spoken.begin),
            steadiness.hear(dict(enumerate(answers[0].margins)) if answers else {}, end),
            bool(answers) and answers[0].action == spoken.take.digit,
        )
        for end, answers in zip(ends, answered, strict=True)
    ]


def _mean(outcomes: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    shares, right = zip(*outcomes, strict=True)
    return float(np.mean(shares)), float(np.mean(right))
