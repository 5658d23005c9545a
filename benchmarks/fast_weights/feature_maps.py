"""What a key becomes before it is written: the feature maps of arXiv 2102.11174.

FAVOR+ draws its random directions anew at every call, in training and in scoring, as the authors do. All features
but tanh's are positive.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

FeatureMap = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]  # keys and queries, (..., d) -> (..., p)


def linear(keys: Tensor, queries: Tensor) -> tuple[Tensor, Tensor]:
    """ELU + 1 (Katharopoulos et al. 2020): p = d."""
    return functional.elu(keys) + 1, functional.elu(queries) + 1


def tanh(keys: Tensor, queries: Tensor) -> tuple[Tensor, Tensor]:
    """The keys of fast weight memories (Schlag et al. 2021): p = d."""
    return keys.tanh(), queries.tanh()


def dpfp(nu: int) -> FeatureMap:
    """Products of rectified neighbours, 1 to `nu` places apart: p = 2 d nu."""

    def features(x: Tensor) -> Tensor:
        rectified = torch.cat([x.relu(), (-x).relu()], dim=-1)
        return torch.cat([rectified * rectified.roll(shift, dims=-1) for shift in range(1, nu + 1)], dim=-1)

    return lambda keys, queries: (features(keys), features(queries))


def dpfp_products(keys: Tensor, queries: Tensor, nu: int) -> Tensor:
    """Of the features of keys (B, L, d) and one query each (B, 1, d), without making any: (B, 1, L).

    With z the product of a rectified key and a rectified query, it is the sum of `z_i z_j` over neighbours i and j.
    """
    together = torch.cat([keys.relu() * queries.relu(), (-keys).relu() * (-queries).relu()], dim=-1)
    places = torch.arange(together.shape[-1])
    apart = (places[:, None] - places) % len(places)
    neighbours = ((apart >= 1) & (apart <= nu)).to(keys.dtype)
    # half of z^T S z; its gradient, S z, is at hand already, so the graph need not keep the product
    slope = (together @ (neighbours + neighbours.mT)).detach()
    twice = (together * slope).sum(dim=-1)[:, None]
    return twice - twice.detach() / 2


def favor(m: int) -> FeatureMap:
    """Positive random features of the softmax kernel (Choromanski et al. 2021): p = 2 m."""

    def both(keys: Tensor, queries: Tensor) -> tuple[Tensor, Tensor]:
        directions = orthogonal(keys.shape[-1], m)
        return positive(keys, directions), positive(queries, directions)

    return both


def positive(x: Tensor, directions: Tensor) -> Tensor:
    """`exp(+-w.x - |x|^2 / 2) / sqrt(2 m)`: products of two estimate `exp(x.y)`."""
    offset = x.square().sum(dim=-1, keepdim=True) / 2 + math.log(2 * directions.shape[1]) / 2
    along = x @ directions
    return torch.cat([(along - offset).exp(), (-along - offset).exp()], dim=-1)


def orthogonal(d: int, m: int) -> Tensor:
    """`m` columns, orthogonal in groups of `d`, as long as Gaussian vectors are."""
    groups = [torch.randn(d, d) for _ in range(math.ceil(m / d))]
    columns = [torch.linalg.qr(group)[0] * group.norm(dim=1) for group in groups]
    return torch.cat(columns, dim=1)[:, :m]
