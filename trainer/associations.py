"""How often every input of every context came with every label: all that explicit solutions need of a text.

A context is linear in its tokens, so the associations of position k are `E^T C_k`, with C_k the sparse counts of
pairs of tokens k apart: no input is ever written out. Each context comes with its mass, what its inputs sum to on
average. Left out: what is made of them (`factorised.py`, `embedded_labels.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import sparse

from device.safu.bit_cipher import codebook
from device.safu.contexts import Floats, Tokens, windows
from device.safu.cooccurrence import pairs
from device.safu.model import Architecture, Inputs, Safu, Weights
from device.safu.recall import HORIZON
from trainer.corpus import Corpus
from trainer.history import History

_codes = cache(codebook)


@dataclass(frozen=True, slots=True)
class Part:
    """One context, or one position of the block."""

    context: str
    associations: Floats
    """(rows, V)"""
    mass: float
    """What its inputs sum to on average."""
    weight: float
    """What it is to count for."""


def pair_counts(corpus: Corpus, lag: int, size: int) -> sparse.csr_matrix:
    """(V, V): how often a token came `lag` tokens before another."""
    earlier, later = pairs(corpus.tokens, corpus.starts, lag)
    return sparse.csr_matrix((np.ones(len(earlier), np.float32), (earlier, later)), shape=(size, size))


def sample_inputs(
    history: History, architecture: Architecture, count: int, rng: np.random.Generator
) -> tuple[Inputs, Tokens]:
    """Inputs at `count` random positions, and the tokens that came there."""
    tokens = history.corpus.tokens
    positions = np.sort(rng.choice(len(tokens), min(count, len(tokens)), replace=False))
    return inputs_at(history, architecture, positions), tokens[positions]


def inputs_at(history: History, architecture: Architecture, positions: Tokens, horizon: int = HORIZON) -> Inputs:
    """The contexts at some positions of a text; `horizon` may be less where no document reaches further back."""
    a = architecture
    near = windows(history.corpus.tokens, history.began, positions, max(a.block, a.radial, 1))
    document = None
    if a.document:
        rows, tokens, amounts = history.recalled(positions, horizon)
        wide = np.zeros((len(positions), a.vocabulary))
        wide[rows, tokens] = amounts
        document = a.inflow * wide @ _codes(a.vocabulary, a.document)
    if not a.recall:
        return Inputs(near, document)
    return Inputs(near, document, history.recall(positions, horizon), history.echo(positions))


def parts_of(corpus: Corpus, architecture: Architecture, weights: Weights, sample: tuple[Inputs, Tokens]) -> list[Part]:
    """The associations of every context; those of the document from a sample."""
    a, (inputs, said) = architecture, sample
    counts = [pair_counts(corpus, lag, a.vocabulary) for lag in range(1, max(a.block, a.radial) + 1)]
    parts: list[Part] = []
    if a.block or a.radial:
        transposed = sparse.csr_matrix(weights.vectors).T
        masses = block_masses(architecture, weights, inputs.window)
        parts += [
            Part("block", (transposed @ together).toarray(), mass, mass)
            for together, mass in positions_of(counts[: a.block], masses, a.summed)
        ]
    if a.radial:
        near = sum(counts[k] / (k + 1) for k in range(a.radial))
        mass = float(sum(1 / (k + 1) for k in range(a.radial)))
        parts.append(Part("radial", (transposed @ near).toarray(), mass, mass))
    if a.document and inputs.document is not None:
        labels = sparse.csr_matrix(
            (np.ones(len(said), np.float32), (np.arange(len(said)), said)), (len(said), a.outputs)
        )
        mass = float(inputs.document.sum(axis=1).mean())
        associations = (labels.T @ inputs.document).T * (len(corpus.tokens) / len(said)) / mass
        parts.append(Part("document", associations, mass, a.scale))
    return parts


def positions_of(
    counts: Sequence[sparse.csr_matrix], masses: Floats, summed: bool
) -> list[tuple[sparse.csr_matrix, float]]:
    """The pair counts and the mass of every position that has weights of its own; summed, all count as one."""
    if not summed or not counts:
        return list(zip(counts, masses.tolist(), strict=True))
    mass = float(masses.sum())
    return [(sum(c * (m / mass) for c, m in zip(counts, masses.tolist(), strict=True)), mass)]


def block_masses(architecture: Architecture, weights: Weights, window: Tokens | None) -> Floats:
    """(B,): what attention gives each position on average."""
    if window is None or not architecture.block:
        return np.zeros(0, np.float32)
    alone = Architecture(
        vocabulary=architecture.vocabulary,
        dimensions=architecture.dimensions,
        outputs=1,
        block=architecture.block,
        attention=architecture.attention,
        scale=architecture.scale,
    )
    blank = np.zeros((architecture.block, architecture.dimensions, 1), np.float32)
    model = Safu(alone, Weights(np.zeros(1, np.float32), weights.vectors, weights.attention, block=blank))
    masses: Floats = model.attention(window[:, : architecture.block]).mean(axis=0)
    return masses


def context_weights(parts: Sequence[Part], solved: Sequence[Floats]) -> Mapping[str, Floats]:
    """(rows, H) of every part, as `Weights` has them: the positions of the block stacked."""
    by_name: dict[str, list[Floats]] = {}
    for part, array in zip(parts, solved, strict=True):
        by_name.setdefault(part.context, []).append(array.astype(np.float32))
    return {name: np.stack(arrays) if name == "block" else arrays[0] for name, arrays in by_name.items()}
