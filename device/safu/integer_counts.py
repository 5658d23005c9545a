"""Learning on a chip, in integers alone: counts that generalise, and the last phrases, taught by its own switch.

The counts are the explicit head (`explicit_solution.py`): `logits = h (log F - log S) + log n`, F the counts of hashed
words and pairs of words plus eps. One lesson is an addition, taking it back a subtraction, both exact. Beside a frozen
model its logits take the place of log n, and of the counts only what speaks for an action is added, a quarter of it:
no lesson may make wordings wrong that the model knows. "Nothing" is an action like the others, with a far greater
eps: words that were never heard speak for it, and one lesson says little. So a blank chip does nothing.

The phrases are the last ones taught, each a sorted list of its features. The likest one, the newest of those, lifts its
action: one that was said before, word for word, above all others; a similar one as much less as the square of their
cosine is less than 1. What contradicts an older phrase is newer, and wins; taking it back leaves the older one.

It is the reference of `safu_learn.c`, to the bit, and `pack` is the memory of the chip. A lesson that does not fit is
refused and changes nothing: a chip does not keep the lessons, so it could not count anew. Pieces of words are left out:
a small table is soon full of them (`benchmarks/README.md`). Left out: lessons of less than full weight.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from zlib import crc32

import numpy as np
import numpy.typing as npt

from device.safu.integer_reference import LOGIT_BITS, MAX_WORDS
from device.safu.text import BEGINNING, words_of

MOST = 255
"""A count is a byte."""
PHRASE = 33
"""Features of a phrase, at most: sixteen words, their pairs and the end."""
SPARE = 4
"""Phrases kept though no longer asked: so many lessons can be taken back in a row as if they had never been."""
MAX_ROWS, MAX_ACTIONS, MAX_PHRASES = 4_096, 255, 255
LOG_BITS = 12
"""Fractional bits of logarithms."""
_LOG_STEP, _LOG_STEPS = 9, 64
_UNIT = 32
"""One of a count, in the units of eps."""
_EPS, _EPS_OF_NOTHING = 1, 64
_WORD, _PAIR = 4, 1
"""How much a word and a pair of words weigh."""
_FACTOR, _SHIFT = 426, 14
"""Bits of weighted logarithms to 0.6 nats: 0.6 ln 2 2^LOGIT_BITS / (_WORD 2^LOG_BITS)."""
_EVIDENCE = 2**21
"""Greatest sum of weighted logarithms, 53 nats: what is more is cut off."""
PRIOR_OF_NOTHING = 4
"""Nothing is meant so many times as often as anything."""
NEVER = -(2**24)
"""Logit of an action that nobody taught and no model knows."""
_LEAST = 7_074
"""ln 1000: no action is less likely than this by the model (`slow.py`)."""
_BESIDE_SLOW = 2
"""Right shift of what the counts say beside a model."""
_MARGIN = 2 << LOGIT_BITS
"""Nats by which a phrase that was taught is above all else."""
_HEAD = struct.Struct("<HBBBBH")
_PHRASE = struct.Struct(f"<BB{PHRASE}H")


class LessonError(ValueError):
    """What a chip refuses; `status` is what it says."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Phrase:
    """What was said, and what was meant by it."""

    action: int
    features: tuple[int, ...]


def heard(line: bytes, *, ended: bool = True) -> tuple[int, ...]:
    """The features of a sentence, rising: 15 bits of the CRC of each word and pair, and one that tells pairs.

    >>> heard(b"lamp on") == heard(b"  Lamp ON "), len(heard(b"lamp on", ended=False)), len(heard(b"lamp on"))
    (True, 4, 5)
    """
    before, found = BEGINNING, set()
    words = words_of(line)[:MAX_WORDS]
    for word in words:
        found |= {crc32(word) & 0xFFFE, crc32(word, before) & 0xFFFF | 1}
        before = crc32(word + b" ")
    if words and ended:
        found.add(crc32(b"</s>", before) & 0xFFFF | 1)
    return tuple(sorted(found))


def log2_of(value: int) -> int:
    """`LOG_BITS` fractional bits of log2 of 1 to 2^31 - 1, from a table with straight lines between.

    >>> log2_of(1), log2_of(1024), log2_of(3) / 4096
    (0, 40960, 1.5849609375)
    """
    whole = value.bit_length() - 1
    mantissa = value << (15 - whole) if whole <= 15 else value >> (whole - 15)  # 2^15 to 2^16 - 1
    place, rest = mantissa >> _LOG_STEP & (_LOG_STEPS - 1), mantissa & ((1 << _LOG_STEP) - 1)
    low, high = int(log_table()[place]), int(log_table()[place + 1])
    return (whole << LOG_BITS) + low + ((high - low) * rest + (1 << _LOG_STEP >> 1) >> _LOG_STEP)


@cache
def log_table() -> npt.NDArray[np.int64]:
    """log2 from 1 to 2 in 64 steps."""
    points = 1 + np.arange(_LOG_STEPS + 1) / _LOG_STEPS
    nearest: npt.NDArray[np.int64] = np.rint(np.log2(points) * 2**LOG_BITS).astype(np.int64)
    return nearest


class IntegerCounts:
    """Learns (features, action) pairs. Raises `ValueError` for sizes that a chip cannot hold.

    >>> chip = IntegerCounts(rows=256, actions=3, phrases=8)
    >>> chip.best(heard(b"lamp on"))
    0
    >>> chip.learn_one(heard(b"lamp on"), 1)
    >>> chip.best(heard(b"lamp on")), chip.best(heard(b"how are you"))
    (1, 0)
    """

    def __init__(self, rows: int, actions: int, phrases: int, nothing: int = 0) -> None:
        if not (0 < rows <= MAX_ROWS and nothing < actions <= MAX_ACTIONS and 0 <= phrases <= MAX_PHRASES):
            raise ValueError(f"{rows} rows, {actions} actions, {phrases} phrases: more or fewer than a chip can hold")
        self.rows, self.actions, self.capacity, self.nothing = rows, actions, phrases, nothing
        self.counts: npt.NDArray[np.uint8] = np.zeros((rows, actions), np.uint8)
        self.totals = [0] * actions
        """Sums of the counts over all rows."""
        self.lessons = [0] * actions
        self.phrases: list[Phrase] = []
        """Oldest first."""

    def learn_one(self, features: Sequence[int], action: int) -> None:
        """Take a lesson in. Raises `LessonError` and changes nothing if it does not fit."""
        self._check(features, action)
        column = self.counts[:, action].astype(np.int64)
        np.add.at(column, self._rows(features), 1)
        if column.max() > MOST:
            raise LessonError("SAFU_FULL")
        self._count(column, action, len(features), 1)
        if self.capacity:
            kept = self.phrases[-(self.room - 1) :]
            self.phrases = [*kept, Phrase(action, tuple(features))]

    def unlearn_one(self, features: Sequence[int], action: int) -> None:
        """The inverse. Raises `LessonError` and changes nothing if such a lesson cannot have been."""
        self._check(features, action)
        column = self.counts[:, action].astype(np.int64)
        np.add.at(column, self._rows(features), -1)
        if column.min() < 0 or not _adds_up(self.lessons[action] - 1, self.totals[action] - len(features)):
            raise LessonError("SAFU_NEVER_LEARNED")
        self._count(column, action, len(features), -1)
        written = Phrase(action, tuple(features))
        for place in reversed(range(len(self.phrases))):
            if self.phrases[place] == written:
                del self.phrases[place]
                return

    def predict_one(self, features: Sequence[int], slow: Sequence[int] = ()) -> list[int]:
        """(actions,) logits, `LOGIT_BITS` fractional bits; `slow`: those of a frozen model, of the first actions.

        Raises `LessonError` if the model has more actions than there are.
        """
        if len(slow) > self.actions:
            raise LessonError("SAFU_OUT_OF_RANGE")
        logits = self._slow(slow) if len(slow) else self._prior()
        for action in range(self.actions):
            if self.lessons[action]:
                evidence = self._evidence(features, action)
                logits[action] += max(0, evidence) >> _BESIDE_SLOW if len(slow) else evidence
        self._lift(logits, features)
        return logits

    def best(self, features: Sequence[int], slow: Sequence[int] = ()) -> int:
        """The likeliest action, the first of those."""
        logits = self.predict_one(features, slow)
        return logits.index(max(logits))

    def pack(self) -> bytes:
        """The state as it lies in the memory of a chip."""
        head = _HEAD.pack(self.rows, self.actions, self.capacity, len(self.phrases), self.nothing, 0)
        numbers = struct.pack(f"<{2 * self.actions}I", *self.totals, *self.lessons)
        phrases = b"".join(
            _PHRASE.pack(p.action, len(p.features), *p.features, *[0] * (PHRASE - len(p.features)))
            for p in self.phrases
        )
        counts = self.counts.tobytes()
        return head + numbers + phrases.ljust(self.room * _PHRASE.size, b"\0") + counts + bytes(-len(counts) % 4)

    @classmethod
    def unpack(cls, data: bytes) -> IntegerCounts:
        """The inverse of `pack`. Raises `ValueError` for what can be no state."""
        if len(data) < _HEAD.size:
            raise ValueError(f"{len(data)} bytes are no state")
        rows, actions, capacity, count, nothing, _ = _HEAD.unpack_from(data)
        made = cls(rows, actions, capacity, nothing)
        if len(data) != len(made.pack()) or count > made.room:
            raise ValueError("the state does not hold what it says")
        numbers = struct.unpack_from(f"<{2 * actions}I", data, _HEAD.size)
        made.totals, made.lessons = list(numbers[:actions]), list(numbers[actions:])
        for number in range(count):
            action, size, *features = _PHRASE.unpack_from(data, _HEAD.size + 8 * actions + number * _PHRASE.size)
            made.phrases.append(Phrase(action, tuple(features[:size]) if size <= PHRASE else ()))
        at = _HEAD.size + 8 * actions + made.room * _PHRASE.size
        made.counts = np.frombuffer(data, np.uint8, rows * actions, at).reshape(rows, actions).copy()
        are_sums = made.totals == made.counts.sum(axis=0).tolist() and all(map(_adds_up, made.lessons, made.totals))
        if not are_sums or any(not made._can_be(phrase) for phrase in made.phrases):
            raise ValueError("the state does not hold what it says")
        return made

    @property
    def room(self) -> int:
        """Phrases that are kept, those included that are no longer asked."""
        return self.capacity + SPARE if self.capacity else 0

    def _can_be(self, phrase: Phrase) -> bool:
        rises = all(low < high for low, high in pairwise(phrase.features))
        return rises and len(phrase.features) > 0 and phrase.action < self.actions

    def _check(self, features: Sequence[int], action: int) -> None:
        if not 0 <= action < self.actions:
            raise LessonError("SAFU_OUT_OF_RANGE")
        if not features:
            raise LessonError("SAFU_NOTHING_HEARD")
        if len(features) > PHRASE:
            raise LessonError("SAFU_TOO_LONG")

    def _rows(self, features: Sequence[int]) -> npt.NDArray[np.int64]:
        return (np.array(features, np.int64) >> 1) % self.rows

    def _count(self, column: npt.NDArray[np.int64], action: int, features: int, lessons: int) -> None:
        self.counts[:, action] = column
        self.totals[action] += lessons * features
        self.lessons[action] += lessons

    def _prior(self) -> list[int]:
        """Nothing is four times as often meant as all that was taught."""
        twice = [2 * n + 1 if n and action != self.nothing else 0 for action, n in enumerate(self.lessons)]
        twice[self.nothing] = PRIOR_OF_NOTHING * max(1, sum(twice))
        return [nats_of(log2_of(n)) if n else NEVER for n in twice]

    def _slow(self, slow: Sequence[int]) -> list[int]:
        greatest = max(slow)
        known = [max(logit - greatest, -_LEAST) for logit in slow]
        taught = [-_LEAST if n else NEVER for n in self.lessons[len(known) :]]
        logits = [*known, *taught]
        logits[self.nothing] = max(logits[self.nothing], -_LEAST)
        return logits

    def _evidence(self, features: Sequence[int], action: int) -> int:
        """Of words and pairs for an action, against any word being as likely as any other."""
        eps = _EPS_OF_NOTHING if action == self.nothing else _EPS
        total = log2_of(_UNIT * self.totals[action] + eps * self.rows) - log2_of(self.rows)
        counts = self.counts[self._rows(features), action].tolist() if features else []
        weights = [_PAIR if feature & 1 else _WORD for feature in features]
        bits = sum(w * (log2_of(_UNIT * n + eps) - total) for w, n in zip(weights, counts, strict=True))
        return max(-_EVIDENCE, min(_EVIDENCE, bits)) * _FACTOR + (1 << _SHIFT >> 1) >> _SHIFT

    def _lift(self, logits: list[int], features: Sequence[int]) -> None:
        """The likest of the newest phrases, the newest of those, if it is at all alike."""
        likest, action = (0, 1), self.nothing
        for phrase in reversed(self.phrases[-self.capacity :] if self.capacity else []):
            alike = shared(phrase.features, features) ** 2, len(phrase.features) * len(features)
            if self.lessons[phrase.action] and alike[0] * likest[1] > likest[0] * alike[1]:
                likest, action = alike, phrase.action
        square, one = likest
        if 2 * square > one:
            others = max(logit for other, logit in enumerate(logits) if other != action) if self.actions > 1 else 0
            missing = max(0, others - logits[action]) + _MARGIN
            logits[action] += missing * (2 * square - one) // one


def _adds_up(lessons: int, total: int) -> bool:
    """Every lesson has a feature, and without a lesson there is none."""
    return 0 <= lessons <= total and (lessons > 0 or total == 0)


def nats_of(bits: int) -> int:
    """A logarithm of two in nats, `LOGIT_BITS` fractional bits.

    >>> nats_of(log2_of(1024)) / 2**LOGIT_BITS  # ln 1024 = 6.931
    6.931640625
    """
    return bits * 5_678 + (1 << 14) >> 15


def shared(some: Sequence[int], others: Sequence[int]) -> int:
    """How many of two rising lists are in both.

    >>> shared((1, 3, 5), (3, 4, 5))
    2
    """
    found = 0
    for each in some:
        place = bisect_left(others, each)
        found += place < len(others) and others[place] == each
    return found
