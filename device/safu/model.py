"""The model of a blank device: code -> document context -> explicit heads over devices and over commands.

An action's label is two-hot, its device and its command, and each part has a head of its own: "off", taught at one
lamp, is known at the next, and `p(action) = p(device) p(command)` is high only when the words name both. The rest
is "nothing". In each head nothing believes in whatever else would explain the words: everyday talk, the names of
the house and all lessons pooled. So the name of a device never taught is evidence against every other ("never
wider than heard"). Left out: the slow and fast parts of DESIGN section 2, numbers, when to act (`anticipator.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from device.safu.bit_cipher import UNITS, encipher
from device.safu.contexts import document_context
from device.safu.explicit_solution import ExplicitHead, Floats, Rows, head_weights
from device.safu.vocabulary import Vocabulary

ActionKey = tuple[str, str]
"""(device, command)"""
NOTHING_KEY: ActionKey = ("", "")
_LESSON = 16 * UNITS
"""Integer units of one word in one full lesson."""
_DEVICES, _COMMANDS = 0, 1


@dataclass(frozen=True, slots=True)
class Architecture:
    """What is fixed before the first lesson. Chosen on made-up houses and other people's talk, never on recordings."""

    bits: int = 4096
    """Of the code: so many features are one-hot, later ones share."""
    capacity: int = 65_536
    """Features a household can teach; later ones stay unknown."""
    pair_twelfths: int = 3
    """What a pair of neighbours weighs, in twelfths of a word: pairs repeat what their words say."""
    aside_twelfths: int = 4
    """What a feature weighs in the head that it probably does not speak to: words of the house's names speak to the
    devices, all others to the commands."""
    smoothing_mass: float = 80.0
    """What a column believes before its first lesson weighs as much as this many words."""
    everyday_share: float = 0.9
    """Of that, in a device's or command's column: everyday talk; the rest is names and lessons, pooled."""
    nothing_everyday_share: float = 0.95
    """The same in the column of "nothing"."""
    names_mass: float = 1.0
    """A device's name weighs in the pool as much as so many lessons that say it."""
    floor: float = 3e-4
    """Least share of everyday talk of a feature."""
    nothing_prior: float = 0.8
    """Of either head."""
    sharpness: float = 0.7
    """Factor on the evidence: features of one utterance are not independent, as naive Bayes has it."""


class SafuModel:
    """Learns (words, action) pairs; predicts a distribution over all pairs of a known device and a known command."""

    def __init__(self, everyday: Mapping[str, float], architecture: Architecture | None = None) -> None:
        self.architecture = architecture or Architecture()
        self._everyday = everyday
        self._vocabulary = Vocabulary(self.architecture.capacity)
        self._shares = np.zeros(self.architecture.bits)
        self._name_words: set[str] = set()
        self._names = ExplicitHead()
        self._heads = (ExplicitHead(), ExplicitHead())
        for head in self._heads:
            head.add_column("")
        self._solved: list[Floats] | None = None
        self.lessons: Counter[ActionKey] = Counter()
        """Sixteenths of lessons per action."""

    def learn_one(self, words: Sequence[str], action: ActionKey, weight: int) -> None:
        """Take a lesson of `weight` sixteenths in; a negative weight takes one back, exactly."""
        for part, (head, label) in enumerate(zip(self._heads, action, strict=True)):
            inputs, units = self._encode(words, part)
            head.learn_one(inputs, units * weight, label)
        self.lessons[action] += weight
        self._solved = None

    def learn_name(self, words: Sequence[str]) -> None:
        """A device of this name exists: words that mean something here, whatever it may be."""
        self._name_words.update(words)
        inputs, units = self._encode(words, _DEVICES)
        self._names.learn_one(inputs, units * 16, "")
        self._solved = None

    def predict_one(self, words: Sequence[str]) -> dict[ActionKey, float]:
        """Probabilities of the actions, and of `NOTHING_KEY`, in sum 1."""
        devices, commands = (self._probabilities(part) for part in self._evidence(document_context(words)))
        joint = {
            (device, command): p * q
            for device, p in zip(self._heads[0].columns[1:], devices[1:], strict=True)
            for command, q in zip(self._heads[1].columns[1:], commands[1:], strict=True)
        }
        return {NOTHING_KEY: max(0.0, 1.0 - sum(joint.values())), **joint}

    def explain(self, words: Sequence[str], action: ActionKey) -> list[tuple[str, float]]:
        """What each feature says for `action` against nothing, in nats, strongest first."""
        features = document_context(words)
        nats = np.zeros(len(features))
        for head, label, evidence in zip(self._heads, action, self._evidence(features), strict=True):
            nats += evidence[:, head.columns.index(label)] - evidence[:, 0]
        return sorted(zip(features, nats.tolist(), strict=True), key=lambda pair: -abs(pair[1]))

    def _probabilities(self, evidence: Floats) -> list[float]:
        others = evidence.shape[1] - 1
        prior = np.full(others + 1, (1 - self.architecture.nothing_prior) / max(others, 1))
        prior[0] = self.architecture.nothing_prior
        logits = evidence.sum(axis=0) + np.log(prior)
        exponents = np.exp(logits - logits.max())
        probabilities: list[float] = (exponents / exponents.sum()).tolist()
        return probabilities

    def _evidence(self, features: Sequence[str]) -> list[Floats]:
        """Per head, (features, columns): what each feature adds to the logits."""
        if self._solved is None:
            self._solved = [self._solve(head) for head in self._heads]
        codes = [self._code(feature) for feature in features]
        evidence = []
        for part, weights in enumerate(self._solved):
            h = np.array([self._units(feature, part) for feature in features])[:, None] / UNITS  # (features, 1)
            means = np.array([weights[code].mean(axis=0) for code in codes]).reshape(len(codes), weights.shape[1])
            evidence.append(self.architecture.sharpness * h * means)
        return evidence

    def _solve(self, head: ExplicitHead) -> Floats:
        """The head's weights for every row in use, and in the last row for features never learned."""
        a = self.architecture
        used = min(len(self._vocabulary), a.bits)
        rows = np.arange(used)
        counts = head.rows(rows) / _LESSON  # (rows, columns)
        pool = counts[:, 1:].sum(axis=1) + a.names_mass * self._names.rows(rows).sum(axis=1) / _LESSON
        everyday = np.full(counts.shape[1], a.everyday_share)
        everyday[0] = a.nothing_everyday_share
        shares = np.maximum(self._shares[:used], a.floor)
        prior = np.outer(shares, everyday) + np.outer(pool / max(float(pool.sum()), 1e-9), 1 - everyday)
        unseen = a.floor * everyday
        return head_weights(
            np.vstack([counts, np.zeros_like(unseen)]),
            a.smoothing_mass * np.vstack([prior, unseen]),
            counts.sum(axis=0) + a.smoothing_mass,
        )

    def _code(self, feature: str) -> list[int]:
        rank = self._vocabulary.rank(feature)
        return [-1] if rank is None else list(encipher(rank, self.architecture.bits))

    def _units(self, feature: str, part: int) -> int:
        """What a feature weighs in the head of devices (part 0) or commands (1)."""
        a, parts = self.architecture, feature.split()
        units = UNITS if len(parts) == 1 else UNITS * a.pair_twelfths // 12
        speaks_to = _DEVICES if any(word in self._name_words for word in parts) else _COMMANDS
        return units if part == speaks_to or not self._name_words else units * a.aside_twelfths // 12

    def _encode(self, words: Sequence[str], part: int) -> tuple[Rows, Rows]:
        """Rows and integer units of an utterance's features, new ones added; those past the capacity are dropped."""
        inputs: list[int] = []
        units: list[int] = []
        for feature in document_context(words):
            rank = self._vocabulary.add(feature)
            if rank is not None:
                code = encipher(rank, self.architecture.bits)
                self._shares[list(code)] = np.maximum(self._shares[list(code)], self._everyday.get(feature, 0.0))
                inputs += code
                units += [self._units(feature, part) // len(code)] * len(code)
        return np.array(inputs, np.int64), np.array(units, np.int64)
