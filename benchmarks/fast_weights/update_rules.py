"""How pairs are written into a memory W and what it answers; shapes: keys (B, L, p), queries (B, Q, p), beta (B, L).

W itself is never made. As values are one-hot, `softmax`, `total` and `delta` give each query a weight for each position
(B, Q, L), which `spread` adds up by value; `fwm` gives answers (B, Q, n). The tests compare them with loops over W.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_EPS = 1e-6
_CHUNK = 64


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
    chunks = zip(torch.split(keys, _CHUNK, 1), torch.split(beta[:, :, None], _CHUNK, 1), strict=True)
    weights = []
    for k, strength in reversed(list(chunks)):
        system = (k @ k.mT).triu(1) * strength.mT
        read = torch.linalg.solve_triangular(system, k @ rest, upper=True, unitriangular=True)
        weights.append(strength * read)
        rest = rest - k.mT @ weights[-1]
    return torch.cat(weights[::-1], dim=1).mT


def fwm(keys: Tensor, queries: Tensor, beta: Tensor, values: Tensor) -> Tensor:
    """`W += beta (v - W k) k^T`, scaled back to a Frobenius norm of 1 at most; answers are layer-normalised.

    W is `U^T K` with a row of U for each pair so far, and its norm follows from the norm before; as the authors do, the
    first pair is not scaled.
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
