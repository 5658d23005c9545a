"""Feature maps against their definitions, product by product."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks.fast_weights.feature_maps import dpfp, dpfp_products, favor, linear, orthogonal, tanh


def drawn(*shape: int) -> Tensor:
    """The same standard normal numbers every time, in double precision."""
    return torch.from_numpy(np.random.default_rng(0).standard_normal(shape))


@pytest.mark.parametrize("nu", [1, 2, 3])
def test_dpfp_is_every_product_of_rectified_neighbours(nu: int) -> None:
    keys = drawn(3, 4)
    features = dpfp(nu)(keys, keys)[0]
    rectified = torch.cat([keys, -keys], dim=1).clamp(min=0)
    for place in range(8):
        for shift in range(1, nu + 1):
            expected = rectified[:, place] * rectified[:, place - shift]
            assert torch.allclose(features[:, (shift - 1) * 8 + place], expected)


@pytest.mark.parametrize("nu", [1, 2, 3])
def test_products_without_features_are_the_same_and_so_are_their_gradients(nu: int) -> None:
    keys, queries = drawn(2, 5, 6).requires_grad_(), drawn(2, 1, 6).requires_grad_()
    of_keys, of_queries = dpfp(nu)(keys, queries)
    expected, found = of_queries @ of_keys.mT, dpfp_products(keys, queries, nu)
    assert torch.allclose(found, expected)
    above = drawn(2, 1, 5)
    gradients = (torch.autograd.grad((products * above).sum(), (keys, queries)) for products in (expected, found))
    for one, other in zip(*gradients, strict=True):
        assert torch.allclose(one, other)


def test_favor_estimates_the_exponential_of_the_product() -> None:
    torch.manual_seed(0)
    keys, queries = torch.randn(2, 6) / 3, torch.randn(3, 6) / 3
    of_keys, of_queries = favor(60_000)(keys, queries)
    assert torch.allclose(of_queries @ of_keys.mT, (queries @ keys.mT).exp(), rtol=0.05)


def test_directions_are_orthogonal_within_a_group() -> None:
    directions = orthogonal(8, 20)
    assert directions.shape == (8, 20)
    products = directions[:, :8].mT @ directions[:, :8]
    assert torch.allclose(products, products.diagonal().diag(), atol=1e-4)


def test_elementwise_maps() -> None:
    keys = torch.tensor([-1.0, 0.0, 2.0])
    assert linear(keys, keys)[0].tolist() == pytest.approx([np.exp(-1), 1, 3])
    assert tanh(keys, keys)[1].tolist() == pytest.approx(np.tanh([-1, 0, 2]).tolist())
