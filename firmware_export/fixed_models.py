"""Two models that are always the same, so that what a chip takes for them can be compared from day to day.

Their weights are random: costs do not depend on them, answers mean nothing. Left out: accuracy, which is measured on
trained models (`benchmarks/firmware.py`).
"""

from __future__ import annotations

import numpy as np

from device.safu.integer_reference import IntegerModel
from device.safu.integer_stream import IntegerStream
from device.safu.mixed_code import MixedCode
from device.safu.model import Architecture, Weights
from device.safu.quantise import quantise
from device.safu.quantise_stream import quantise_stream
from firmware_export.exported import Exported

_SPREADS = {"vectors": 0.02, "attention": 8.0, "block": 2.0, "hidden_bias": 0.3, "output": 4.0, "bias": 1.0}
_WORDS = [
    "turn",
    "switch",
    "on",
    "off",
    "the",
    "lamp",
    "light",
    "kitchen",
    "please",
    "set",
    "to",
    "dim",
    "bright",
    "play",
    "music",
    "stop",
    "what",
    "is",
    "time",
    "it",
]


def stream_model(dimensions: int = 64, block: int = 16, hidden: int = 64, outputs: int = 1_000) -> IntegerStream:
    """Of as many tokens as outputs; the size that most goals are set for."""
    rng = np.random.default_rng(0)
    architecture = Architecture(
        outputs, dimensions, outputs, block=block, summed=True, hidden=hidden, activation="softmax"
    )
    arrays = {name: rng.standard_normal(shape) * _SPREADS[name] for name, shape in architecture.shapes().items()}
    return quantise_stream(architecture, Weights(**(arrays | {"vectors": np.abs(arrays["vectors"])})))


def stream_tokens(count: int = 47, outputs: int = 1_000) -> np.ndarray:
    """What it hears."""
    return np.random.default_rng(5).integers(0, outputs, count)


def command_model(rows: int = 2_560, exact: int = 1_280, hidden: int = 64, actions: int = 64) -> Exported:
    """As large as those that `benchmarks.intents` makes."""
    rng = np.random.default_rng(0)
    architecture = Architecture(0, 0, actions, document=rows, hidden=hidden)
    arrays = {name: rng.standard_normal(shape) * 0.3 for name, shape in architecture.shapes().items()}
    features = [*_WORDS, *(f"made up {number}" for number in range(exact - len(_WORDS)))]
    model: IntegerModel = quantise(architecture, Weights(**arrays))
    return Exported(
        model, MixedCode(features, rows), tuple(f"device{number // 2}\t{number % 2}" for number in range(actions))
    )


def fixed_lessons(actions: int = 16) -> list[tuple[int, str]]:
    """What is taught: an action and what was said before it was switched."""
    return [(number % actions, line) for number, line in enumerate(command_lines())]


def command_lines(count: int = 20) -> list[str]:
    """What it hears: one to twelve words."""
    rng = np.random.default_rng(7)
    return [" ".join(rng.choice(_WORDS, rng.integers(1, 13))) for _ in range(count)]
