"""The authors' model and training of it: keys and queries are learned, values are one-hot and stay.

Key and value indices are embedded in tables, so the product with a concatenation of both becomes two look-ups; the
authors' rows and layers that never get a gradient are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.fast_weights import feature_maps, update_rules

KEY_SIZE = 64
SOLVED = 0.001
_SEED = 1
_EVERY, _SEQUENCES, _QUERIES, _STRIKES = 100, 20, 200, 10


@dataclass(frozen=True, slots=True)
class Rule:
    """A feature map and an update rule, as the logs name them."""

    feature_map: str
    argument: int
    update: str

    @property
    def slow(self) -> bool:
        """The one combination that the authors train with a tenth of the rate and four times the batch."""
        return (self.feature_map, self.update) == ("tanh", "fwm")

    def features(self, keys: Tensor, queries: Tensor) -> tuple[Tensor, Tensor]:
        """Of keys and queries."""
        match self.feature_map:
            case "linear":
                return feature_maps.linear(keys, queries)
            case "tanh":
                return feature_maps.tanh(keys, queries)
            case "dpfp":
                return feature_maps.dpfp(self.argument)(keys, queries)
            case "favor":
                return feature_maps.favor(self.argument)(keys, queries)
        return keys, queries

    def products(self, keys: Tensor, queries: Tensor) -> Tensor:
        """Of the features of each query with each key, (B, Q, L)."""
        if self.feature_map == "dpfp" and queries.shape[1] == 1:
            return feature_maps.dpfp_products(keys, queries, self.argument)
        keys, queries = self.features(keys, queries)
        return queries @ keys.mT


class Pairs:
    """Sequences of keys and values and what is asked of them."""

    def __init__(self, count: int, *, replacement: bool) -> None:
        self.count, self.replacement = count, replacement

    def draw(self, sequences: int, length: int) -> tuple[Tensor, Tensor]:
        """Keys and values, (B, L) each."""
        if self.replacement:
            return torch.randint(self.count, (sequences, length)), torch.randint(self.count, (sequences, length))
        keys, values = (torch.rand(sequences, self.count).argsort(dim=1)[:, :length] for _ in range(2))
        return keys, values

    def training(self, sequences: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Keys, values, one queried key (B, 1) and its last value."""
        keys, values = self.draw(sequences, self.count * (2 if self.replacement else 1))
        query = keys.gather(1, torch.randint(keys.shape[1], (sequences, 1)))
        return keys, values, query, last_value(keys, values, query)


def last_value(keys: Tensor, values: Tensor, queries: Tensor) -> Tensor:
    """The value that was written last under each queried key, (B, Q)."""
    places = torch.arange(1, keys.shape[1] + 1)
    last = ((keys[:, None] == queries[:, :, None]) * places).argmax(dim=2)
    return values.gather(1, last)


class Retrieval(nn.Module):
    """Answers (B, Q, values) to queries after a sequence of pairs."""

    def __init__(self, rule: Rule, count: int) -> None:
        super().__init__()
        self.rule, self.count = rule, count
        width = int(2 * count * 1.1)
        self.embedding = nn.Parameter(torch.randn(count, width))
        self.key = nn.Linear(width + count, KEY_SIZE)
        self.query = nn.Linear(width, KEY_SIZE)
        self.strength = nn.Linear(width + count, 1)
        for layer in (self.key, self.query):
            if rule.update == "softmax":
                nn.init.xavier_uniform_(layer.weight)
            else:
                nn.init.uniform_(layer.weight, -1 / math.sqrt(KEY_SIZE), 1 / math.sqrt(KEY_SIZE))

    def forward(self, keys: Tensor, values: Tensor, queries: Tensor) -> Tensor:
        """Indices: keys and values (B, L), queries (B, Q)."""
        written = self.looked_up(self.key, keys, values)
        asked = self.query(functional.embedding(queries, self.embedding))
        match self.rule.update:
            case "sum":
                return update_rules.spread(update_rules.total(self.rule.products(written, asked)), values, self.count)
            case "softmax":
                return update_rules.spread(update_rules.softmax(written, asked), values, self.count)
        k, q = self.rule.features(written, asked)
        beta = self.looked_up(self.strength, keys, values).squeeze(-1).sigmoid()
        if self.rule.update == "delta":
            return update_rules.spread(update_rules.delta(k, q, beta), values, self.count)
        return update_rules.fwm(k, q, beta, functional.one_hot(values, self.count).float())

    def looked_up(self, layer: nn.Linear, keys: Tensor, values: Tensor) -> Tensor:
        """The layer of value and key side by side."""
        of_value, of_key = layer.weight[:, : self.count], layer.weight[:, self.count :]
        by_key = functional.linear(self.embedding, of_key, layer.bias)
        return functional.embedding(keys, by_key) + functional.embedding(values, of_value.T)


def loss(answers: Tensor, values: Tensor) -> Tensor:
    """Half the squared error, summed over the value."""
    return (answers - functional.one_hot(values, answers.shape[2])).square().sum(dim=2).mean() / 2


@torch.no_grad()
def score(model: Retrieval, pairs: Pairs) -> float:
    """Mean over fresh sequences of as many pairs as there are keys, each asked for up to 200 of its keys."""
    found = []
    for _ in range(_SEQUENCES):
        keys, values = pairs.draw(1, pairs.count)
        queries = torch.tensor([sorted(set(keys[0].tolist()))[:_QUERIES]])
        found.append(loss(model(keys, values, queries), last_value(keys, values, queries)).item())
    return sum(found) / len(found)


def losses(rule: Rule, count: int, *, replacement: bool, steps: int) -> Iterator[float]:
    """Held-out loss every 100 steps, until it is solved or `nan`, eleven were no better, or `steps` are over."""
    torch.manual_seed(_SEED)
    model, pairs = Retrieval(rule, count), Pairs(count, replacement=replacement)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-4 if rule.slow else 1e-3, fused=True)
    best, strikes = math.inf, 0
    for step in range(1, steps + 1):
        keys, values, query, answer = pairs.training(128 if rule.slow else 32)
        optimiser.zero_grad()
        loss(model(keys, values, query), answer).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if step % _EVERY:
            continue
        found = score(model, pairs)
        yield found
        strikes = 0 if found < best else strikes + 1
        best = min(best, found)
        if found <= SOLVED or strikes > _STRIKES or math.isnan(found):
            return
