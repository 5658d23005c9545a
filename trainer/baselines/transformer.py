"""A causal transformer: pre-norm, rotary positions (arXiv 2104.09864), tied embeddings, dropout; and its training.

As good as we could make it for a CPU budget of a minute or two: what was tuned on what is in `benchmarks/README.md`.
Left out: key-value caches, which change its speed, not its figures.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from rich.progress import Progress
from torch import Tensor, nn
from torch.nn import functional

from device.safu.contexts import Floats, Tokens
from trainer.baselines.output_loss import output_loss
from trainer.corpus import Corpus

_FIRST_SPREAD = 0.3
"""Of the first logits around the unigram: so little that training begins there."""


@dataclass(frozen=True, slots=True)
class TransformerShape:
    """Sizes; chosen on the last tenth of the training articles."""

    layers: int = 2
    width: int = 128
    heads: int = 4
    dropout: float = 0.1


@dataclass(frozen=True, slots=True)
class TransformerTraining:
    """How it is trained for a budget; chosen on the last tenth of the training articles."""

    rate: float = 6e-3
    sequence: int = 64
    batch: int = 8
    weight_decay: float = 0.1
    warm_up: float = 0.05
    """Share of the budget."""


class Rotary(nn.Module):
    """Turns pairs of features by an angle that grows with the position."""

    cos: Tensor
    sin: Tensor

    def __init__(self, size: int, longest: int) -> None:
        super().__init__()
        frequencies = 10_000 ** (-torch.arange(0, size, 2) / size)
        angles = torch.arange(longest)[:, None] * frequencies
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(..., T, size) -> the same shape."""
        cos, sin = self.cos[: x.shape[-2]], self.sin[: x.shape[-2]]
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)


class Block(nn.Module):
    """Attention and a feed-forward layer, each behind a norm and beside a residual."""

    def __init__(self, shape: TransformerShape, rotary: Rotary, *, causal: bool) -> None:
        super().__init__()
        self.heads, self.dropout, self.causal, self.rotary = shape.heads, shape.dropout, causal, rotary
        self.norm1, self.norm2 = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
        self.project = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.merge = nn.Linear(shape.width, shape.width, bias=False)
        self.widen = nn.Linear(shape.width, 4 * shape.width)
        self.narrow = nn.Linear(4 * shape.width, shape.width)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(N, T, width) -> the same shape. `mask` (N, 1, 1, T): positions that may be looked at."""
        q, k, v = self.project(self.norm1(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        rate = self.dropout if self.training else 0.0
        looked = functional.scaled_dot_product_attention(
            self.rotary(q), self.rotary(k), v, attn_mask=mask, dropout_p=rate, is_causal=self.causal
        )
        x = x + functional.dropout(self.merge(looked.transpose(1, 2).flatten(-2)), rate, self.training)
        wide = functional.gelu(self.widen(self.norm2(x)))
        return x + functional.dropout(self.narrow(wide), rate, self.training)


class CausalTransformer(nn.Module):
    """Tokens (N, T) to logits (N, T, V): at each position for the token after it."""

    def __init__(self, vocabulary: int, shape: TransformerShape, longest: int = 512) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(vocabulary + 1, shape.width)  # the last one begins an article
        rotary = Rotary(shape.width // shape.heads, longest)
        self.blocks = nn.ModuleList(Block(shape, rotary, causal=True) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.apply(_initialise)
        nn.init.constant_(self.norm.weight, _FIRST_SPREAD)

    def hidden(self, tokens: Tensor) -> Tensor:
        """(N, T) -> (N, T, width)"""
        x = self.embedding(tokens) * self.shape.width**0.5
        x = functional.dropout(x, self.shape.dropout, self.training)
        for block in self.blocks:
            x = block(x)
        normed: Tensor = self.norm(x)
        return normed

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits."""
        return functional.linear(self.hidden(tokens), self.embedding.weight[:-1], self.bias)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=module.weight.shape[1] ** -0.5)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)


def train_transformer(
    model: CausalTransformer,
    corpus: Corpus,
    cpu_s: float,
    how: TransformerTraining,
    progress: Progress | None = None,
    seed: int = 0,
) -> int:
    """Train for so many CPU seconds, the learning rate falling to nothing by then; returns the steps made."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    text = _with_beginnings(corpus, model)
    with torch.no_grad():
        counts = np.bincount(corpus.tokens, minlength=len(model.bias)) + 0.5
        model.bias.copy_(torch.tensor(np.log(counts / counts.sum())))
    decayed = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": how.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=how.rate, betas=(0.9, 0.99), fused=True)
    task = progress.add_task("transformer", total=cpu_s) if progress else None
    used_s, steps = 0.0, 0
    model.train()
    while used_s < cpu_s:
        started_s = time.process_time()
        for group in optimiser.param_groups:
            done = used_s / cpu_s
            group["lr"] = how.rate * min(done / how.warm_up, (1 - done) / (1 - how.warm_up))
        at = rng.integers(0, len(text) - how.sequence - 1, how.batch)
        rows = torch.tensor(text[at[:, np.newaxis] + np.arange(how.sequence + 1)])
        labels = rows[:, 1:]
        inside = labels != len(model.bias)
        hidden = model.hidden(rows[:, :-1])[inside]
        loss = output_loss(hidden, model.embedding.weight[:-1], model.bias, labels[inside])
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        used_s += time.process_time() - started_s
        steps += 1
        if progress is not None and task is not None:
            progress.update(task, completed=used_s)
    model.eval()
    return steps


def token_nats(model: CausalTransformer, corpus: Corpus, window: int = 64, stride: int = 16) -> Floats:
    """(T,): minus log probabilities; windows slide, each token is scored once, after `window - stride` others."""
    nats = np.zeros(len(corpus.tokens), np.float32)
    ends = np.r_[corpus.starts[1:], len(corpus.tokens)]
    with torch.no_grad():
        for start, end in zip(corpus.starts, ends, strict=True):
            article = np.r_[len(model.bias), corpus.tokens[start:end]]
            for first in range(0, end - start, stride):
                back = max(0, first + stride - window)
                piece = torch.tensor(article[back : first + stride + 1])
                scored = functional.cross_entropy(model(piece[None, :-1])[0], piece[1:], reduction="none")
                fresh = len(piece) - 1 - (first - back)
                nats[start + first : start + first + fresh] = scored[-fresh:].numpy()
    return nats


def _with_beginnings(corpus: Corpus, model: CausalTransformer) -> Tokens:
    """The text with the token that begins an article before each."""
    return np.insert(corpus.tokens, corpus.starts, len(model.bias))
