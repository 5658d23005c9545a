"""The model of `device/safu/model.py` for torch: the same arithmetic, with gradients. Left out: anything that is not.

Vectors may be frozen, as in the first stage; then attention's comparisons are a plain gather. Recall touches only
the tokens that a document said, never the whole vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from device.safu.contexts import EMPTY, Tokens
from device.safu.model import Architecture, Inputs, Weights
from device.safu.recall import Cues


@dataclass(frozen=True, slots=True)
class Recalled:
    """`Cues`, with rows and tokens as one index."""

    places: Tensor
    """(R,) row * outputs + token"""
    cells: Tensor
    """(R,)"""


@dataclass(frozen=True, slots=True)
class Batch:
    """What N predictions are made from, as tensors; None where the architecture asks for nothing."""

    window: Tensor | None = None
    """(N, B) tokens, newest first, `EMPTY` where there are none"""
    document: Tensor | None = None
    """(N, b)"""
    recall: Recalled | None = None
    echo: Recalled | None = None


class SafuNetwork(nn.Module):
    """(N, C) logits of a `Batch`. `dropout` is of hidden units and of document rows, in training only."""

    bias: Tensor
    vectors: Tensor
    attention: Tensor
    block: Tensor
    radial: Tensor
    document: Tensor
    hidden_bias: Tensor
    output: Tensor
    recall: Tensor
    echo: Tensor

    def __init__(self, architecture: Architecture, weights: Weights, dropout: float = 0.0) -> None:
        super().__init__()
        self.architecture = architecture
        self.dropout = dropout
        for name, array in weights.arrays().items():
            self.register_parameter(name, nn.Parameter(torch.tensor(np.ascontiguousarray(array, dtype=np.float32))))

    def weights(self) -> Weights:
        """The present weights as arrays."""
        return Weights(**{name: tensor.detach().numpy().copy() for name, tensor in self.named_parameters()})

    def forward(self, batch: Batch) -> Tensor:
        """Logits."""
        a = self.architecture
        sums = self.sums(batch)
        if a.hidden:
            hidden = functional.dropout(self.activate(sums + self.hidden_bias), self.dropout, self.training)
            sums = hidden @ self.output
        logits = sums + self.bias
        for name, recalled in (("recall", batch.recall), ("echo", batch.echo)):
            if recalled is not None and a.recall:
                said = getattr(self, name).flatten()[recalled.cells]
                logits = logits.flatten().scatter_add_(0, recalled.places, said).view_as(logits)
        return logits

    def sums(self, batch: Batch) -> Tensor:
        """(N, H): all contexts together."""
        a = self.architecture
        parts = []
        if batch.window is not None and (a.block or a.radial):
            vectors = self.look_up(batch.window)
            if a.block:
                near = vectors[:, : a.block]
                attended = near * self.attention_of(near, batch.window[:, : a.block])[..., None]
                context = attended.sum(1) if a.summed else attended.flatten(1)
                parts.append(context @ self.block.flatten(0, 1))
            if a.radial:
                distances = torch.arange(1, a.radial + 1, dtype=torch.float32)
                parts.append((vectors[:, : a.radial] / distances[:, None]).sum(1) @ self.radial)
        if batch.document is not None and a.document:
            parts.append(functional.dropout(batch.document, self.dropout, self.training) @ self.document)
        return torch.stack(parts).sum(0) if len(parts) > 1 else parts[0]

    def look_up(self, window: Tensor) -> Tensor:
        """(N, B, D)"""
        return self.vectors[window.clamp(min=0)] * (window != EMPTY)[..., None]

    def attention_of(self, near: Tensor, window: Tensor) -> Tensor:
        """(N, B): how much of the block's mass each position has."""
        present = window != EMPTY
        if not self.architecture.attention:
            return present * (self.architecture.scale / present.sum(1, keepdim=True).clamp(min=1))
        compared = torch.einsum("nd,nkd->nk", near[:, 0], near)
        logits = (compared @ self.attention).masked_fill(~present, -1e30)
        return self.architecture.scale * torch.softmax(logits, 1) * present

    def activate(self, sums: Tensor) -> Tensor:
        """(N, H) -> (N, H)"""
        if self.architecture.activation == "softmax":
            return torch.softmax(sums, 1)
        if self.architecture.activation == "tanh":
            return torch.tanh(sums)
        return torch.relu(sums) if self.architecture.activation == "relu" else sums


def as_tensor(tokens: Tokens) -> Tensor:
    """A tensor of token ids that shares nothing."""
    return torch.tensor(np.ascontiguousarray(tokens), dtype=torch.long)


def as_batch(inputs: Inputs, outputs: int) -> Batch:
    """The same contexts as tensors."""
    return Batch(
        None if inputs.window is None else as_tensor(inputs.window),
        None if inputs.document is None else torch.tensor(inputs.document, dtype=torch.float32),
        None if inputs.recall is None else _as_recalled(inputs.recall, outputs),
        None if inputs.echo is None else _as_recalled(inputs.echo, outputs),
    )


def _as_recalled(cues: Cues, outputs: int) -> Recalled:
    return Recalled(as_tensor(cues.rows * outputs + cues.tokens), as_tensor(cues.cells))
