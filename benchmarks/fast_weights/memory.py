"""The fast memory of the device (`device/safu/fast_weights.py`) on phrases that people say.

Every phrase means one of 16 things drawn at random, so that nothing can be guessed from others.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from benchmarks.intents import rows
from device.safu.fast_weights import FastWeights, Key, key_of
from device.safu.mixed_code import features_of

_VALUES = 16
_EVERY = 32
"""Writes between two looks at all that was written."""


def measure(data: Path) -> dict[str, float]:
    """Recall right after one write, phrases until less than 95 % of all are recalled, bytes, CPU time of a write."""
    texts = dict.fromkeys(row["utterance"].lower() for row in rows(data / "nlu_home" / "dev.csv"))
    rng = np.random.default_rng(0)
    phrases = [list(texts)[place].split() for place in rng.permutation(len(texts)).tolist()]
    memory: FastWeights[int] = FastWeights()
    keys = [key_of(features_of(words)) for words in phrases[: memory.capacity]]
    values = rng.integers(0, _VALUES, len(keys)).tolist()
    at_once, taken_us, held = [], [], len(keys)
    for number, (key, value) in enumerate(zip(keys, values, strict=True), start=1):
        started_ns = time.process_time_ns()
        memory.write(key, [value])
        taken_us.append((time.process_time_ns() - started_ns) / 1000)
        at_once.append(recalled(memory, key) == value)
        if number % _EVERY == 0 and held == len(keys):
            right = [recalled(memory, k) == v for k, v in zip(keys[:number], values[:number], strict=True)]
            held = number if np.mean(right) < 0.95 else held
    return {
        "memory.recall_after_one_write": float(np.mean(at_once)),
        "memory.phrases_at_95": float(held),
        "memory.bytes": float(memory.stored_bytes),
        "memory.write_us": float(np.median(taken_us)),
    }


def recalled(memory: FastWeights[int], key: Key) -> int:
    """The value that a key is strongest for."""
    strengths = memory.read(key)
    return max(strengths, key=lambda value: strengths[value])
