"""The fast memory: one write, recalled at once, and what contradicts an older one overwrites it.

A fast-weight programmer (arXiv 2102.11174, section 4.2) writes the value v at the key phi by the delta rule,
`W += (v - W phi) phi^T`: what is missing there, and nothing else. One such step also disturbs every older key that is
not orthogonal to phi, and keys of sentences never are. So this memory takes the step along the part of phi that no
older key explains: W is always the delta rule's fixed point over all kept writes (recursive least squares, with a
ridge for noise). With keys phi_i, Gram matrix K and P = (K + ridge / weight)^-1, a write of phi with k = (phi_i . phi),
u = P k and s = 1 + ridge / weight - k . u is

    A += -u (v - A^T k) / s,  a new row (v - A^T k) / s,  and P grows by the block inverse,

which costs the square of the number of keys. Keys are signed, of unit L2 norm: features hashed to rows with a sign
(Weinberger et al. 2009), so that two that collide do not look alike on average. DPFP and the sums of the paper were
measured and are worse here; they live in `benchmarks/fast_weights`. The same key again is the same write, made again
or made anew: the newest value wins. A full memory drops what was written longest ago, first of what is known elsewhere.
Left out: taking one write back, which is replay without it.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from device.safu.contexts import Floats
from device.safu.explicit_solution import Rows

ROWS = 4_096
"""Of the table that features are hashed to."""
_SAME = 1 - 1e-6
"""Two keys this alike are one."""
_GROWTH = 64
_LONG_AGO = 2**60


Label = TypeVar("Label", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Key:
    """A sparse vector of unit L2 norm."""

    rows: Rows
    values: Floats


def key_of(features: Sequence[str]) -> Key:
    """The signed key of some features, each as often as it occurs; of none, the zero vector.

    >>> key = key_of(["lamp", "on", "on"])
    >>> round(float(key.values @ key.values), 6), len(key.rows)
    (1.0, 2)
    """
    table: Counter[int] = Counter()
    for feature in features:
        digest = zlib.crc32(feature.encode())
        table[digest % ROWS] += 1 if digest >> 31 else -1
    rows = np.fromiter(table.keys(), np.int64, len(table))
    values = np.fromiter(table.values(), np.float64, len(table))
    return Key(rows, values / max(float(np.sqrt(values @ values)), 1e-12))


class FastWeights(Generic[Label]):
    """Keys to labels. The state is a function of the ordered writes, to the bit."""

    def __init__(self, ridge: float = 0.3, capacity: int = 512) -> None:
        self.ridge = ridge
        self.capacity = capacity
        self._keys = np.zeros((ROWS, _GROWTH), np.float32)  # a column a key
        self._storage = np.zeros((2, _GROWTH, _GROWTH))  # P, and room to work in
        self._values = np.zeros((0, 0))  # A: (N, labels)
        self._weights: list[float] = []
        self._labels: list[list[int]] = []
        self._written: list[int] = []
        self._column_of: dict[Label, int] = {}
        self._clock = 0

    @property
    def _inverse(self) -> Floats:
        """P: (N, N)"""
        return self._storage[0, : len(self), : len(self)]

    def __len__(self) -> int:
        return len(self._labels)

    @property
    def labels(self) -> tuple[Label, ...]:
        """In the order in which they were first written."""
        return tuple(self._column_of)

    @property
    def stored_bytes(self) -> int:
        """Of all arrays in use."""
        return int(self._keys.nbytes + self._storage.nbytes + self._values.nbytes)

    def write(self, key: Key, labels: Sequence[Label], weight: float = 1.0, *, is_known: bool = False) -> None:
        """From now on `key` means all of `labels`. A write of weight 2 counts as two. `is_known`: elsewhere, too."""
        if not len(key.rows):
            return
        self._clock += 1
        written = self._clock - _LONG_AGO * is_known
        columns = [self._column(label) for label in labels]
        alike = self._alike(key)
        same = int(alike.argmax()) if len(alike) else -1
        if same >= 0 and alike[same] > _SAME:
            self._write_again(same, columns, weight)
            self._written[same] = written
            return
        if len(self) == self.capacity:
            self._drop(int(np.argmin(self._written)))
            alike = self._alike(key)
        self._append(key, alike, columns, weight)
        self._written.append(written)

    def read(self, key: Key) -> dict[Label, float]:
        """How strongly `key` speaks for each label: about 1 where that was written, about 0 where nothing was."""
        strengths = self._alike(key) @ self._values
        return dict(zip(self._column_of, strengths.tolist(), strict=True))

    def familiarity(self, key: Key) -> float:
        """The share of `key` that the kept keys explain, 0 to 1: how much what is read there can be trusted."""
        alike = self._alike(key)
        return float(alike @ self._inverse @ alike)

    def _alike(self, key: Key) -> Floats:
        """(N,): the cosine of `key` with every kept one."""
        return np.asarray(key.values @ self._keys[key.rows, : len(self)], np.float64)

    def _append(self, key: Key, alike: Floats, columns: list[int], weight: float) -> None:
        count = len(self)
        along = self._inverse @ alike  # (N,)
        missing = -(alike @ self._values)  # (labels,)
        missing[columns] += 1
        rest = 1 + self.ridge / weight - float(alike @ along)
        if count == self._keys.shape[1]:
            self._keys = np.pad(self._keys, ((0, 0), (0, count)))
            self._storage = np.pad(self._storage, ((0, 0), (0, count), (0, count)))
        self._add_outer(along, along / rest)
        self._values = np.vstack([self._values - np.outer(along, missing / rest), missing / rest])
        self._keys[:, count] = 0
        self._keys[key.rows, count] = key.values
        self._weights.append(weight)
        self._labels.append(columns)
        self._inverse[count, :count] = self._inverse[:count, count] = -along / rest
        self._inverse[count, count] = 1 / rest

    def _add_outer(self, left: Floats, right: Floats) -> None:
        """P += left right^T in place: new memory for it would cost more than the sums."""
        room = self._storage[1, : len(left), : len(left)]
        self._storage[0, : len(left), : len(left)] += np.multiply.outer(left, right, out=room)

    def _write_again(self, place: int, columns: list[int], weight: float) -> None:
        """The same value: believe in it more. Another one: it is the newest, and the old one is gone."""
        before, now = self._labels[place], self._weights[place]
        total = weight + now if before == columns else max(weight, now)
        along = self._inverse[:, place].copy()
        self._values[:, before] -= along[:, np.newaxis]
        self._values[:, columns] += along[:, np.newaxis]
        softer = self.ridge / total - self.ridge / now
        scale = softer / (1 + softer * along[place])
        self._values -= scale * np.outer(along, self._values[place])
        self._add_outer(along, -scale * along)
        self._labels[place], self._weights[place] = columns, total

    def _drop(self, place: int) -> None:
        """Forget one write, as if it had never been made; the last one moves to its place."""
        last = len(self) - 1
        inverse = self._inverse
        for array in (inverse, inverse.T, self._values, self._keys.T):
            array[[place, last]] = array[[last, place]]
        across, own = inverse[:last, last].copy(), inverse[last, last]
        self._values = self._values[:last] - np.outer(across, self._values[last] / own)
        self._add_outer(across, -across / own)
        self._weights[place], self._labels[place] = self._weights[last], self._labels[last]
        self._written[place] = self._written[last]
        del self._weights[last], self._labels[last], self._written[last]

    def _column(self, label: Label) -> int:
        if label not in self._column_of:
            self._column_of[label] = len(self._column_of)
            self._values = np.pad(self._values, ((0, 0), (0, 1)))
        return self._column_of[label]
