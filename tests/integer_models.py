"""Integer models with random weights, and commands for them: as people say them, and as far as they may go."""

from __future__ import annotations

from typing import Any

import numpy as np

from device.safu.integer_reference import MAX_UNITS, IntegerModel, Ints
from device.safu.model import Architecture, Weights
from device.safu.quantise import quantise


def made(seed: int = 0, activation: Any = "tanh", bits: int = 500, hidden: int = 32, actions: int = 20) -> IntegerModel:
    """As large a model as sentences of `ordinary` leave in doubt."""
    rng = np.random.default_rng(seed)
    architecture = Architecture(0, 0, actions, document=bits, hidden=hidden, activation=activation)
    scales = {"document": 0.3, "output": 0.8, "bias": 1.0, "hidden_bias": 0.3}
    weights = {name: rng.standard_normal(shape) * scales[name] for name, shape in architecture.shapes().items()}
    return quantise(architecture, Weights(**weights))


def ordinary(model: IntegerModel, count: int, seed: int = 0) -> tuple[Ints, Ints]:
    """(count, b) units and (count,) numbers of words, about a dozen features a word."""
    rng = np.random.default_rng(seed)
    words = rng.integers(1, 13, count)
    rows = model.inputs.shape[1]
    units = np.zeros((count, rows), np.int64)
    for command, number in enumerate(words):
        np.add.at(units[command], rng.integers(0, rows, 12 * number), rng.integers(1, 3, 12 * number))
    return units, words


def extreme(model: IntegerModel, count: int, seed: int = 0) -> tuple[Ints, Ints]:
    """All units on one row, or on those that add up in one hidden unit; no words, or more than count."""
    rng = np.random.default_rng(seed)
    hidden, rows = model.inputs.shape
    units = np.zeros((count, rows), np.int64)
    one = np.arange(0, count, 2)
    units[one, rng.integers(0, rows, len(one))] = MAX_UNITS
    for command in range(1, count, 2):
        chosen = np.flatnonzero(model.inputs[rng.integers(hidden)] * rng.choice([-1, 1]) > 0)
        units[command, chosen] = MAX_UNITS // max(1, len(chosen))
    return units, rng.integers(-1, 200, count)
