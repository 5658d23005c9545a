"""Sequences, what is asked of them, and that a model learns."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from benchmarks.fast_weights.retrieval import SOLVED, Pairs, Retrieval, Rule, last_value, losses

DPFP = Rule("dpfp", 1, "sum")


def test_without_replacement_every_key_and_value_comes_once() -> None:
    keys, values, query, answer = Pairs(7, replacement=False).training(4)
    for drawn in (keys, values):
        assert drawn.sort(dim=1).values.tolist() == [list(range(7))] * 4
    place = (keys == query).long().argmax(dim=1, keepdim=True)
    assert torch.equal(values.gather(1, place), answer)


def test_the_newest_value_of_a_key_counts() -> None:
    keys, values = torch.tensor([[3, 1, 3, 2]]), torch.tensor([[5, 6, 7, 8]])
    assert last_value(keys, values, torch.tensor([[3, 1]])).tolist() == [[7, 6]]
    assert Pairs(6, replacement=True).training(2)[0].shape == (2, 12)


def test_two_look_ups_are_the_layer_of_value_and_key_side_by_side() -> None:
    model = Retrieval(DPFP, 5)
    keys, values = torch.tensor([[0, 4]]), torch.tensor([[2, 2]])
    together = torch.cat([functional.one_hot(values, 5).float(), model.embedding[keys]], dim=2)
    assert torch.allclose(model.looked_up(model.key, keys, values), model.key(together), atol=1e-5)


@pytest.mark.parametrize(
    "rule",
    [DPFP, Rule("linear", 0, "delta"), Rule("favor", 8, "sum"), Rule("tanh", 0, "fwm"), Rule("softmax", 0, "softmax")],
)
def test_answers_to_many_queries_are_those_to_each(rule: Rule) -> None:
    model, (keys, values) = Retrieval(rule, 6), Pairs(6, replacement=False).draw(2, 6)
    queries = keys[:, :3]
    torch.manual_seed(0)
    together = model(keys, values, queries)
    for place in range(3):
        torch.manual_seed(0)
        assert torch.allclose(model(keys, values, queries[:, place, None]), together[:, place, None], atol=1e-5)


def test_four_keys_are_solved_at_the_first_evaluation() -> None:
    found = list(losses(DPFP, 4, replacement=False, steps=100))
    assert len(found) == 1
    assert found[0] <= SOLVED
