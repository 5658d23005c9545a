"""The model of a blank device: code -> document context -> explicit heads over devices and over commands.

An action's label is two-hot, its device and its command, and each part has a head of its own: "off", taught at one
lamp, is known at the next, and `p(action) = p(device) p(command)` is high only when the words name both. The rest
is "nothing". In each head nothing believes in whatever else would explain the words: everyday talk, the names of
the house and all lessons pooled. So the name of a device never taught is evidence against every other ("never
wider than heard"). Left out: the slow and fast parts of DESIGN section 2, numbers, when to act (`anticipator.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from device.safu.bit_cipher import UNITS, encipher
from device.safu.contexts import document_context
from device.safu.explicit_solution import ExplicitHead, Floats, Rows
from device.safu.vocabulary import Vocabulary

_LESSON = UNITS * 16.0
NOTHING_KEY = ("", "")
ActionKey = tuple[str, str]
"""(device, command)"""


@dataclass(frozen=True, slots=True)
class Architecture:
    """What is fixed before the first lesson."""

    bits: int = 4096
    capacity: int = 65_536
    pair_units: int = 6
    smoothing_mass: float = 3.0
    everyday_share: float = 0.5
    nothing_everyday_share: float = 0.5
    names_mass: float = 2.0
    floor: float = 1e-4
    nothing_prior: float = 0.7
    sharpness: float = 0.6


class SafuModel:
    def __init__(self, everyday: Mapping[str, float], architecture: Architecture | None = None) -> None:
        self.architecture = architecture or Architecture()
        self._everyday = everyday
        self._vocabulary = Vocabulary(self.architecture.capacity)
        self._heads = (ExplicitHead(), ExplicitHead())
        self._names = ExplicitHead()
        self._shares = np.zeros(self.architecture.bits)
        self._weights: list[Floats] | None = None
        for head in self._heads:
            head.add_column("")

    def learn_one(self, words: Sequence[str], action: ActionKey, weight: int) -> None:
        inputs, units = self._encode(words)
        for head, label in zip(self._heads, action, strict=True):
            head.learn_one(inputs, units * weight, label)
        self._weights = None

    def learn_name(self, words: Sequence[str]) -> None:
        inputs, units = self._encode(words)
        self._names.learn_one(inputs, units * 16, "")
        self._weights = None

    def predict_one(self, words: Sequence[str]) -> dict[ActionKey, float]:
        parts = []
        for head, evidence in zip(self._heads, self._evidence(document_context(words)), strict=True):
            logits = evidence.sum(axis=0) * self.architecture.sharpness
            n = len(head.columns) - 1
            prior = np.full(n + 1, (1 - self.architecture.nothing_prior) / max(n, 1)); prior[0] = self.architecture.nothing_prior
            logits = logits + np.log(prior)
            e = np.exp(logits - logits.max())
            parts.append(e / e.sum())
        out = {}
        for i, d in enumerate(self._heads[0].columns[1:], 1):
            for j, c in enumerate(self._heads[1].columns[1:], 1):
                out[(d, c)] = float(parts[0][i] * parts[1][j])
        out[NOTHING_KEY] = 1 - sum(out.values())
        return out

    def parts(self, words):
        r=[]
        for head, evidence in zip(self._heads, self._evidence(document_context(words)), strict=True):
            logits = evidence.sum(axis=0) * self.architecture.sharpness
            r.append(dict(zip(head.columns, (logits-logits[0]).round(1).tolist())))
        return r

    def _evidence(self, features: Sequence[str]) -> list[Floats]:
        """Per head (features, columns)."""
        if self._weights is None:
            self._weights = [self._solve(head, part) for part, head in enumerate(self._heads)]
        result = []
        for weights in self._weights:
            rows = np.empty((len(features), weights.shape[1]))
            for position, feature in enumerate(features):
                rank = self._vocabulary.rank(feature)
                code = (-1,) if rank is None else encipher(rank, self.architecture.bits)
                strength = (self.architecture.pair_units if " " in feature else UNITS) / UNITS
                rows[position] = weights[list(code)].mean(axis=0) * strength
            result.append(rows)
        return result

    def _solve(self, head: ExplicitHead, part: int) -> Floats:
        """log F - log S for every row, and in the last row for features never learned."""
        a = self.architecture
        used = min(len(self._vocabulary), a.bits)
        rows = np.arange(used)
        counts = head.rows(rows) / _LESSON
        names = self._names.rows(rows).sum(axis=1) / _LESSON * a.names_mass
        pool = counts[:, 1:].sum(axis=1) + names
        pool /= max(pool.sum(), 1e-9)
        columns = counts.shape[1]
        everyday = np.full(columns, a.everyday_share); everyday[0] = a.nothing_everyday_share
        shares = np.maximum(self._shares[:used], a.floor)
        prior = np.outer(shares, everyday) + np.outer(pool, 1 - everyday)
        sums = counts.sum(axis=0) + a.smoothing_mass
        known = np.log(counts + a.smoothing_mass * prior) - np.log(sums)
        unseen = np.log(a.smoothing_mass * a.floor * everyday) - np.log(sums)
        return np.vstack([known, unseen])

    def _encode(self, words: Sequence[str]) -> tuple[Rows, Rows]:
        inputs: list[int] = []
        units: list[int] = []
        for feature in document_context(words):
            rank = self._vocabulary.add(feature)
            if rank is not None:
                code = encipher(rank, self.architecture.bits)
                self._shares[list(code)] = self._everyday.get(feature, 0.0)
                inputs += code
                units += [(self.architecture.pair_units if " " in feature else UNITS) // len(code)] * len(code)
        return np.array(inputs, np.int64), np.array(units, np.int64)
