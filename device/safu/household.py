"""What one household has taught: counts that generalise, a fast memory that does not forget a phrase, a slow model.

    nothing    = log odds by the counts + doubt * fast(nothing) + certainty * (known(nothing) - known(any action))
    known      = how far fast(...) is above a half: a phrase that was taught, not words of it
    p(nothing) = sigmoid(s * nothing - t)
    which      = a * log p_counts(action) + b * fast(action) + c * fast(its parts)
    p(action)  = (1 - p(nothing)) * softmax(h * which + d * log p_slow(action)), without a slow model softmax(which)

The counts (`action_heads.py`) know devices and commands apart and need few lessons; the fast memory
(`fast_weights.py`) knows whole phrases, weighs words that depend on each other as one, and is right where naive counts
are sure and wrong; it is asked for the action and, as the counts are, for its device and its command. How far each is
believed, the household's own lessons say (`calibration.py`): a, b and c from which action was meant, s and t from
whether any was, where that was in doubt. Of talk that tempted nobody nothing is known, so it says nothing of s and t.

The slow model (`slow.py`) was trained on the host on lessons up to some day. Those that it has absorbed say nothing of
h and d, for it has seen their answers. It may doubt that anything was meant, but never make the others surer of it: it
has heard lessons only, no talk. Left out: numbers, when to act (`anticipator.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from device.messages import FULL_LESSON
from device.safu.action_heads import NOTHING_KEY, ActionHeads, ActionKey, HeadsArchitecture
from device.safu.calibration import Calibration, CalibrationPrior
from device.safu.contexts import Floats
from device.safu.fast_weights import FastWeights, Key, key_of
from device.safu.mixed_code import features_of
from device.safu.slow import LEAST, SlowModel

FAST_MEMORY = "(what was said)"
_LEAST = 1e-9
_KNOWN = 0.5
_IN_DOUBT = 3.0
"""Log odds of "nothing" above which nobody is asked whether it was meant."""

_WHICH = CalibrationPrior(means=(1.0, 3.0, 6.0), deviations=(0.3, 3.0, 3.0), least=(0.05, 0.05, 0.05))
_BLEND = CalibrationPrior(means=(0.8, 0.3), deviations=(0.3, 0.3), least=(0.05, 0.0))
_WHETHER = CalibrationPrior(means=(1.0, 0.0), deviations=(0.1, 0.3), least=(0.2, -9.0))


@dataclass(frozen=True, slots=True)
class HouseholdArchitecture:
    """What is fixed before the first lesson. Chosen on made-up houses (`benchmarks/first_lessons.py`)."""

    heads: HeadsArchitecture = field(default_factory=HeadsArchitecture)
    which: CalibrationPrior = _WHICH
    """Of a, b and c."""
    whether: CalibrationPrior = _WHETHER
    """Of s and t."""
    blend: CalibrationPrior = _BLEND
    """Of h and d, where the bundle does not say how far to believe it."""
    doubt: float = 2.0
    """Nats that a phrase speaks for "nothing" that was written to mean it."""
    certainty: float = 12.0
    """Nats for each unit by which a phrase is known."""
    ridge: float = 0.3
    capacity: int = 512
    """Phrases in the fast memory; 0: none."""


class HouseholdModel:
    """Learns (words, action) pairs; predicts a distribution over all pairs of a known device and a known command."""

    def __init__(
        self,
        everyday: Mapping[str, float],
        architecture: HouseholdArchitecture | None = None,
        slow: SlowModel | None = None,
    ) -> None:
        self.architecture = architecture or HouseholdArchitecture()
        self.slow = slow
        self._names: set[str] = set()
        self.counts = ActionHeads(everyday, self.architecture.heads)
        self.fast: FastWeights[ActionKey] = FastWeights(self.architecture.ridge, self.architecture.capacity)
        self.which = Calibration(self.architecture.which)
        self.whether = Calibration(self.architecture.whether)
        belief = slow.header.belief if slow is not None else ()
        blend = self.architecture.blend
        self.blend = Calibration(replace(blend, means=belief) if belief else blend)

    def learn_one(self, words: Sequence[str], action: ActionKey, weight: int, *, absorbed: bool = False) -> None:
        """Take a lesson of `weight` sixteenths in. One of weight 0 only says that this opinion was right.

        `absorbed`: the slow model knows it by itself.
        """
        key = _key(words)
        opinion = self._opinion(words, key, ended=True, slow=None if absorbed else self.slow)
        if action in opinion.actions:
            if opinion.slow is not None:
                self.blend.learn_one(self._blended(opinion, opinion.slow), opinion.actions.index(action))
            self.which.learn_one(opinion.evidence, opinion.actions.index(action))
        if opinion.actions and opinion.nothing < _IN_DOUBT:
            self.whether.learn_one(_whether(opinion.nothing), int(action != NOTHING_KEY))
        if weight:
            self.counts.learn_one(words, action, min(weight, FULL_LESSON))  # what weighs more is about this phrase only
        if weight and self.architecture.capacity:
            self.fast.write(key, [action, *_parts(action)], weight / FULL_LESSON, is_known=absorbed)

    def suppose(self, words: Sequence[str], action: ActionKey, weight: int) -> None:
        """Believe so before the first lesson."""
        self.counts.learn_one(words, action, weight)

    def learn_name(self, words: Sequence[str]) -> None:
        """A device of this name exists: words that mean something here, whatever it may be."""
        self._names.update(words)
        self.counts.learn_name(words)

    @property
    def belief(self) -> tuple[float, ...]:
        """How far the household's own parts and the slow model are believed by now."""
        return self.blend.weights

    def agreeing(self, action: ActionKey) -> int:
        """Sixteenths of lessons that agree on the device of an action and on its command: the lesser of the two."""
        return self.counts.agreeing(action)

    def explain(self, words: Sequence[str], action: ActionKey) -> list[tuple[str, float]]:
        """What each word, their order and the memory say for `action` against nothing, in nats, strongest first."""
        if not self.counts.knows(action):
            return []
        fast = self.fast.read(_key(words))
        phrase = -self._doubt(fast.get(NOTHING_KEY, 0.0), fast.get(action, 0.0))
        return sorted([*self.counts.explain(words, action), (FAST_MEMORY, phrase)], key=lambda pair: -abs(pair[1]))

    def predict_one(self, words: Sequence[str], *, ended: bool = True) -> dict[ActionKey, float]:
        """Probabilities of the actions, and of `NOTHING_KEY`, in sum 1. `ended`: no more words are to come."""
        opinion = self._opinion(words, _key(words, ended=ended), ended=ended, slow=self.slow)
        if not opinion.actions:
            return {NOTHING_KEY: 1.0}
        nothing, something = self.whether.probabilities(_whether(opinion.nothing)).tolist()
        if opinion.slow is None:
            shares = something * self.which.probabilities(opinion.evidence)
        else:
            shares = something * self.blend.probabilities(self._blended(opinion, opinion.slow))
        return {NOTHING_KEY: nothing, **dict(zip(opinion.actions, shares.tolist(), strict=True))}

    def _doubt(self, nothing: float, action: float) -> float:
        """Nats for "nothing" from how strongly the fast memory knows the phrase as that, and as an action."""
        a = self.architecture
        return a.doubt * nothing + a.certainty * (max(0.0, nothing - _KNOWN) - max(0.0, action - _KNOWN))

    def _blended(self, opinion: _Opinion, slow: Floats) -> Floats:
        """(2, actions): what counts and fast memory say together, and what the slow model says."""
        return np.stack([np.array(self.which.weights) @ opinion.evidence, slow])

    def _opinion(self, words: Sequence[str], key: Key, *, ended: bool, slow: SlowModel | None) -> _Opinion:
        (devices, p), (commands, q) = self.counts.shares(words, ended=ended)
        shape = (len(devices) - 1, len(commands) - 1)
        likely = np.outer(p[1:], q[1:])
        fast = self.fast.read(key)
        whole = np.zeros(shape)
        row_of, column_of = ({label: at for at, label in enumerate(labels[1:])} for labels in (devices, commands))
        for (device, command), strength in fast.items():
            if device and command:
                whole[row_of[device], column_of[command]] = strength
        parts = np.add.outer(
            [fast.get((device, ""), 0.0) for device in devices[1:]], [fast.get(("", c), 0.0) for c in commands[1:]]
        )
        evidence = np.stack([np.log(likely + _LEAST), whole, parts / 2]).reshape(3, -1)
        nothing = np.log(max(_LEAST, 1.0 - float(likely.sum())) / max(_LEAST, float(likely.sum())))
        nothing += self._doubt(fast.get(NOTHING_KEY, 0.0), float(whole.max(initial=0.0)))
        actions = list(product(devices[1:], commands[1:]))
        if slow is None or not slow.knows(words, self._names):
            return _Opinion(float(nothing), actions, evidence, None)
        known = slow.predict_one(words, ended=ended)
        nothing += max(0.0, _log_odds(known.get(NOTHING_KEY, 0.0)))
        shares = np.log([max(LEAST, known.get(action, 0.0)) for action in actions])
        return _Opinion(float(nothing), actions, evidence, shares)


def _log_odds(probability: float) -> float:
    return float(np.log(max(_LEAST, probability)) - np.log(max(_LEAST, 1 - probability)))


def _whether(nothing: float) -> Floats:
    """(2, 2): log odds of "nothing", and a constant, as evidence for "nothing" and for something."""
    return np.array([[nothing, 0.0], [0.0, 1.0]])


def alike(some: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two sentences are one phrase, said again.

    >>> alike("movie time now".split(), "movie time".split()), alike("movie time".split(), "dinner time".split())
    (True, False)
    """
    memory: FastWeights[str] = FastWeights(ridge=1e-9)
    memory.write(_key(some), [""])
    return memory.read(_key(others)).get("", 0.0) > _KNOWN


@dataclass(frozen=True, slots=True)
class _Opinion:
    """What all parts say before they are weighed."""

    nothing: float
    """Log odds."""
    actions: list[ActionKey]
    evidence: Floats
    """(3, actions): of the counts, of the fast memory for the action, of the fast memory for device and command."""
    slow: Floats | None
    """(actions,): log probabilities by the slow model; None where it has no say."""


def _parts(action: ActionKey) -> list[ActionKey]:
    """Its device alone and its command alone, as the fast memory calls them; of "nothing" there are none."""
    device, command = action
    return [] if action == NOTHING_KEY else [(device, ""), ("", command)]


def _key(words: Sequence[str], *, ended: bool = True) -> Key:
    features = features_of(words)
    return key_of(features if ended else features[:-1])
