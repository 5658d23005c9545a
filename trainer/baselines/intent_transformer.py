"""A small transformer over the words of a command, trained from scratch: the blocks of `transformer.py`, not causal.

Sizes and epochs were chosen on the folds of `nlu_home/dev.csv`. Words seen once are one unknown word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from device.safu.contexts import Floats
from trainer.baselines.transformer import Block, Rotary, TransformerShape
from trainer.lessons import check_lessons

_LONGEST = 32
_PADDING, _UNKNOWN = 0, 1
_FEWEST_STEPS = 600


class _Network(nn.Module):
    def __init__(self, vocabulary: int, classes: int, shape: TransformerShape) -> None:
        super().__init__()
        self.dropout = shape.dropout
        self.embedding = nn.Embedding(vocabulary, shape.width, padding_idx=_PADDING)
        rotary = Rotary(shape.width // shape.heads, _LONGEST)
        self.blocks = nn.ModuleList(Block(shape, rotary, causal=False) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self.head = nn.Linear(shape.width, classes)

    def forward(self, words: Tensor) -> Tensor:
        present = words != _PADDING
        x = functional.dropout(self.embedding(words), self.dropout, self.training)
        for block in self.blocks:
            x = block(x, present[:, None, None, :])
        mean = (self.norm(x) * present[..., None]).sum(1) / present.sum(1, keepdim=True).clamp(min=1)
        logits: Tensor = self.head(functional.dropout(mean, self.dropout, self.training))
        return logits


class IntentTransformer:
    """An `IntentModel` (see `intent_text.py`)."""

    def __init__(self, shape: TransformerShape | None = None, epochs: int = 15, seed: int = 0) -> None:
        self.classes: Sequence[str] = ()
        self._shape = shape or TransformerShape(layers=2, width=96, heads=4, dropout=0.3)
        self._epochs = epochs
        self._seed = seed
        self._words: dict[str, int] = {}

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Learn from scratch."""
        check_lessons(texts, labels)
        self.classes = sorted(set(labels))
        counts = Counter(word for text in texts for word in text.split())
        often = sorted(word for word, times in counts.items() if times > 1 or len(texts) < 1_000)
        self._words = {word: number for number, word in enumerate(often, start=2)}
        place = {name: number for number, name in enumerate(self.classes)}
        torch.manual_seed(self._seed)
        rng = np.random.default_rng(self._seed)
        self._network = _Network(len(often) + 2, len(place), self._shape)
        optimiser = torch.optim.AdamW(self._network.parameters(), lr=2e-3, weight_decay=0.05, fused=True)
        words, targets = self._encode(texts), torch.tensor([place[label] for label in labels])
        size = min(32, len(texts))
        steps = max(_FEWEST_STEPS, self._epochs * (len(texts) // size))
        self._network.train()
        for step in range(steps):
            for group in optimiser.param_groups:
                group["lr"] = 2e-3 * min(1.0, (step + 1) / 50) * (1 - step / steps)
            batch = torch.tensor(rng.integers(0, len(texts), size))
            loss = functional.cross_entropy(self._network(words[batch]), targets[batch], label_smoothing=0.1)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        self._network.eval()

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """(N, classes)"""
        with torch.no_grad():
            return torch.softmax(self._network(self._encode(texts)), 1).numpy()

    @property
    def stored_bytes(self) -> int:
        """4 bytes a number."""
        return sum(parameter.numel() * 4 for parameter in self._network.parameters())

    def _encode(self, texts: Sequence[str]) -> Tensor:
        rows = np.full((len(texts), _LONGEST), _PADDING)
        for row, text in enumerate(texts):
            known = [self._words.get(word, _UNKNOWN) for word in text.split()[:_LONGEST]] or [_UNKNOWN]
            rows[row, : len(known)] = known
        return torch.tensor(rows)
