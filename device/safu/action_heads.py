"""The counts of a household: code -> document context -> explicit heads over devices and over commands.

An action's label is two-hot, its device and its command, and each part has a head of its own: "off", taught at one
lamp, is known at the next, and `p(action) = p(device) p(command)` is high only when the words name both. The rest is
"nothing". In each head nothing believes in whatever else would explain the words: everyday talk, the names of the
house and all lessons pooled. So the name of a device never taught is evidence against every other ("never wider than
heard"). Order enters as what follows a word, a name, another word or the end: "on" ends most requests for light and
little other talk. That tells any command from nothing, not one command from another: lessons are too few for that. A
word that joins two words of names ("the lamp on the counter") is part of the name. Left out: the slow and fast parts
of the whole model, numbers, when to act (`anticipator.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from device.safu.bit_cipher import UNITS, encipher
from device.safu.contexts import document_context
from device.safu.explicit_solution import ExplicitHead, Floats, Rows, head_weights
from device.safu.vocabulary import Vocabulary
from device.safu.word_order import Follower, followers, without_connectors

ActionKey = tuple[str, str]
"""(device, command)"""
NOTHING_KEY: ActionKey = ("", "")
WORD_ORDER = "(word order)"
_LESSON = 16 * UNITS
"""Integer units of one word in one full lesson."""
_DEVICES, _COMMANDS = 0, 1
_UNKNOWN = -1
"""The row of a word without one."""
_NOTHING, _ANYTHING = "nothing", "any command"


@dataclass(frozen=True, slots=True)
class HeadPrior:
    """What a head believes before its first lesson."""

    mass: float
    """It weighs as much as this many words."""
    everyday_share: float
    """Of that, in every column but one: everyday talk; the rest is names and lessons, pooled."""
    nothing_everyday_share: float
    """The same in the column of "nothing"."""
    nothing: float
    """Probability of "nothing" when nothing has been said."""


@dataclass(frozen=True, slots=True)
class HeadsArchitecture:
    """What is fixed before the first lesson. Chosen on made-up houses and other people's talk, never on recordings."""

    bits: int = 4096
    """Of the code: so many words are one-hot, later ones share."""
    capacity: int = 65_536
    """Words a household can teach; later ones stay unknown."""
    devices: HeadPrior = HeadPrior(mass=20.0, everyday_share=0.97, nothing_everyday_share=0.9, nothing=0.5)
    """A name that was never taught here is somebody else's: it speaks for nothing."""
    commands: HeadPrior = HeadPrior(mass=80.0, everyday_share=0.95, nothing_everyday_share=0.97, nothing=0.3)
    """Words around a command say little either way."""
    names_mass: float = 1.0
    """A device's name weighs in the pool as much as so many lessons that say it."""
    nameless: float = 0.03
    """How often a sentence without a name is about any device: a matter of whole phrases, not of its words."""
    floor: float = 3e-4
    """Least share of everyday talk of a word."""
    follower_mass: float = 2.0
    """What is believed of a word's follower weighs as much as so many lessons."""
    follower_shares: tuple[float, float, float] = (0.15, 0.03, 0.82)
    """How often a word of everyday talk ends the sentence, precedes a name of the house, or neither."""


class ActionHeads:
    """Learns (words, action) pairs; predicts a distribution over all pairs of a known device and a known command."""

    def __init__(self, everyday: Mapping[str, float], architecture: HeadsArchitecture | None = None) -> None:
        self.architecture = architecture or HeadsArchitecture()
        self._priors = (self.architecture.devices, self.architecture.commands)
        self._everyday = everyday
        self._vocabulary = Vocabulary(self.architecture.capacity)
        self._shares = np.zeros(self.architecture.bits)
        self._name_words: set[str] = set()
        self._names = ExplicitHead()
        self._heads = (ExplicitHead(), ExplicitHead())
        for head in self._heads:
            head.add_column("")
        self._order = ExplicitHead()
        for column in (_NOTHING, _ANYTHING):
            self._order.add_column(column)
        self._lessons: tuple[Counter[str], Counter[str]] = (Counter(), Counter())

    def learn_one(self, words: Sequence[str], action: ActionKey, weight: int) -> None:
        """Take a lesson of `weight` sixteenths in; a negative weight takes one back, exactly."""
        words = without_connectors(words, self._name_words)
        context = document_context(words)
        for part, (head, label) in enumerate(zip(self._heads, action, strict=True)):
            inputs, units = self._encode(context, self._speaks(context, part))
            head.learn_one(inputs, units * weight, label)
            self._lessons[part][label] += weight
        follows = self._following(words, ended=True)
        anything = _ANYTHING if action[_COMMANDS] else _NOTHING
        self._order.learn_one(np.array(follows, np.int64), np.full(len(follows), weight), anything)

    def agreeing(self, action: ActionKey) -> int:
        """Sixteenths of lessons that agree on the device of an action and on its command: the lesser of the two."""
        return min(counter[label] for counter, label in zip(self._lessons, action, strict=True))

    def learn_name(self, words: Sequence[str]) -> None:
        """A device of this name exists: words that mean something here, whatever it may be."""
        self._name_words.update(words)
        inputs, units = self._encode(document_context(words), set(words))
        self._names.learn_one(inputs, units * 16, "")

    def knows(self, action: ActionKey) -> bool:
        """Whether its device and its command have ever been taught."""
        return all(label in head.columns for head, label in zip(self._heads, action, strict=True))

    def predict_one(self, words: Sequence[str], *, ended: bool = True) -> dict[ActionKey, float]:
        """Probabilities of the actions, and of `NOTHING_KEY`, in sum 1. `ended`: no more words are to come."""
        (devices, p), (commands, q) = self.shares(words, ended=ended)
        joint = {
            (device, command): p_device * q_command
            for device, p_device in zip(devices[1:], p[1:].tolist(), strict=True)
            for command, q_command in zip(commands[1:], q[1:].tolist(), strict=True)
        }
        return {NOTHING_KEY: max(0.0, 1.0 - sum(joint.values())), **joint}

    def shares(self, words: Sequence[str], *, ended: bool = True) -> list[tuple[tuple[str, ...], Floats]]:
        """Of each head the columns, "nothing" first, and their probabilities: devices, then commands."""
        words = without_connectors(words, self._name_words)
        context = document_context(words)
        evidence = [self._evidence(context, part).sum(axis=0) for part in (_DEVICES, _COMMANDS)]
        evidence[_COMMANDS][1:] += self._order_evidence(words, ended=ended)
        shares = [self._probabilities(evidence[part], part) for part in (_DEVICES, _COMMANDS)]
        if not self._name_words.isdisjoint(words) or not self._name_words:
            return [(head.columns, share) for head, share in zip(self._heads, shares, strict=True)]
        shares[_DEVICES][1:] *= self.architecture.nameless / max(float(shares[_DEVICES][1:].sum()), 1e-9)
        shares[_DEVICES][0] = 1 - self.architecture.nameless
        return [(head.columns, share) for head, share in zip(self._heads, shares, strict=True)]

    def explain(self, words: Sequence[str], action: ActionKey) -> list[tuple[str, float]]:
        """What each word says for `action` against nothing, and `WORD_ORDER`, in nats, strongest first."""
        words = without_connectors(words, self._name_words)
        context = document_context(words)
        nats = np.zeros(len(context))
        for part, (head, label) in enumerate(zip(self._heads, action, strict=True)):
            columns = self._evidence(context, part)
            nats += columns[:, head.columns.index(label)] - columns[:, 0]
        evidence = [*zip(context, nats.tolist(), strict=True), (WORD_ORDER, self._order_evidence(words, ended=True))]
        return sorted(evidence, key=lambda pair: -abs(pair[1]))

    def _probabilities(self, evidence: Floats, part: int) -> Floats:
        others = len(evidence) - 1
        nothing = self._priors[part].nothing
        prior = np.full(others + 1, (1 - nothing) / max(others, 1))
        prior[0] = nothing
        logits = evidence + np.log(prior)
        exponents = np.exp(logits - logits.max())
        return np.asarray(exponents / exponents.sum())

    def _evidence(self, context: Counter[str], part: int) -> Floats:
        """(words, columns): what each word adds to the logits of one head."""
        speaks = self._speaks(context, part)
        codes: list[tuple[int, int]] = []  # position of the word, row of its code
        for position, word in enumerate(context):
            if word in speaks:
                rank = self._vocabulary.rank(word)
                code = [_UNKNOWN] if rank is None else encipher(rank, self.architecture.bits)
                codes += [(position, row) for row in code]
        evidence = np.zeros((len(context), len(self._heads[part].columns)))
        if codes:
            positions, rows = np.array(codes).T
            times = np.fromiter(context.values(), np.float64, len(context)) / np.bincount(
                positions, minlength=len(context)
            ).clip(1)
            np.add.at(evidence, positions, times[positions, np.newaxis] * self._weights(part, rows))
        return evidence

    def _order_evidence(self, words: Sequence[str], *, ended: bool) -> float:
        """What the followers of the words say for any command against nothing, in nats."""
        follows = np.array(self._following(words, ended=ended), np.int64)
        kinds = len(Follower)
        of_word = (follows - follows % kinds)[:, np.newaxis] + np.arange(kinds)  # (words, followers)
        totals = self._order.rows(of_word.ravel()).reshape(-1, kinds, 2).sum(axis=1) / 16  # (words, 2)
        believed = self.architecture.follower_mass * np.array(self.architecture.follower_shares)[follows % kinds]
        counts = self._order.rows(follows) / 16 + believed[:, np.newaxis]  # (words, 2)
        shares = np.log(counts) - np.log(totals + self.architecture.follower_mass)
        return float((shares[:, 1] - shares[:, 0]).sum())

    def _following(self, words: Sequence[str], *, ended: bool) -> list[int]:
        """A row for each word that speaks to the commands, joined with what follows it."""
        speaks = self._speaks(words, _COMMANDS)
        pairs = followers(words, self._name_words, ended=ended)
        ranked = ((self._vocabulary.rank(word), follower) for word, follower in pairs if word in speaks)
        return [rank * len(Follower) + follower for rank, follower in ranked if rank is not None]

    def _speaks(self, words: Iterable[str], part: int) -> set[str]:
        """The words that speak to a head: those of names to the devices, all others to the commands.

        Where there is only one sort, it speaks to both: "movie time" may come to mean a lamp.
        """
        names = {word for word in words if word in self._name_words}
        mine = names if part == _DEVICES else set(words) - names
        return mine or set(words)

    def _weights(self, part: int, rows: Rows) -> Floats:
        """(rows, columns): the explicit solution at some rows; `_UNKNOWN` is that of a word never learned."""
        a, head, belief = self.architecture, self._heads[part], self._priors[part]
        is_known = (rows != _UNKNOWN)[:, np.newaxis]
        counts = is_known * head.rows(rows) / _LESSON  # (rows, columns)
        pool = counts[:, 1:].sum(axis=1) + (is_known * self._names.rows(rows)).sum(axis=1) * a.names_mass / _LESSON
        pooled = (float(head.totals[1:].sum()) + a.names_mass * float(self._names.totals.sum())) / _LESSON
        everyday = np.full(counts.shape[1], belief.everyday_share)
        everyday[0] = belief.nothing_everyday_share
        shares = np.where(is_known[:, 0], np.maximum(self._shares[rows], a.floor), a.floor)
        prior = np.outer(shares, everyday) + np.outer(pool / max(pooled, 1e-9), 1 - everyday)
        return head_weights(counts, belief.mass * prior, head.totals / _LESSON + belief.mass)

    def _encode(self, context: Counter[str], speaks: set[str]) -> tuple[Rows, Rows]:
        """Rows and integer units of the words that speak, new ones added; those past the capacity are dropped."""
        inputs: list[int] = []
        units: list[int] = []
        for word, times in context.items():
            rank = self._vocabulary.add(word) if word in speaks else None
            if rank is not None:
                code = encipher(rank, self.architecture.bits)
                self._shares[list(code)] = np.maximum(self._shares[list(code)], self._everyday.get(word, 0.0))
                inputs += code
                units += [times * UNITS // len(code)] * len(code)
        return np.array(inputs, np.int64), np.array(units, np.int64)
