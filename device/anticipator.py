"""Words to a distribution over actions, and when that is sure enough to act on it.

Numbers go through a placeholder: the model sees `<number>`, the action gets the value back; what is set without one
("dim the lamp") is an action with a value of its own. What a device cannot do, a number out of its range or in another
unit is no action: its probability belongs to "nothing". Acting early asks for more:

- a higher probability, and two lessons that agree on the device and two on the command: a coincidence never acts early;
- a word behind a number ("twenty" may yet become "twenty one"), two behind a name ("the lamp on" may yet become "the
  lamp on the counter");
- that the same words were not acted on too early before.

A pause counts as the end until more is said. How sure is sure enough depends on the device (`caution.py`). With a slow
model, the fast memory keeps what that has not absorbed, and of the rest the newest for which there is room: dropping
all of it costs one answer in fifty (`benchmarks/README.md`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Protocol

from device.caution import needed_probability
from device.clauses import clauses
from device.everyday import everyday_words
from device.messages import FULL_LESSON, NOTHING, Action, Device, Evidence, Hypothesis, Lesson, Prediction
from device.numbers import NUMBER, replace_numbers
from device.phrasings import phrasings, words_of
from device.safu.action_heads import NOTHING_KEY, ActionKey
from device.safu.household import HouseholdArchitecture, HouseholdModel, alike
from device.safu.slow import SlowModel
from device.settings import DecisionSettings

EARLY_LESSONS = 2 * FULL_LESSON
_WARM_LESSONS = 6 * FULL_LESSON
"""What the built-in phrasings of one action weigh together: as much as six lessons."""
_HEAVIEST_CORRECTION = 8 * FULL_LESSON
_SHOWN = 8
_PLAUSIBLE = 0.2
"""An action that was this probable explains a flip by itself."""
_TENTATIVE = 64
"""Coincidences that are remembered in case they happen again."""
_UNITS = {"percent": ("%",), "degrees": ("°C", "°F", "K"), "degree": ("°C", "°F", "K")}


class Model(Protocol):
    """What learns and predicts, in words without numbers and pairs of device and command."""

    @property
    def belief(self) -> tuple[float, ...]:
        """How far its own parts and the slow model are believed by now."""

    def predict_one(self, words: Sequence[str], *, ended: bool = True) -> dict[ActionKey, float]:
        """Probabilities of actions; what is missing to 1 is for "nothing". `ended`: no more words are to come."""

    def learn_one(self, words: Sequence[str], action: ActionKey, weight: int, *, absorbed: bool = False) -> None:
        """Take a lesson of `weight` sixteenths in. `absorbed`: the slow model knows it by itself."""

    def learn_name(self, words: Sequence[str]) -> None:
        """A device of this name exists."""

    def suppose(self, words: Sequence[str], action: ActionKey, weight: int) -> None:
        """What is believed before the first lesson."""

    def agreeing(self, action: ActionKey) -> int:
        """Sixteenths of lessons that agree on the device of an action and on its command: the lesser of the two."""

    def explain(self, words: Sequence[str], action: ActionKey) -> list[tuple[str, float]]:
        """What speaks for `action`, in nats, strongest first."""


class SafuAnticipator:
    """An `Anticipator`: the model of `device/safu/household.py`, learning lesson by lesson."""

    def __init__(
        self,
        decision: DecisionSettings,
        *,
        blank: bool,
        architecture: HouseholdArchitecture | None = None,
        slow: SlowModel | None = None,
    ) -> None:
        self._decision = decision
        self._slow = slow
        self._blank = blank
        self._architecture = architecture or HouseholdArchitecture()
        self._begin({})

    def rebuild(self, devices: Mapping[str, Device], lessons: Sequence[Lesson]) -> None:
        known = len(self._learned)
        if list(devices.values()) != list(self._devices.values()) or list(lessons[:known]) != self._learned:
            self._begin(devices)
            known = 0
        for lesson in lessons[known:]:  # most often all of it is known: a model comes or goes, the other stays
            self.learn_one(lesson)

    def _begin(self, devices: Mapping[str, Device]) -> None:
        self._devices = devices
        self._learned: list[Lesson] = []
        self._answered: tuple[tuple[tuple[str, ...], bool], Prediction] | None = None  # a pause asks what the end asks
        self._model = self._new_model()
        self._hasty: set[tuple[str, ...]] = set()
        self._names = {word for device in devices.values() for word in words_of(device.name)}
        self._tentative: list[tuple[tuple[str, ...], ActionKey]] = []
        for device in devices.values():
            self._model.learn_name(words_of(device.name))
            if not self._blank:
                self._warm_start(device)

    def _new_model(self) -> Model:
        """One that has learned nothing yet."""
        return HouseholdModel(everyday_words(), self._architecture, self._slow)

    def predict_one(self, words: Sequence[str], *, ended: bool = True) -> Prediction:
        asked = (tuple(words), ended)
        if self._answered is None or self._answered[0] != asked:
            self._answered = (asked, self._predict(words, ended=ended))
        return self._answered[1]

    def _predict(self, words: Sequence[str], *, ended: bool) -> Prediction:
        tokens, values = self._tokens(words)
        likely: list[tuple[Action, float]] = []
        probabilities = self._model.predict_one(tokens, ended=ended)
        for key, probability in probabilities.items():
            action = self._possible(key, tokens, values)
            if action is not None:
                likely.append((action, probability))
        nothing = max(0.0, 1.0 - sum(probability for _, probability in likely))
        ranked = sorted([(NOTHING, nothing), *likely], key=lambda pair: -pair[1])[:_SHOWN]
        return Prediction(tuple(ranked))

    def commands_in(self, words: Sequence[str], *, ended: bool) -> list[tuple[str, ...]]:
        """The commands a sentence is made of, each worded as if it stood alone; one for nearly all.

        It is taken apart only if every part is sure enough by itself; before the end, the last part is not yet whole.
        """
        parts = clauses(words, self._names)
        whole = parts if ended else parts[:-1]
        if whole in ([], [tuple(words)]):
            return [tuple(words)]
        actions = [self.would_do(part) for part in whole]
        apart = NOTHING not in actions and len(set(actions)) == len(actions)
        return whole if apart else [tuple(words)]

    @property
    def belief(self) -> tuple[float, ...]:
        """How far the device's own parts and the slow model are believed by now."""
        return self._model.belief

    def would_do(self, words: Sequence[str]) -> Action:
        """What would be done on a whole sentence of these words."""
        return self.decide(self.predict_one(words), Hypothesis(0, tuple(words), True, 0, 0))

    def explain(self, words: Sequence[str], action: Action) -> tuple[Evidence, ...]:
        """What spoke for `action` in these words, strongest first."""
        if action == NOTHING:
            return ()
        tokens, _ = self._tokens(words)
        return tuple(
            Evidence(feature, nats) for feature, nats in self._model.explain(tokens, self._key(action, tokens))[:_SHOWN]
        )

    def decide(self, prediction: Prediction, hypothesis: Hypothesis) -> Action:
        ended = hypothesis.is_final or hypothesis.is_pause
        action, probability = next(((a, p) for a, p in prediction.ranked if a != NOTHING), (NOTHING, 0.0))
        if action == NOTHING:
            return NOTHING
        needed = needed_probability(self._devices[action.device], self._decision, ended=ended)
        is_sure = probability >= needed and (ended or self._may_be_early(action, hypothesis.words))
        return action if is_sure else NOTHING

    def _may_be_early(self, action: Action, words: Sequence[str]) -> bool:
        tokens, _ = self._tokens(words)
        number_may_go_on = action.command == "set" and tokens[-1:] == (NUMBER,)
        name_may_go_on = len(tokens) > 1 and tokens[-2] in self._names and tokens[-1] not in self._names
        is_backed = self._model.agreeing(self._key(action, tokens)) >= EARLY_LESSONS
        return is_backed and not number_may_go_on and not name_may_go_on and tokens not in self._hasty

    def learn_one(self, lesson: Lesson) -> None:
        tokens, key = self.encode_one(lesson)
        self._answered = None
        self._learned.append(lesson)
        if lesson.kind == "taken back":
            self._hasty.add(tokens)
        elif lesson.kind == "tentative":
            self._tentative = [*self._tentative[1 - _TENTATIVE :], (tokens, key)]
        else:
            is_absorbed = self._slow is not None and self._slow.has_absorbed(lesson.id)
            self._model.learn_one(tokens, key, lesson.weight, absorbed=is_absorbed)
            if lesson.kind == "flip":
                self._learn_what_was_no_coincidence(tokens, key)

    def encode_one(self, lesson: Lesson) -> tuple[tuple[str, ...], ActionKey]:
        """What the model sees of a lesson: its words and their meaning."""
        tokens, _ = self._tokens(lesson.words)
        return tokens, self._key(lesson.action, tokens)

    def is_doubtful(self, lesson: Lesson) -> bool:
        """Whether the flip may have had nothing to do with the words: they name no device, or another one."""
        tokens, key = self.encode_one(lesson)
        named = {device.id: len(set(tokens) & set(words_of(device.name))) for device in self._devices.values()}
        mine = named.pop(lesson.action.device, 0)
        if (mine and mine >= max(named.values(), default=0)) or self._before(tokens, key):
            return False
        return self._model.predict_one(tokens).get(key, 0.0) < _PLAUSIBLE

    def refusal(self, lesson: Lesson) -> str:  # noqa: ARG002
        """Never: there is always room for words."""
        return ""

    def _before(self, tokens: tuple[str, ...], key: ActionKey) -> list[tuple[str, ...]]:
        """Tentative lessons of the same phrase for the same action: once is a coincidence, twice is none."""
        return [said for said, meant in self._tentative if meant == key and alike(said, tokens)]

    def _learn_what_was_no_coincidence(self, tokens: tuple[str, ...], key: ActionKey) -> None:
        for said in self._before(tokens, key):
            self._tentative.remove((said, key))
            self._model.learn_one(said, key, FULL_LESSON)

    def _tokens(self, words: Sequence[str]) -> tuple[tuple[str, ...], tuple[float, ...]]:
        """What the model sees, and the numbers taken out: "lights" is "light" where something is called that."""
        tokens, values = replace_numbers(words)
        singular = (w[:-1] if w[-1:] == "s" and w not in self._names and w[:-1] in self._names else w for w in tokens)
        return tuple(singular), values

    def correcting(self, lesson: Lesson, wrong: Action) -> Lesson:
        """The lesson, made as heavy as it takes for the same words not to lead to `wrong` again."""
        heavier = lesson
        while heavier.weight < _HEAVIEST_CORRECTION and self._still_does(wrong, heavier):
            heavier = replace(heavier, weight=2 * heavier.weight)
        return heavier

    def _still_does(self, wrong: Action, lesson: Lesson) -> bool:
        tokens, _ = self._tokens(lesson.words)
        taught = deepcopy(self._model)
        taught.learn_one(tokens, self._key(lesson.action, tokens), lesson.weight)
        return taught.predict_one(tokens).get(self._key(wrong, tokens), 0.0) >= self._decision.final_probability / 2

    def _warm_start(self, device: Device) -> None:
        ways = [(words, self._key(action, words)) for words, action in phrasings(device)]
        for command in {key for _, key in ways}:
            mine = [words for words, key in ways if key == command]
            for words in mine:
                self._model.suppose(words, command, max(1, round(_WARM_LESSONS / len(mine))))

    def _possible(self, key: ActionKey, tokens: Sequence[str], values: Sequence[float]) -> Action | None:
        """The action of a pair that the model thinks of, if the device exists and can do that."""
        device = self._devices.get(key[0])
        command, _, option = key[1].partition(" ")
        if key == NOTHING_KEY or device is None or command not in device.commands:
            return None
        if command == "select":
            return Action(device.id, command, option) if option in device.options else None
        if command != "set":
            return Action(device.id, command)
        if any(unit in tokens and device.unit not in ("", *units) for unit, units in _UNITS.items()):
            return None  # said in a unit of something else
        numbers = values if not option else () if values else (float(option),)
        in_range = [value for value in numbers if device.minimum <= value <= device.maximum]
        return Action(device.id, command, in_range[0]) if in_range else None

    def _key(self, action: Action, tokens: Sequence[str]) -> ActionKey:
        """What the model calls an action: its number is in the words, or else it is part of what they mean."""
        if action == NOTHING:
            return NOTHING_KEY
        option = action.value
        if isinstance(option, float):
            option = None if NUMBER in tokens else self._rounded(action.device, option)
        return (action.device, action.command if option is None else f"{action.command} {option}")

    def _rounded(self, device_id: str, value: float) -> str:
        """A value set without saying it, to a twentieth of the range: no hand sets the same one twice."""
        device = self._devices.get(device_id)
        step = (device.maximum - device.minimum) / 20 if device else 0.0
        return f"{round(value / step) * step:.6g}" if step else f"{value:.6g}"
