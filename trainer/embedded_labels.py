"""The warm start of the papers: a softmax hidden layer whose targets are label embeddings, then the output layer.

The label embedding of a token is its bit-cipher code of as many bits as there are hidden units; with it as the
target the hidden layer is an explicit solution (arXiv 2311.07510), and on what it gives, so is the output. K of the
output is the number of softmax layers it sees, one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from device.safu.bit_cipher import codebook
from device.safu.contexts import Tokens
from device.safu.explicit_solution import weights_of
from device.safu.hidden import activate
from device.safu.model import Architecture, Inputs, Safu, Weights
from trainer.associations import Part, context_weights


def embedded_label_layers(
    architecture: Architecture,
    weights: Weights,
    parts: Sequence[Part],
    sample: tuple[Inputs, Tokens],
    eps: float,
) -> Weights:
    """`weights` with hidden and output layer filled in; the prior is in the solution, so the bias becomes zero."""
    labels = codebook(architecture.outputs, architecture.hidden)
    embedded = [part.mass * (part.associations @ labels) for part in parts]
    stacked = np.concatenate(embedded).astype(np.float64) + eps
    solved = weights_of(stacked, sum(part.mass for part in parts))
    filled = replace(
        weights,
        **context_weights(parts, np.split(solved, np.cumsum([len(part) for part in embedded])[:-1])),
        bias=np.zeros_like(weights.bias),
        hidden_bias=np.zeros(architecture.hidden, np.float32),
        output=np.zeros((architecture.hidden, architecture.outputs), np.float32),
    )
    inputs, said = sample
    hidden = activate(Safu(architecture, filled).sums(inputs), "softmax")
    onehot = sparse.csr_matrix((np.ones(len(said)), (np.arange(len(said)), said)), (len(said), architecture.outputs))
    smoothing = eps * architecture.outputs * np.exp(weights.bias)
    output = weights_of((onehot.T @ hidden).T + smoothing, 1.0)
    return replace(filled, output=output.astype(np.float32))
