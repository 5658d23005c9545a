"""Which K suits an explicit solution whose inputs are not of one norm?

    python -m benchmarks.mean_norm [--json FILE]

The digits that come with scikit-learn (1,797 images of 8 x 8, pixels 0-16), three folds: a softmax layer solved with K
from a twentieth to a hundred times the mean L1 norm of the training inputs, scaled to several norms. The papers derive
K for inputs of one norm; the picture shows how near the mean is to the best for others.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.datasets import load_digits

from benchmarks.arguments import arguments, write
from device.safu.contexts import Floats
from device.safu.explicit_solution import hidden_solution
from device.safu.hidden import log_softmax

NORMS = (2.0, 8.0, 32.0)
RATIOS = np.geomspace(0.05, 100, 25)
_FOLDS = 3
_EPS = 1e-2


def main() -> None:
    options = arguments(__doc__).parse_args()
    images, digits = load_digits(return_X_y=True)
    losses = {
        norm: [loss(images * norm / images.sum(axis=1).mean(), digits, ratio) for ratio in RATIOS]
        for norm in track(NORMS, console=Console(stderr=True), description="norms")
    }
    figures: dict[str, float] = {}
    table = Table("mean norm", "best K / mean norm", "loss there, nats", "loss at the mean norm")
    for norm, found in losses.items():
        at_mean = loss(images * norm / images.sum(axis=1).mean(), digits, 1.0)
        best = int(np.argmin(found))
        figures[f"norm_{norm:g}.best_ratio"] = float(RATIOS[best])
        figures[f"norm_{norm:g}.best_loss"] = found[best]
        figures[f"norm_{norm:g}.loss_at_mean"] = at_mean
        table.add_row(f"{norm:g}", f"{RATIOS[best]:.2f}", f"{found[best]:.4f}", f"{at_mean:.4f}")
    Console().print(table)
    write(options, "mean_norm", figures, {"data": "scikit-learn digits", "folds": _FOLDS, "eps": _EPS})
    if options.json:
        picture(losses, options.json.with_suffix(".png"))


def loss(inputs: Floats, labels: np.ndarray[tuple[int], np.dtype[np.int64]], ratio: float) -> float:
    """Mean held-out loss in nats with K `ratio` times the mean norm."""
    fold = np.arange(len(labels)) % _FOLDS
    losses = []
    for out in range(_FOLDS):
        train, test = fold != out, fold == out
        k = ratio * float(inputs[train].sum(axis=1).mean())
        weights = hidden_solution(inputs[train], np.eye(10)[labels[train]], _EPS, mean_norm=k)
        found = log_softmax(inputs[test] @ weights)
        losses.append(-found[np.arange(test.sum()), labels[test]].mean())
    return float(np.mean(losses))


def picture(losses: dict[float, list[float]], path: Path) -> None:
    """Loss over K."""
    figure, axes = plt.subplots(figsize=(6, 4))
    for norm, found in losses.items():
        axes.plot(RATIOS, found, marker=".", label=f"mean norm {norm:g}")
    axes.axvline(1, color="grey", linestyle="--", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("K / mean L1 norm of the inputs")
    axes.set_ylabel("held-out loss, nats")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    main()
