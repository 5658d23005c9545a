"""What a hidden layer does to its sums: softmax as in the papers, or tanh, or relu, or nothing.

A softmax layer has an explicit solution with *label embeddings*, the codes of the labels, as its targets. tanh and
relu have none; `trainer/warm_start.py` gives them one by factorising that of the layer without hidden units.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from device.safu.contexts import Floats

Activation = Literal["softmax", "tanh", "relu", "linear"]
ACTIVATIONS = get_args(Activation)


def activate(sums: Floats, activation: Activation) -> Floats:
    """(N, H) -> (N, H)."""
    if activation == "softmax":
        return softmax(sums)
    if activation == "tanh":
        return np.tanh(sums)
    return np.maximum(sums, 0) if activation == "relu" else sums


def softmax(logits: Floats) -> Floats:
    """Probabilities along the last axis.

    >>> softmax(np.array([[1000.0, 1000.0]])).tolist()
    [[0.5, 0.5]]
    """
    exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Floats = exponents / exponents.sum(axis=-1, keepdims=True)
    return probabilities


def log_softmax(logits: Floats) -> Floats:
    """Natural logarithms of probabilities along the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_probabilities: Floats = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return log_probabilities
