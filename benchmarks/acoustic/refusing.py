"""Saying no: other people's speech, and other words of the same voice.

Seven of the ten words are commands, taught ten times; which three are not goes round in four rotations, pooled. The
background comes after the fifth lesson, as talk comes between uses; it is learned from one half of the other people's
speech and tested on the other (`matched`), or learned from wake words alone and tested on everything else
(`mismatched`). The threshold is the switch's own, from its lessons; no test word has a say in it. An hour is an hour of
clips, pauses left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.progress import Progress

from benchmarks.acoustic.sound import Floats, Heard, other_speech, rounds, talk
from device.acoustic.spectrum import RATE_HZ
from device.acoustic.switch import AcousticSwitch, Candidates

_LESSONS = 10
_UNSEEN = ((0, 1, 2), (3, 4, 5), (6, 7, 8), (9, 0, 5))
_CORRECTIONS = 3


@dataclass(slots=True)
class Tally:
    """Counts over speakers and rotations."""

    accepted: int = 0
    words: int = 0
    false: int = 0
    hours: float = 0.0
    in_noise: dict[str, list[bool]] = field(default_factory=dict)
    """The same words, accepted in noise."""
    same_voice: list[bool] = field(default_factory=list)
    corrected: list[bool] = field(default_factory=list)
    margins_true: list[float] = field(default_factory=list)
    """Above the threshold, in bits a frame."""
    margins_false: list[float] = field(default_factory=list)


def refusing(
    home: Mapping[str, Mapping[str, Heard]], data: Path, test: Path | None, progress: Progress, *, quick: bool
) -> tuple[dict[str, float], dict[str, Tally]]:
    """Figures with the counts behind them."""
    learned = other_speech(data)
    tested = other_speech(test) if test else learned
    halves = {name: (learned[name][0::2], tested[name] if test else tested[name][1::2]) for name in learned}
    sides = {
        "matched": (_all(side[0] for side in halves.values()), _all(side[1] for side in halves.values())),
        "mismatched": (learned["wake_words"], tested["precise"] + tested["orders"]),
    }
    figures: dict[str, float] = {}
    tallies: dict[str, Tally] = {}
    task = progress.add_task("saying no", total=len(sides) * len(home) * len(_UNSEEN))
    for side, (background, foreign) in sides.items():
        step = 5 if quick else 1
        background_heard = talk(background[::step], np.random.default_rng(1))
        foreign_heard = talk(foreign[::step], np.random.default_rng(2))
        hours = sum(len(clip) for clip in foreign[::step]) / RATE_HZ / 3600
        tally = tallies[side] = Tally()
        for heard in home.values():
            for rotation, unseen in enumerate(_UNSEEN):
                _one_rotation(heard, unseen, background_heard, foreign_heard, rotation, tally)
                tally.hours += hours
                progress.advance(task)
        figures |= {
            f"false_accepts_per_hour_{side}": tally.false / tally.hours,
            f"false_accepts_{side}": tally.false,
            f"hours_{side}": tally.hours,
            f"accepted_{side}": tally.accepted / tally.words,
        }
    figures["refusing_state_bytes"] = AcousticSwitch(10).stored_bytes
    figures |= {f"accepted_{noise}": float(np.mean(said)) for noise, said in tallies["matched"].in_noise.items()}
    figures["same_voice_false"] = float(np.mean(tallies["matched"].same_voice))
    figures["same_voice_false_after_3_corrections"] = float(np.mean(tallies["matched"].corrected))
    return figures, tallies


def _all(lists: Iterable[list[Floats]]) -> list[Floats]:
    return [clip for clips in lists for clip in clips]


def _one_rotation(
    home: Mapping[str, Heard], unseen: Sequence[int], background: Heard, foreign: Heard, rotation: int, tally: Tally
) -> None:
    heard = home["clean"]
    random = np.random.default_rng(rotation)
    switch = AcousticSwitch(10)
    order = list(rounds(heard.words, random))
    _teach(heard, switch, order[: _LESSONS // 2], unseen)
    for at in random.permutation(len(background.sounds)).tolist():
        switch.learn_background(background.sounds[at])
    _teach(heard, switch, order[_LESSONS // 2 : _LESSONS], unseen)
    tests = [word for members in order[_LESSONS + _CORRECTIONS :] for word in members]
    commands = [w for w in tests if heard.words[w].take.digit not in unseen]
    _true_words(heard, switch, commands, tally)
    for noise, noisy in home.items():
        if noise != "clean":
            tally.in_noise.setdefault(noise, []).extend(_acted(noisy, switch, commands))
    for answers in switch.predict(foreign.candidates):
        tally.false += any(answer.is_accepted for answer in answers)
        tally.margins_false += [(answers[0].margin - switch.threshold.margin) / 256] if answers else []
    others = [w for w in tests if heard.words[w].take.digit in unseen]
    tally.same_voice += _acted(heard, switch, others)
    corrections = [word for members in order[_LESSONS : _LESSONS + _CORRECTIONS] for word in members]
    for word in corrections:
        sound = heard.sound_of[word]
        if heard.words[word].take.digit in unseen and sound is not None:
            switch.correct(heard.sounds[sound])
    tally.corrected += _acted(heard, switch, others)


def _teach(heard: Heard, switch: AcousticSwitch, order: Sequence[Sequence[int]], unseen: Sequence[int]) -> None:
    for word in (word for members in order for word in members):
        digit, sound = heard.words[word].take.digit, heard.sound_of[word]
        if digit not in unseen and sound is not None:
            switch.learn_one(heard.sounds[sound], digit)


def _true_words(heard: Heard, switch: AcousticSwitch, words: Sequence[int], tally: Tally) -> None:
    tally.words += len(words)
    sounds = [sound for sound in (heard.sound_of[word] for word in words) if sound is not None]
    for answers in switch.predict(_candidates(heard, sounds)):
        tally.accepted += any(answer.is_accepted for answer in answers)
        tally.margins_true += [(answers[0].margin - switch.threshold.margin) / 256] if answers else []


def _acted(heard: Heard, switch: AcousticSwitch, words: Sequence[int]) -> list[bool]:
    """Of each word whether something in its sound is accepted; not, if it was not heard."""
    sounds = [sound for sound in (heard.sound_of[word] for word in words) if sound is not None]
    accepted = [any(answer.is_accepted for answer in answers) for answers in switch.predict(_candidates(heard, sounds))]
    return accepted + [False] * (len(words) - len(sounds))


def _candidates(heard: Heard, sounds: Sequence[int]) -> list[Candidates]:
    return [heard.candidates[sound] for sound in sounds]
