"""Update rules against the loop over pairs that defines them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.fast_weights.update_rules import delta, fwm, softmax, spread, total

VALUES = 5


def drawn(length: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Keys, queries, strengths and values of three sequences."""
    generator = torch.Generator().manual_seed(length)
    keys = torch.rand(3, length, 6, generator=generator, dtype=torch.float64)
    queries = torch.rand(3, 2, 6, generator=generator, dtype=torch.float64)
    beta = torch.rand(3, length, generator=generator, dtype=torch.float64)
    return keys, queries, beta, torch.randint(VALUES, (3, length), generator=generator)


def one_hot(values: Tensor) -> Tensor:
    """In double precision."""
    return functional.one_hot(values, VALUES).double()


def written(keys: Tensor, beta: Tensor, values: Tensor, *, scaled: bool) -> Tensor:
    """W, pair by pair: `W += beta (v - W k) k^T`; with `scaled`, from the second pair on of a norm of 1 at most."""
    memory = keys.new_zeros(keys.shape[0], values.shape[2], keys.shape[2])
    for step in range(keys.shape[1]):
        key = keys[:, step, :, None]
        error = values[:, step, :, None] - memory @ key
        memory = memory + beta[:, step, None, None] * error @ key.mT
        if scaled and step:
            memory = memory / memory.flatten(1).norm(dim=1).clamp(min=1)[:, None, None]
    return memory


@pytest.mark.parametrize("length", [1, 2, 64, 65, 150])
def test_delta_is_the_loop(length: int) -> None:
    keys, queries, beta, values = drawn(length)
    memory = written(keys / keys.sum(dim=2, keepdim=True), beta, one_hot(values), scaled=False)
    expected = queries / (queries.sum(dim=2, keepdim=True) + 1e-6) @ memory.mT
    assert torch.allclose(spread(delta(keys, queries, beta), values, VALUES), expected)


def test_keys_of_tiny_features_are_no_less_written() -> None:
    keys, queries, beta, _ = (number.float() for number in drawn(70))
    assert torch.allclose(delta(1e-30 * keys, queries, beta), delta(keys, queries, beta), atol=1e-5)


def test_gradients_of_delta_are_those_of_the_loop() -> None:
    keys, queries, beta, values = drawn(70)
    inputs = keys.requires_grad_(), queries.requires_grad_(), beta.requires_grad_()
    memory = written(keys / keys.sum(dim=2, keepdim=True), beta, one_hot(values), scaled=False)
    expected = queries / (queries.sum(dim=2, keepdim=True) + 1e-6) @ memory.mT
    found = spread(delta(keys, queries, beta), values, VALUES)
    gradients = (torch.autograd.grad(answers.square().sum(), inputs) for answers in (expected, found))
    for one, other in zip(*gradients, strict=True):
        assert torch.allclose(one, other)


@pytest.mark.parametrize(("length", "size"), [(1, 3.0), (2, 0.1), (30, 0.1), (30, 0.5), (30, 3.0)])
def test_fwm_is_the_loop(length: int, size: float) -> None:
    keys, queries, beta, values = drawn(length)
    keys = keys * size
    memory = written(keys, beta, one_hot(values), scaled=True)
    expected = functional.layer_norm(queries @ memory.mT, [VALUES])
    assert torch.allclose(fwm(keys, queries, beta, one_hot(values)), expected)


def test_a_total_is_the_sum_of_outer_products_by_the_sum_of_keys() -> None:
    keys, queries, _, values = drawn(20)
    memory, keys_sum = one_hot(values).mT @ keys, keys.sum(dim=1)
    expected = queries @ memory.mT / (queries @ keys_sum[:, :, None] + 1e-6)
    assert torch.allclose(spread(total(queries @ keys.mT), values, VALUES), expected)


def test_softmax_attends_to_the_nearest_key() -> None:
    keys = 100 * torch.eye(4)[None]
    assert softmax(keys, keys[:, 2:3])[0, 0].tolist() == pytest.approx([0, 0, 1, 0])


def test_what_is_written_again_is_overwritten_by_delta_and_mixed_by_a_total() -> None:
    keys = torch.eye(3)[None, [0, 1, 0]]
    queries, values, beta = torch.eye(3)[None, [0]], torch.tensor([[0, 1, 2]]), torch.ones(1, 3)
    assert spread(delta(keys, queries, beta), values, 3)[0, 0].tolist() == pytest.approx([0, 0, 1], abs=1e-5)
    assert spread(total(queries @ keys.mT), values, 3)[0, 0].tolist() == pytest.approx([0.5, 0, 0.5], abs=1e-5)
