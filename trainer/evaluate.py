"""How good a model is: perplexity on text."""

from __future__ import annotations

import numpy as np
import torch
from rich.progress import Progress

from device.safu.contexts import Floats, Tokens
from trainer.batches import TextBatches
from trainer.network import SafuNetwork

_SIZE = 512


def token_nats(
    network: SafuNetwork, batches: TextBatches, positions: Tokens, progress: Progress | None = None
) -> Floats:
    """(N,): minus the natural log of the probability of each token."""
    said = torch.tensor(batches.history.corpus.tokens)
    chunks = [positions[at : at + _SIZE] for at in range(0, len(positions), _SIZE)]
    was_training = network.training
    network.eval()
    nats = []
    with torch.no_grad():
        for chunk in progress.track(chunks, description="perplexity") if progress else chunks:
            logits = network(batches.batch(chunk))
            nats.append(torch.nn.functional.cross_entropy(logits, said[chunk], reduction="none"))
    network.train(was_training)
    return torch.cat(nats).numpy()


def perplexity(nats: Floats) -> float:
    """Exp of the mean.

    >>> round(perplexity(np.log(np.array([2.0, 8.0]))), 6)
    4.0
    """
    return float(np.exp(nats.mean(dtype=np.float64)))
