"""The self-attentive feed-forward unit: code -> contexts -> hidden -> output (arXiv 2311.07510).

`Architecture` is fixed, `Weights` are learned, `Memory` is scratch. A batch goes `forward`; a stream goes `step` by
step and gives the same. Contexts add up before the activation, each through weights of its own; which of them exist
is the architecture's choice. Without hidden units the contexts speak to the output directly. Left out: how weights
come about (`trainer/warm_start.py`, `trainer/finetune.py`), integers (`integer_reference.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from device.safu.attention import CachedComparisons, attend, comparisons
from device.safu.contexts import EMPTY, Floats, Tokens, block_context, radial_context, summed_block
from device.safu.hidden import Activation, activate, log_softmax
from device.safu.recall import (
    CLASSES,
    DEGREES,
    ECHO_DEGREES,
    ECHOES,
    HORIZON,
    Cues,
    add_cues,
    echo_cues,
    recall_cues,
)


@dataclass(frozen=True, slots=True)
class Architecture:
    """What is fixed. A context of size 0 does not exist."""

    vocabulary: int
    """Tokens with a vector."""
    dimensions: int
    """Of a vector."""
    outputs: int
    """Tokens or actions."""
    block: int = 0
    """Positions of the block context."""
    attention: bool = True
    """Else every position of the block weighs the same."""
    scale: float = 6.0
    """Mass of the whole block."""
    summed: bool = False
    """The attended vectors of the block are added up; else every position has weights of its own."""
    radial: int = 0
    """Positions of the radial context."""
    document: int = 0
    """Rows of the document context: bits of the code in which it is summed."""
    decay: float = 1.0
    """Of the document per token; below 1 the document is a running mean, and has the mass of `scale`."""
    recall: bool = False
    """The document context speaks to the output, too: outputs are tokens."""
    hidden: int = 0
    """Hidden units; 0 means none, the contexts speak to the output directly."""
    activation: Activation = "tanh"

    @property
    def inflow(self) -> float:
        """What a new token counts in the document."""
        return 1 - self.decay if self.decay < 1 else 1.0

    @property
    def width(self) -> int:
        """Columns of the context weights."""
        return self.hidden or self.outputs

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every array of `Weights` that this architecture has."""
        shapes: dict[str, tuple[int, ...]] = {"bias": (self.outputs,)}
        if self.block or self.radial:
            shapes["vectors"] = (self.vocabulary, self.dimensions)
        if self.block:
            shapes["block"] = (1 if self.summed else self.block, self.dimensions, self.width)
            if self.attention:
                shapes["attention"] = (self.block, self.block)
        if self.radial:
            shapes["radial"] = (self.dimensions, self.width)
        if self.document:
            shapes["document"] = (self.document, self.width)
        if self.hidden:
            shapes |= {"hidden_bias": (self.hidden,), "output": (self.hidden, self.outputs)}
        if self.recall:
            shapes |= {"recall": (CLASSES, DEGREES), "echo": (CLASSES, ECHO_DEGREES)}
        return shapes


@dataclass(frozen=True, slots=True)
class Weights:
    """What is learned; None where the architecture has no such part."""

    bias: Floats
    """(C,)"""
    vectors: Floats | None = None
    """(V, D), unit sum, non-negative"""
    attention: Floats | None = None
    """(B, B)"""
    block: Floats | None = None
    """(B, D, H), or (1, D, H) where it is summed"""
    radial: Floats | None = None
    """(D, H)"""
    document: Floats | None = None
    """(b, H)"""
    hidden_bias: Floats | None = None
    """(H,)"""
    output: Floats | None = None
    """(H, C)"""
    recall: Floats | None = None
    """(classes, degrees)"""
    echo: Floats | None = None
    """(classes, degrees)"""

    def arrays(self) -> dict[str, Floats]:
        """The parts that exist, by name."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: array for name, array in named.items() if array is not None}


@dataclass(frozen=True, slots=True)
class Inputs:
    """What N predictions are made from; the parts that the architecture asks for."""

    window: Tokens | None = None
    """(N, B): the last tokens, newest first, `EMPTY` where there are none"""
    document: Floats | None = None
    """(N, b): the document context in its code"""
    recall: Cues | None = None
    """the document context, one-hot"""
    echo: Cues | None = None
    """the same under attention"""


@dataclass(frozen=True, slots=True)
class Memory:
    """Where a stream stands."""

    window: Tokens
    """(B,) newest first"""
    document: Floats
    """(b,)"""
    amounts: Floats
    """(V,): how often each token was said, decayed"""
    ages: Tokens
    """(V,): how many tokens ago each was last said; a horizon where it never was"""
    followers: Tokens
    """(V, M): what followed each token the last times it was said, newest first"""


class Safu:
    """A model: an architecture and weights that fit it. Raises `ValueError`, naming the array, if they do not."""

    def __init__(self, architecture: Architecture, weights: Weights) -> None:
        found = {name: array.shape for name, array in weights.arrays().items()}
        for name, shape in architecture.shapes().items():
            if found.pop(name, None) != shape:
                raise ValueError(f"{name} should be of shape {shape}, not {getattr(weights, name, None)}")
        if found:
            raise ValueError(f"the architecture has no {', '.join(found)}")
        self.architecture = architecture
        self.weights = weights
        self._cached = None if weights.vectors is None else CachedComparisons(weights.vectors)

    def log_probabilities(self, inputs: Inputs) -> Floats:
        """(N, C): natural logarithms."""
        return log_softmax(self.logits(inputs))

    def logits(self, inputs: Inputs) -> Floats:
        """(N, C)"""
        return self._finish(self.sums(inputs), inputs)

    def sums(self, inputs: Inputs) -> Floats:
        """(N, H): what all contexts say together, before the activation."""
        return self._sums(inputs, None)

    def attention(self, window: Tokens, compared: Floats | None = None) -> Floats:
        """(N, B): how much of the block's mass each position has; `compared` if it is known already."""
        a, w = self.architecture, self.weights
        if w.attention is None or w.vectors is None:
            present = window != EMPTY
            uniform: Floats = (present * (a.scale / np.maximum(present.sum(axis=1, keepdims=True), 1))).astype(
                np.float32
            )
            return uniform
        compared = comparisons(w.vectors, window) if compared is None else compared
        attention: Floats = a.scale * attend(compared, w.attention, window)
        return attention

    def begin(self) -> Memory:
        """The memory at the start of a dialogue."""
        a = self.architecture
        recalled = a.outputs if a.recall else 0
        return Memory(
            np.full(max(a.block, a.radial, 1), EMPTY, np.int64),
            np.zeros(a.document),
            np.zeros(recalled),
            np.full(recalled, HORIZON, np.int64),
            np.full((recalled, ECHOES), EMPTY, np.int64),
        )

    def step(self, memory: Memory, token: int, code: Floats | None = None) -> Memory:
        """The memory after one more token; `code` (b,) is what it adds to the document."""
        a = self.architecture
        document = memory.document * a.decay
        amounts, ages, followers = memory.amounts * a.decay, memory.ages + 1, memory.followers
        if a.recall:
            amounts[token] += 1
            ages[token] = 0
            newest = memory.window[0]
            if newest != EMPTY:
                followers = followers.copy()
                followers[newest] = np.r_[token, followers[newest, :-1]]
        window = np.r_[token, memory.window[:-1]]
        return Memory(window, document if code is None else document + a.inflow * code, amounts, ages, followers)

    def predict_one(self, memory: Memory) -> Floats:
        """(C,): natural logarithms of the probabilities of what comes next, with cached comparisons."""
        inputs = self._inputs(memory)
        compared = None
        block = memory.window[: self.architecture.block]
        if self._cached is not None and len(block) and block[0] != EMPTY:
            compared = self._cached.between(int(block[0]), block)[np.newaxis]
        log_probabilities: Floats = log_softmax(self._finish(self._sums(inputs, compared), inputs))[0]
        return log_probabilities

    def _inputs(self, memory: Memory) -> Inputs:
        document = memory.document[np.newaxis] if self.architecture.document else None
        if not self.architecture.recall:
            return Inputs(memory.window[np.newaxis], document)
        live = np.flatnonzero(memory.ages < HORIZON)
        recalled = recall_cues(np.zeros_like(live), live, memory.amounts[live])
        newest = memory.window[0]
        known = memory.followers[newest] if newest != EMPTY else np.full(ECHOES, EMPTY)
        return Inputs(memory.window[np.newaxis], document, recalled, echo_cues(known[np.newaxis]))

    def _sums(self, inputs: Inputs, compared: Floats | None) -> Floats:
        a, w = self.architecture, self.weights
        parts: list[Floats] = []
        if w.block is not None and w.vectors is not None and inputs.window is not None:
            window = inputs.window[:, : a.block]
            context = summed_block if a.summed else block_context
            block = context(w.vectors, window, self.attention(window, compared))
            parts.append(block @ w.block.reshape(-1, a.width))
        if w.radial is not None and w.vectors is not None and inputs.window is not None:
            parts.append(radial_context(w.vectors, inputs.window[:, : a.radial]) @ w.radial)
        if w.document is not None and inputs.document is not None:
            parts.append(inputs.document @ w.document)
        return sum(parts[1:], parts[0])

    def _finish(self, sums: Floats, inputs: Inputs) -> Floats:
        a, w = self.architecture, self.weights
        if w.output is not None:
            sums = activate(sums + (0 if w.hidden_bias is None else w.hidden_bias), a.activation) @ w.output
        logits: Floats = sums + w.bias
        for cues, table in ((inputs.recall, w.recall), (inputs.echo, w.echo)):
            if cues is not None and table is not None:
                logits = add_cues(logits, cues, table)
        return logits
