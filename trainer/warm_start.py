"""A language model without a gradient: vectors, attention, hidden and output layer, recall, one after the other, each
by an explicit solution of its own (arXiv 2311.07498, 2311.07510).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from device.safu.attention import attention_solution, comparisons, hidden_targets
from device.safu.bit_cipher import codebook
from device.safu.contexts import EMPTY, Floats, Tokens
from device.safu.cooccurrence import cooccurrence_vectors
from device.safu.explicit_solution import weights_of
from device.safu.hidden import log_softmax, softmax
from device.safu.model import Architecture, Inputs, Safu, Weights
from device.safu.recall import CLASSES, DEGREES, ECHO_DEGREES, cue_solution
from trainer.associations import pair_counts, parts_of, sample_inputs
from trainer.corpus import Corpus
from trainer.embedded_labels import embedded_label_layers
from trainer.factorised import factorised_layers, straighten
from trainer.history import History

LABEL_BITS = 128
"""Of the label embeddings that attention's targets are made with."""


@dataclass(frozen=True, slots=True)
class WarmStart:
    """How the explicit solutions are made. Chosen on the last tenth of the training articles."""

    smoothing: float = 10.0
    """Of mutual information: a label believes in the mean input as much as in so many tokens."""
    eps: float = 1e-3
    """Smoothing of softmax layers."""
    sharpness: float = 10.0
    """beta of attention's hidden targets."""
    attention_sample: int = 20_000
    sample: int = 1_000
    """Positions that document contexts and spreads are measured at."""
    spread: float = 0.25
    """Standard deviation of the sums that tanh starts with."""


def vectors_of(corpus: Corpus, vocabulary: int, bits: int) -> Floats:
    """(V, 4 bits): co-occurrence vectors on bit-cipher codes."""
    return cooccurrence_vectors(corpus.tokens, corpus.starts, codebook(vocabulary, bits))


def warm_start(
    history: History, architecture: Architecture, vectors: Floats, how: WarmStart | None = None, seed: int = 0
) -> Weights:
    """Weights of a language model over the tokens of a text. Raises `ValueError` for an empty one."""
    how, rng, corpus = how or WarmStart(), np.random.default_rng(seed), history.corpus
    needs_vectors = architecture.block or architecture.radial
    weights = Weights(bias=log_unigram(corpus.tokens, architecture.outputs), vectors=vectors if needs_vectors else None)
    if architecture.attention and architecture.block:
        weights = replace(weights, attention=_solve_attention(history, vectors, architecture, how, rng))
    sample = sample_inputs(history, architecture, how.sample, rng)
    parts = parts_of(corpus, architecture, weights, sample)
    unrecalled = replace(architecture, recall=False)
    if architecture.activation == "softmax":
        seen = sample_inputs(history, unrecalled, how.attention_sample, rng) if not architecture.document else sample
        weights = embedded_label_layers(unrecalled, weights, parts, seen, how.eps)
    else:
        weights = factorised_layers(unrecalled, weights, parts, how.smoothing, rng)
    if architecture.activation == "tanh":
        weights = straighten(unrecalled, weights, sample[0], how.spread)
    if architecture.recall:
        weights = _solve_recall(architecture, weights, *sample)
    return weights


def cold_start(corpus: Corpus, architecture: Architecture, vectors: Floats, seed: int = 0) -> Weights:
    """Random weights in the same shapes; vectors and the unigram as in a warm start."""
    rng = np.random.default_rng(seed)
    drawn = {}
    for name, shape in architecture.shapes().items():
        fan_in = shape[-2] if len(shape) > 1 else 0
        noise = rng.standard_normal(shape) / np.sqrt(fan_in) if fan_in else np.zeros(shape)
        drawn[name] = noise.astype(np.float32)
    drawn |= {name: np.zeros_like(drawn[name]) for name in ("attention", "recall", "echo") if name in drawn}
    if "block" in drawn:  # a vector of unit sum is far shorter than one of unit variance
        drawn["block"] *= np.float32(architecture.dimensions**0.5)
    if "vectors" in drawn:
        drawn["vectors"] = vectors
    return Weights(**(drawn | {"bias": log_unigram(corpus.tokens, architecture.outputs)}))


def log_unigram(tokens: Tokens, size: int) -> Floats:
    """(V,): log of how often each token is, half a token added to each. Raises `ValueError` without tokens."""
    if not len(tokens):
        raise ValueError("there is nothing to learn from: the corpus is empty")
    counts = np.bincount(tokens, minlength=size) + 0.5
    if len(counts) > size:
        raise ValueError(f"token {tokens.max()} is outside the vocabulary of {size}")
    shares: Floats = np.log(counts / counts.sum()).astype(np.float32)
    return shares


def _solve_attention(
    history: History, vectors: Floats, architecture: Architecture, how: WarmStart, rng: np.random.Generator
) -> Floats:
    """(B, B): how well each position alone predicts the label is what attention to it should be."""
    block = Architecture(
        architecture.vocabulary, architecture.dimensions, architecture.outputs, block=architecture.block
    )
    inputs, labels = sample_inputs(history, block, how.attention_sample, rng)
    window = np.empty((0, architecture.block), np.int64) if inputs.window is None else inputs.window
    codes = codebook(architecture.outputs, LABEL_BITS)
    scores = np.full(window.shape, -np.inf, np.float32)
    for position in range(architecture.block):
        associations = vectors.T @ (pair_counts(history.corpus, position + 1, architecture.vocabulary) @ codes)
        alone = log_softmax(vectors @ weights_of(associations + how.eps, 1.0))
        there = window[:, position] != EMPTY
        scores[there, position] = np.einsum("nb,nb->n", alone[window[there, position]], codes[labels[there]])
    some = window[:, 0] != EMPTY
    targets = hidden_targets(scores[some], how.sharpness)
    return attention_solution(comparisons(vectors, window[some]), targets, how.eps)


def _solve_recall(architecture: Architecture, weights: Weights, inputs: Inputs, said: Tokens) -> Weights:
    """Recall, from what the rest of the model does not expect; then echo, from what recall does not either."""
    silent = replace(
        weights,
        recall=np.zeros((CLASSES, DEGREES), np.float32),
        echo=np.zeros((CLASSES, ECHO_DEGREES), np.float32),
    )
    for name in ("recall", "echo"):
        cues, table = getattr(inputs, name), getattr(silent, name)
        expected = softmax(Safu(architecture, silent).logits(inputs))
        silent = replace(silent, **{name: cue_solution(cues, expected, said, table.shape)})
    return silent
