"""How pairs are written into a memory W and what it answers; shapes: keys (B, L, p), queries (B, Q, p), beta (B, L).

Values are one-hot, and each rule returns the answers (B, Q, values). `total` and `delta` never make W: what a query
gets is a weight for each position, spread over the values written there. `sequential_delta` is the definition that the
tests compare `delta` with.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_EPS = 1e-6
_CHUNK = 40


def spread(weights: Tensor, values: Tensor, size: int) -> Tensor:
    """The sum of one-hot values (B, L) with weights (B, Q, L)."""
    answers = weights.new_zeros(*weights.shape[:2], size)
    return answers.scatter_add(2, values[:, None].expand_as(weights), weights)


def softmax(keys: Tensor, queries: Tensor) -> Tensor:
    """Attention over all pairs: weights of positions (B, Q, L)."""
    return torch.softmax(queries @ keys.mT / keys.shape[-1] ** 0.5, dim=-1)


def total(weights: Tensor) -> Tensor:
    """`W = sum v k^T`, and attention normalised by the sum of keys: products (B, Q, L) become weights of positions."""
    return weights / (weights.sum(dim=-1, keepdim=True) + _EPS)


def delta(keys: Tensor, queries: Tensor, beta: Tensor) -> Tensor:
    """`W += beta (v - W k) k^T` with keys and queries of sum 1: weights of positions (B, Q, L).

    From the last pair back, the query loses what later writes have overwritten: `s_t = k_t.r`, `r -= beta_t s_t k_t`.
    Within a chunk that is the system `(I + strictly upper(K K^T) diag(beta)) s = K r`.
    """
    keys = keys / keys.sum(dim=-1, keepdim=True)
    rest = (queries / (queries.sum(dim=-1, keepdim=True) + _EPS)).mT  # (B, p, Q)
    weights = []
    for chunk, beta_chunk in reversed(
        list(zip(torch.split(keys, _CHUNK, 1), torch.split(beta, _CHUNK, 1), strict=True))
    ):
        system = (chunk @ chunk.mT).triu(1) * beta_chunk[:, None]
        read = torch.linalg.solve_triangular(system, chunk @ rest, upper=True, unitriangular=True)
        weights.append(read * beta_chunk[:, :, None])
        rest = rest - chunk.mT @ weights[-1]
    return torch.cat(weights[::-1], dim=1).mT


def sequential_delta(keys: Tensor, queries: Tensor, beta: Tensor, values: Tensor) -> Tensor:
    """The same, pair by pair, with values (B, L, n): answers (B, Q, n)."""
    keys = keys / keys.sum(dim=-1, keepdim=True)
    memory = keys.new_zeros(keys.shape[0], values.shape[2], keys.shape[2])
    for step in range(keys.shape[1]):
        key = keys[:, step, :, None]
        error = values[:, step, :, None] - memory @ key
        memory = memory + beta[:, step, None, None] * error @ key.mT
    return queries / (queries.sum(dim=-1, keepdim=True) + _EPS) @ memory.mT


def fwm(keys: Tensor, queries: Tensor, beta: Tensor, values: Tensor) -> Tensor:
    """`W += beta (v - W k) k^T`, scaled back to a Frobenius norm of 1 at most; answers are layer-normalised.

    W is `U^T K` with a row of U for each pair so far, and its norm follows from the norm before; the authors do not scale
    after the first pair.
    """
    compared = keys @ keys.mT
    written = beta[:, 0, None] * values[:, 0]
    rows = written[:, None]  # (B, t, n)
    norm = written.square().sum(dim=1) * compared[:, 0, 0]  # squared
    for step in range(1, keys.shape[1]):
        read = (compared[:, None, step, :step] @ rows)[:, 0]
        written = beta[:, step, None] * (values[:, step] - read)
        norm = norm + (written * (2 * read + compared[:, step, step, None] * written)).sum(dim=1)
        scale = norm.clamp(min=1).rsqrt()
        rows = torch.cat([rows, written[:, None]], dim=1) * scale[:, None, None]
        norm = norm * scale.square()
    return functional.layer_norm(queries @ keys.mT @ rows, [values.shape[2]])


def sequential_fwm(keys: Tensor, queries: Tensor, beta: Tensor, values: Tensor) -> Tensor:
    """The same, with W itself."""
    memory = keys.new_zeros(keys.shape[0], values.shape[2], keys.shape[2])
    for step in range(keys.shape[1]):
        key = keys[:, step, :, None]
        error = values[:, step, :, None] - memory @ key
        memory = memory + beta[:, step, None, None] * error @ key.mT
        if step:
            memory = memory / memory.flatten(1).norm(dim=1).clamp(min=1)[:, None, None]
    return functional.layer_norm(queries @ memory.mT, [values.shape[2]])
