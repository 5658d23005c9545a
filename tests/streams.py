"""Small streaming models with random weights, and what they should hear."""

from __future__ import annotations

import numpy as np

from device.safu.contexts import EMPTY, Tokens
from device.safu.hidden import Activation
from device.safu.integer_stream import IntegerStream
from device.safu.model import Architecture, Weights
from device.safu.quantise_stream import quantise_stream

_SPREADS = {"vectors": 0.05, "attention": 8.0, "block": 2.0, "hidden_bias": 0.3, "output": 0.5, "bias": 1.0}


def streaming(
    activation: Activation = "softmax", tokens: int = 30, dimensions: int = 8, block: int = 4, hidden: int = 12
) -> tuple[Architecture, Weights]:
    """A model of as many outputs as tokens."""
    rng = np.random.default_rng(0)
    a = Architecture(tokens, dimensions, tokens, block=block, summed=True, hidden=hidden, activation=activation)
    arrays = {name: rng.standard_normal(shape) * _SPREADS[name] for name, shape in a.shapes().items()}
    arrays["vectors"] = np.abs(arrays["vectors"])
    if activation == "softmax":
        arrays["output"] *= 10
    return a, Weights(**arrays)


def integer_stream(activation: Activation = "softmax", **sizes: int) -> IntegerStream:
    """The same in integers."""
    return quantise_stream(*streaming(activation, **sizes))


def windows_of(tokens: Tokens, block: int) -> Tokens:
    """(N, K): what is seen after each of the tokens of one dialogue, newest first."""
    behind = np.arange(len(tokens))[:, np.newaxis] - np.arange(block)
    return np.where(behind >= 0, tokens[np.maximum(behind, 0)], EMPTY)
