"""A warm start for tanh, relu and linear hidden layers, which have no explicit solution: factorise one that has.

The layer *without* hidden units is solved explicitly: the pointwise mutual information of every input with every
label. Its best rank-H factors are the hidden and the output layer: a truncated SVD, weighted by how often inputs and
labels are used (randomised: Halko, Martinsson and Tropp 2011, arXiv 0909.4061). tanh starts in its straight part;
relu gets every factor twice, once mirrored, `relu(z) - relu(-z) = z`, and so starts exactly linear at half the rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from device.safu.contexts import Floats
from device.safu.model import Architecture, Inputs, Safu, Weights
from trainer.associations import Part, context_weights

_OVERSAMPLING = 16


def factorised_layers(
    architecture: Architecture, weights: Weights, parts: Sequence[Part], smoothing: float, rng: np.random.Generator
) -> Weights:
    """`weights` with hidden and output layer filled in; a label believes in the mean input as in `smoothing` tokens."""
    usual = np.sqrt(np.exp(weights.bias))
    blocks, scales = [], []
    for part in parts:
        information, marginal = mutual_information(part.associations, smoothing)
        blocks.append(information * (part.weight * np.sqrt(marginal))[:, np.newaxis] * usual)
        scales.append(part.mass * np.sqrt(marginal))
    mirrored = architecture.activation == "relu"
    left, right = factors(blocks, architecture.hidden // 2 if mirrored else architecture.hidden, rng)
    solved = [u / scale[:, np.newaxis] for u, scale in zip(_split(left, blocks), scales, strict=True)]
    output = right / usual
    if mirrored:
        solved, output = [np.concatenate([u, -u], axis=1) for u in solved], np.concatenate([output, -output])
    return replace(
        weights,
        **context_weights(parts, solved),
        hidden_bias=np.zeros(architecture.hidden, np.float32),
        output=output.astype(np.float32),
    )


def straighten(architecture: Architecture, weights: Weights, inputs: Inputs, spread: float) -> Weights:
    """The same linear function, with each hidden sum of standard deviation `spread`, before tanh bends much."""
    shrink = (spread / np.maximum(Safu(architecture, weights).sums(inputs).std(axis=0), 1e-6)).astype(np.float32)
    arrays = weights.arrays()
    contexts = {name: arrays[name] * shrink for name in ("block", "radial", "document") if name in arrays}
    return replace(weights, **contexts, output=arrays["output"] / shrink[:, np.newaxis])


def mutual_information(associations: Floats, smoothing: float) -> tuple[Floats, Floats]:
    """(rows, V) pointwise mutual information of inputs and labels in nats, and the (rows,) share of each input."""
    marginal = associations.sum(axis=1)
    marginal = (marginal / marginal.sum() + 1e-8).astype(np.float32)
    information = associations + np.float32(smoothing) * marginal[:, np.newaxis]
    totals = np.log(information.sum(axis=0))
    np.log(information, out=information)
    information -= totals
    information -= np.log(marginal)[:, np.newaxis]
    return information, marginal


def shrunk_information(associations: Floats, shrink: float) -> tuple[Floats, Floats]:
    """The same, with every input believing in the labels' own shares as much as in `shrink` of its associations.

    What is rare says little then, be it ever so one-sided: right where training goes on from here.
    """
    totals = associations.sum(axis=1, keepdims=True)
    usual = associations.sum(axis=0) / associations.sum() + 1e-9
    shares = (associations + shrink * usual) / (totals + shrink)
    marginal = totals[:, 0] / totals.sum() + 1e-7
    return (np.log(shares) - np.log(usual)).astype(np.float32), marginal.astype(np.float32)


def factors(blocks: Sequence[Floats], rank: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """(rows, rank) and (rank, V): the truncated SVD of the stacked blocks, its singular values shared by both.

    Where the blocks have a lower rank the rest is zero.
    """
    width = blocks[0].shape[1]
    basis = rng.standard_normal((width, min(rank + _OVERSAMPLING, width))).astype(np.float32)
    for _ in range(2):
        left, _ = np.linalg.qr(np.concatenate([block @ basis for block in blocks]))
        pieces = zip(blocks, _split(left, blocks), strict=True)
        projected = np.sum([block.T @ piece for block, piece in pieces], axis=0)
        basis, _ = np.linalg.qr(projected)
    inner, values, right = np.linalg.svd(projected.T, full_matrices=False)
    found = min(rank, len(values))
    shared = np.zeros(rank, np.float32)
    shared[:found] = np.sqrt(values[:found])
    padded = np.zeros((len(left), rank), np.float32), np.zeros((rank, width), np.float32)
    padded[0][:, :found] = left @ inner[:, :found]
    padded[1][:found] = right[:found]
    return padded[0] * shared, padded[1] * shared[:, np.newaxis]


def _split(stacked: Floats, like: Sequence[Floats]) -> list[Floats]:
    return np.split(stacked, np.cumsum([len(block) for block in like])[:-1])
