"""Words to a distribution over actions, and when that is sure enough to act on it.

Numbers go through a placeholder: the model sees `<number>`, the action gets the value back. What a device cannot do,
or a number out of its range, is no action: its probability belongs to "nothing". Acting early asks for more: a
higher probability, two lessons that agree on the device and two on the command (a coincidence never acts early),
and for `set` a word behind the number ("twenty" may yet become "twenty one"). A pause counts as the end until more
is said. Left out: calibration on the household's past, and the fast memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from device.everyday import everyday_words
from device.messages import FULL_LESSON, NOTHING, Action, Device, Evidence, Hypothesis, Lesson, Prediction
from device.numbers import NUMBER, replace_numbers
from device.phrasings import phrasings, words_of
from device.safu.action_heads import NOTHING_KEY, ActionHeads, ActionKey
from device.settings import DecisionSettings

EARLY_LESSONS = 2 * FULL_LESSON
_WARM_LESSONS = 6 * FULL_LESSON
"""What the built-in phrasings of one action weigh together: as much as six lessons."""
_HEAVIEST_CORRECTION = 8 * FULL_LESSON
_SHOWN = 8


class SafuAnticipator:
    """An `Anticipator`: the explicit heads of `device/safu/action_heads.py`, learning lesson by lesson."""

    def __init__(self, decision: DecisionSettings, *, blank: bool) -> None:
        self._decision = decision
        self._blank = blank
        self.rebuild({}, ())

    def rebuild(self, devices: Mapping[str, Device], lessons: Sequence[Lesson]) -> None:
        self._devices = devices
        self._model = ActionHeads(everyday_words())
        for device in devices.values():
            self._model.learn_name(words_of(device.name))
            if not self._blank:
                self._warm_start(device)
        for lesson in lessons:
            self.learn_one(lesson)

    def predict_one(self, words: Sequence[str], *, ended: bool = True) -> Prediction:
        tokens, values = replace_numbers(words)
        likely: list[tuple[Action, float]] = []
        probabilities = self._model.predict_one(tokens, ended=ended)
        for key, probability in probabilities.items():
            action = self._possible(key, values)
            if action is not None:
                likely.append((action, probability))
        nothing = max(0.0, 1.0 - sum(probability for _, probability in likely))
        ranked = sorted([(NOTHING, nothing), *likely], key=lambda pair: -pair[1])[:_SHOWN]
        return Prediction(tuple(ranked))

    def explain(self, words: Sequence[str], action: Action) -> tuple[Evidence, ...]:
        """What spoke for `action` in these words, strongest first."""
        key = _key(action)
        if action == NOTHING or not self._model.knows(key):
            return ()
        tokens, _ = replace_numbers(words)
        return tuple(Evidence(feature, nats) for feature, nats in self._model.explain(tokens, key)[:_SHOWN])

    def decide(self, prediction: Prediction, hypothesis: Hypothesis) -> Action:
        action, probability = next(((a, p) for a, p in prediction.ranked if a != NOTHING), (NOTHING, 0.0))
        if hypothesis.is_final or hypothesis.is_pause:
            return action if probability >= self._decision.final_probability else NOTHING
        if probability < self._decision.early_probability or self._model.agreeing(_key(action)) < EARLY_LESSONS:
            return NOTHING
        number_may_go_on = action.command == "set" and replace_numbers(hypothesis.words)[0][-1:] == (NUMBER,)
        return NOTHING if number_may_go_on else action

    def learn_one(self, lesson: Lesson) -> None:
        tokens, _ = replace_numbers(lesson.words)
        self._model.learn_one(tokens, _key(lesson.action), lesson.weight)

    def correcting(self, lesson: Lesson, wrong: Action) -> Lesson:
        """The lesson, made as heavy as it takes for the same words not to lead to `wrong` again."""
        heavier = lesson
        while heavier.weight < _HEAVIEST_CORRECTION and self._still_does(wrong, heavier):
            heavier = replace(heavier, weight=2 * heavier.weight)
        return heavier

    def _still_does(self, wrong: Action, lesson: Lesson) -> bool:
        tokens, _ = replace_numbers(lesson.words)
        self.learn_one(lesson)
        after = self._model.predict_one(tokens).get(_key(wrong), 0.0)
        self._model.learn_one(tokens, _key(lesson.action), -lesson.weight)
        return after >= self._decision.final_probability / 2

    def _warm_start(self, device: Device) -> None:
        ways = list(phrasings(device))
        for command in {_key(action) for _, action in ways}:
            mine = [words for words, action in ways if _key(action) == command]
            for words in mine:
                self._model.learn_one(words, command, max(1, round(_WARM_LESSONS / len(mine))))

    def _possible(self, key: ActionKey, values: Sequence[float]) -> Action | None:
        """The action of a pair that the model thinks of, if the device exists and can do that."""
        device = self._devices.get(key[0])
        command, _, option = key[1].partition(" ")
        if key == NOTHING_KEY or device is None or command not in device.commands:
            return None
        if command == "select":
            return Action(device.id, command, option) if option in device.options else None
        if command != "set":
            return Action(device.id, command)
        in_range = [value for value in values if device.minimum <= value <= device.maximum]
        return Action(device.id, command, in_range[0]) if in_range else None


def _key(action: Action) -> ActionKey:
    option = f" {action.value}" if isinstance(action.value, str) else ""
    return NOTHING_KEY if action == NOTHING else (action.device, action.command + option)
