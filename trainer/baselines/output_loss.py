"""Mean cross entropy of a large output layer, with its gradients, without ever holding all logits.

Written out because of time: for 1,024 tokens and 8,000 words the logits and each copy of them are 32 MB of memory new
at every step, and asking for it costs more than computing with it. Here rows go through one buffer that stays in the
cache, and the gradients are formed while the probabilities are there:

    p = softmax(h W^T + b),   dL/dlogits = (p - onehot(target)) / N,   dL/dh = dlogits W,   dL/dW = dlogits^T h
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_ROWS = 256


class _OutputLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
        grad_hidden, grad_weight, grad_bias = map(torch.zeros_like, (hidden, weight, bias))
        buffer = torch.empty(_ROWS, len(weight), dtype=hidden.dtype)
        total = hidden.new_zeros(())
        for first in range(0, len(hidden), _ROWS):
            chosen = slice(first, first + _ROWS)
            part, wanted = hidden[chosen], targets[chosen, None]
            logits = torch.addmm(bias, part, weight.T, out=buffer[: len(part)])  # (R, V)
            highest = logits.amax(1, keepdim=True)
            target_logits = logits.gather(1, wanted)
            sums = logits.sub_(highest).exp_().sum(1, keepdim=True)
            total += (sums.log() + highest - target_logits).sum()
            slope = logits.div_(sums * len(hidden))
            slope.scatter_add_(1, wanted, slope.new_full(wanted.shape, -1 / len(hidden)))
            torch.mm(slope, weight, out=grad_hidden[chosen])
            grad_weight.addmm_(slope.T, part)
            grad_bias += slope.sum(0)
        ctx.save_for_backward(grad_hidden, grad_weight, grad_bias)
        return total / len(hidden)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        (scale,) = grad_outputs
        grad_hidden, grad_weight, grad_bias = ctx.saved_tensors
        return scale * grad_hidden, scale * grad_weight, scale * grad_bias, None


def output_loss(hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """Hidden states (N, D), output weights (V, D) and bias (V,), targets (N,) -> mean cross entropy in nats."""
    loss: Tensor = _OutputLoss.apply(hidden, weight, bias, targets)  # type: ignore[no-untyped-call]
    return loss
