"""The stages after a warm start: backpropagation with the vectors frozen, then thawed with a smaller rate.

A stage has a budget, in CPU seconds of this process or in steps; the learning rate falls to nothing over it, and
layers may have rates of their own. Training stops early when a held-out loss has not improved for a while, and keeps
the best weights. Seeds make it repeatable; a checkpoint makes it resumable: weights, optimiser, position and
generator.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import Progress
from torch import Tensor

from device.safu.contexts import Tokens
from trainer.network import SafuNetwork

Loss = Callable[[Tokens], Tensor]
"""Of the examples with these numbers."""
_WARM_UP_STEPS = 50
_FLOOR = 0.02
"""Of the learning rate at the end of a stage."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stretch of training."""

    rate: float
    cpu_s: float | None = None
    """Budget; or `steps`, for runs that must repeat exactly."""
    steps: int | None = None
    vectors_rate: float = 0.0
    """Of the vectors; 0 keeps them frozen."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """Multiples of `rate` for single layers, by name."""
    weight_decay: float = 0.01
    averaging: float = 0.0
    """Of the weights over the steps: the stage ends with a running mean that forgets at this rate."""
    patience: int | None = None
    """Held-out checks without improvement after which the stage ends."""
    check_every: int = 200
    """Steps between two of them."""


@dataclass(slots=True)
class Trainer:
    """Trains a network, stage by stage."""

    network: SafuNetwork
    batches: Callable[[np.random.Generator], Iterator[Tokens]]
    """Numbers of examples, one epoch of them."""
    loss: Loss
    held: Callable[[], float] | None = None
    """A held-out loss, for early stopping."""
    seed: int = 0
    checkpoint: Path | None = None
    """Where to go on from, and to write to at every check."""

    def run(self, stage: Stage, progress: Progress | None = None) -> int:
        """Train through one stage; returns the steps made. Time spent on held-out checks is not counted."""
        torch.manual_seed(self.seed)
        run = _Run(self.network, stage, np.random.default_rng(self.seed))
        if self.checkpoint is not None and self.checkpoint.exists():
            run.load(self.checkpoint)
        task = progress.add_task("training", total=1.0) if progress else None
        self.network.train()
        for examples in run.examples(self.batches):
            run.step(self.loss, examples)
            if progress is not None and task is not None:
                progress.update(task, completed=run.done())
            if run.steps % stage.check_every == 0:
                if self.held is not None and stage.patience is not None and run.is_over(self.held()):
                    break
                if self.checkpoint is not None:
                    run.save(self.checkpoint)
            if run.done() >= 1:
                break
        run.finish()
        self.network.eval()
        if progress is not None and task is not None:
            progress.remove_task(task)  # or whoever trains for ever would be shown ever more bars
        return run.steps


class _Run:
    """Where one stage stands."""

    def __init__(self, network: SafuNetwork, stage: Stage, rng: np.random.Generator) -> None:
        if (stage.cpu_s is None) == (stage.steps is None):
            raise ValueError("a stage has a budget either in CPU seconds or in steps")
        self.network, self.stage, self.rng = network, stage, rng
        self.optimiser = torch.optim.AdamW(
            self._groups(), lr=stage.rate, betas=(0.9, 0.99), weight_decay=stage.weight_decay, fused=True
        )
        self._rates = [group["lr"] for group in self.optimiser.param_groups]
        self.steps = 0
        self.used_s = 0.0
        self._mean = [parameter.detach().clone() for parameter in network.parameters()]
        self._best: tuple[float, dict[str, Any]] | None = None
        self._failed = 0
        self._skip = 0

    def _groups(self) -> list[dict[str, Any]]:
        groups = []
        for name, parameter in self.network.named_parameters():
            rate = self.stage.vectors_rate if name == "vectors" else self.stage.rate * self.stage.rates.get(name, 1.0)
            parameter.requires_grad_(rate > 0)
            if rate > 0:
                groups.append({"params": [parameter], "lr": rate})
        return groups

    def examples(self, batches: Callable[[np.random.Generator], Iterator[Tokens]]) -> Iterator[Tokens]:
        while True:
            self._epoch_state = self.rng.bit_generator.state
            self._in_epoch = 0
            for numbers in batches(self.rng):
                self._in_epoch += 1
                if self._in_epoch > self._skip:
                    yield numbers
            self._skip = 0

    def step(self, loss: Loss, examples: Tokens) -> None:
        started_s = time.process_time()
        rise = min(1.0, (self.steps + 1) / _WARM_UP_STEPS)
        for group, rate in zip(self.optimiser.param_groups, self._rates, strict=True):
            group["lr"] = rate * rise * max(_FLOOR, 1 - self.done())
        self.optimiser.zero_grad()
        loss(examples).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.steps += 1
        if self.stage.averaging:
            keep = min(self.stage.averaging, self.steps / (self.steps + 20))
            with torch.no_grad():
                torch._foreach_lerp_(self._mean, list(self.network.parameters()), 1 - keep)
        self.used_s += time.process_time() - started_s

    def done(self) -> float:
        """Share of the budget that is used."""
        if self.stage.steps is not None:
            return self.steps / self.stage.steps
        return self.used_s / (self.stage.cpu_s or 1.0)

    def is_over(self, held: float) -> bool:
        """Whether patience has run out; remembers the best weights."""
        if self._best is None or held < self._best[0]:
            self._best, self._failed = (held, copy.deepcopy(self.network.state_dict())), 0
        else:
            self._failed += 1
        return self.stage.patience is not None and self._failed > self.stage.patience

    def finish(self) -> None:
        """The weights to keep: the best held-out ones, or the running mean."""
        if self._best is not None:
            self.network.load_state_dict(self._best[1])
        elif self.stage.averaging:
            with torch.no_grad():
                for parameter, mean in zip(self.network.parameters(), self._mean, strict=True):
                    parameter.copy_(mean)

    def save(self, path: Path) -> None:
        """Whole or not at all: written beside, then renamed."""
        state = {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "steps": self.steps,
            "used_s": self.used_s,
            "in_epoch": self._in_epoch,
            "epoch_state": self._epoch_state,
            "torch_state": torch.get_rng_state(),
            "mean": self._mean,
            "best": self._best,
            "failed": self._failed,
        }
        beside = path.with_suffix(".part")
        torch.save(state, beside)
        beside.replace(path)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.steps, self.used_s, self._skip = state["steps"], state["used_s"], state["in_epoch"]
        self.rng.bit_generator.state = state["epoch_state"]
        torch.set_rng_state(state["torch_state"])
        self._mean = state["mean"]
        self._best, self._failed = state["best"], state["failed"]
