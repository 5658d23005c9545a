"""Sounds to a distribution over actions: the acoustic switch behind the anticipator's verbs.

    p(any) = sigmoid of how far the best window's margin is above the learned threshold; there it is just enough to act
    p(action) = p(any) * softmax of the margins of the actions
    before the end of a sound: only what has stayed well ahead of all else (`device/acoustic/early.py`)

A flip is a lesson for a column of its action (`acoustic/voices.py`), quiet after a tempting sound one for the
background, a flip back gives the sound a column of its own, so that a child does not open the garage though its parents
do. A single action is compared with nothing and therefore never done: it takes two, such as on and off. There are no
names, no numbers and no devices in a sound: an action is what was flipped, values to a twentieth of their range. Left
out: the names of those who speak; the benchmark asks who it was of columns that are speaker and action
(`benchmarks/acoustic`).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from device.acoustic.early import SURE, Steadiness
from device.acoustic.end_pointer import LONGEST, Sound
from device.acoustic.sounds import decode, encode
from device.acoustic.switch import Answer, candidates
from device.acoustic.voices import Voices
from device.acoustic.windows import around
from device.caution import needed_probability
from device.messages import FULL_LESSON, NOTHING, Action, Device, Evidence, Hypothesis, Lesson, Prediction
from device.settings import DecisionSettings

log = logging.getLogger(__name__)

ACTIONS = 24
"""Who has more to switch by sounds than that needs words."""
_LEAST_WEIGHT = FULL_LESSON // 2
"""A flip that is shared by several utterances teaches the one it most likely belongs to."""
_EARLY_LESSONS = 2
_TOLD_ALONE = 2
"""Whoever flips the same switch for the second time may wonder why."""
_NATS_PER_UNIT = math.log(2) / 256
_SOFTNESS = 64
"""Units of margin, a quarter of a bit per frame, that change the odds by a factor of e."""
_SHOWN = 8
_NOTHING = Prediction(((NOTHING, 1.0),))


class SoundAnticipator:
    """An `Anticipator` of sounds; lessons in words are left to the others."""

    def __init__(self, decision: DecisionSettings) -> None:
        self._decision = decision
        self.rebuild({}, ())

    def rebuild(self, devices: Mapping[str, Device], lessons: Sequence[Lesson]) -> None:
        self._devices = devices
        self.voices = Voices[Action](ACTIONS)
        self.switch = self.voices.switch
        self._hasty: set[Action] = set()
        self._answered: tuple[tuple[str, ...], list[Answer]] = ((), [])
        self._followed: tuple[str, ...] = ()
        self._steadiness, self._sureness = Steadiness(), 0
        for lesson in lessons:
            self.learn_one(lesson)

    def predict_one(self, words: Sequence[str], *, ended: bool = True) -> Prediction:
        answers = self._answers(words)
        if not ended:
            self._follow(words, answers)
        return self._prediction(answers[0]) if answers else _NOTHING

    def commands_in(self, words: Sequence[str], *, ended: bool) -> list[tuple[str, ...]]:
        """One for every window that is known well enough, in the order in which they were heard."""
        sound = decode(words) if ended else None
        sure = [answer for answer in self._answers(words) if answer.is_accepted] if sound else []
        if sound is None or len(sure) < 2:
            return [tuple(words)]
        return [
            encode(Sound(sound.room, around(sound, answer.window)))
            for answer in sorted(sure, key=lambda answer: answer.window)
        ]

    def explain(self, words: Sequence[str], action: Action) -> tuple[Evidence, ...]:
        """How much better the sound is known than the background, per frame."""
        answers = self._answers(words)
        known = self.voices.known(answers[0].margins) if answers else {}
        return (Evidence("(the sound)", known[action] * _NATS_PER_UNIT),) if action in known else ()

    def decide(self, prediction: Prediction, hypothesis: Hypothesis) -> Action:
        ended = hypothesis.is_final or hypothesis.is_pause
        action, probability = next(((a, p) for a, p in prediction.ranked if a != NOTHING), (NOTHING, 0.0))
        if action == NOTHING:
            return NOTHING
        is_backed = self.voices.lessons(action) >= _EARLY_LESSONS and action not in self._hasty
        needed = needed_probability(self._devices[action.device], self._decision, ended=ended)
        is_sure = ended or (is_backed and self._sureness >= SURE)
        return action if probability >= needed and is_sure else NOTHING

    def is_doubtful(self, lesson: Lesson) -> bool:  # noqa: ARG002
        """Never: a sound names no device that it could be about instead."""
        return False

    def correcting(self, lesson: Lesson, wrong: Action) -> Lesson:  # noqa: ARG002
        """The lesson as it is: a column of its own is as heavy as it gets."""
        return lesson

    def refusal(self, lesson: Lesson) -> str:
        """There is room for `ACTIONS` actions and no more."""
        action = self._rounded(lesson.action)
        has_room = not self.voices.is_full or action in self.voices.columns or lesson.action == NOTHING
        return "" if has_room else f"{action} is not learned: sounds for {ACTIONS} actions are known already"

    def learn_one(self, lesson: Lesson) -> None:
        sound = decode(lesson.words)
        self._answered = ((), [])
        if lesson.kind == "taken back":
            self._hasty.add(lesson.action)
        if sound is None:
            return
        if lesson.action != NOTHING and lesson.weight >= _LEAST_WEIGHT:
            self._teach(sound, self._rounded(lesson.action))
        elif lesson.kind == "correction":
            self.switch.correct(sound)
        elif lesson.action == NOTHING and lesson.weight:
            self.switch.learn_background(sound)

    def _teach(self, sound: Sound, action: Action) -> None:
        self.voices.learn_one(sound, action)  # or not: a journal of other days may hold more than `refusal` lets in now
        if len(self.voices.columns) == 1 and self.voices.lessons(action) == _TOLD_ALONE:
            log.info("a sound for %s alone is compared with nothing, and not acted on: teach a second action", action)

    def _answers(self, words: Sequence[str]) -> list[Answer]:
        asked = tuple(words)
        if self._answered[0] != asked:
            sound = decode(words)
            is_short = sound is not None and len(sound.frames) <= LONGEST
            self._answered = (asked, self.switch.predict_one(candidates(sound)) if sound and is_short else [])
        return self._answered[1]

    def _follow(self, words: Sequence[str], answers: Sequence[Answer]) -> None:
        """A sound goes on, or another one has begun."""
        if tuple(words[: len(self._followed)]) != self._followed:
            self._steadiness = Steadiness()
        self._followed = tuple(words)
        known: dict[Action, int] = self.voices.known(answers[0].margins) if answers else {}
        self._sureness = self._steadiness.hear(known, len(words))

    def _prediction(self, answer: Answer) -> Prediction:
        just_enough = math.log(self._decision.final_probability / (1 - self._decision.final_probability))
        above = (answer.margin - self.switch.threshold.margin) / _SOFTNESS
        anything = 1 / (1 + math.exp(-max(-30.0, min(30.0, just_enough + above))))
        known = self.voices.known(answer.margins)
        shares = {action: math.exp((margin - answer.margin) / _SOFTNESS) for action, margin in known.items()}
        whole = sum(shares.values())
        likely = [(a, anything * share / whole) for a, share in shares.items() if a.device in self._devices]
        nothing = max(0.0, 1.0 - sum(probability for _, probability in likely))
        return Prediction(tuple(sorted([(NOTHING, nothing), *likely], key=lambda pair: -pair[1])[:_SHOWN]))

    def _rounded(self, action: Action) -> Action:
        """A value to a twentieth of the range: no hand sets the same one twice."""
        device = self._devices.get(action.device)
        if device is None or not isinstance(action.value, float) or device.maximum <= device.minimum:
            return action
        step = (device.maximum - device.minimum) / 20
        return replace(action, value=round(action.value / step) * step)
