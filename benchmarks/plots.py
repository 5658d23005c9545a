"""Pictures of figures, where people would rather look than read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def perplexities(figures: Mapping[str, float], path: Path) -> None:
    """Perplexity over CPU seconds for what is trained, lines for what is counted."""
    figure, axes = plt.subplots(figsize=(7, 4))
    for label, prefix in (
        ("SAFU", "safu_at_"),
        ("transformer", "transformer_at_"),
        ("transformer + document cache", "transformer_cache_at_"),
    ):
        timed = [name for name in figures if re.fullmatch(rf"{prefix}\d+s", name)]
        points = [(float(name[len(prefix) : -1]), figures[name]) for name in timed]
        if label == "SAFU":
            points.append((figures["solve_cpu_s"], figures["safu_warm_step0"]))
        axes.plot(*zip(*sorted(points), strict=True), marker="o", label=label)
    for name in ("unigram", "kn5", "kn5_cache"):
        axes.axhline(figures[name], linestyle="--", linewidth=0.8, color="grey")
        axes.annotate(name, (0, figures[name]), fontsize=8, va="bottom")
    axes.set_xlabel("CPU seconds of one thread, explicit solve included")
    axes.set_ylabel("perplexity, wikitext-2 test")
    axes.set_yscale("log")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def learning_curves(figures: Mapping[str, float], counts: Sequence[int], path: Path) -> None:
    """Accuracy over lessons per intent, a line a model."""
    figure, axes = plt.subplots(figsize=(7, 5))
    for name in ("safu", "safu_explicit", "unlabelled", "safu_distilled_int8", "tfidf_svm", "transformer", "minilm_lr"):
        if f"{name}.accuracy" in figures:
            axes.plot(counts, [figures[f"{name}.accuracy_k{count}"] for count in counts], marker="o", label=name)
    axes.set_xscale("log")
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.set_xlabel("lessons per intent")
    axes.set_ylabel("accuracy, 64 intents")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def associative_retrieval(figures: Mapping[str, float], path: Path) -> None:
    """Capacities, and losses with keys that come again: filled is measured, open the authors'."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5))
    capacities = {name.split(".")[1]: n for name, n in figures.items() if name.endswith(".capacity")}
    order = sorted(capacities, key=capacities.__getitem__)
    for place, name in enumerate(order):
        left.plot(capacities[name], place, "o", color=f"C{place}")
        left.plot(figures[f"setting1.{name}.capacity_reference"], place, "o", color=f"C{place}", ms=11, mfc="none")
    left.set_yticks(range(len(order)), order)
    left.set_xlabel("first number of keys with a loss above 0.05; circles: authors")
    rules = dict.fromkeys(name.split(".")[1] for name in figures if name.startswith("setting2."))
    for colour, rule in enumerate(rules):
        for kind, style in (("loss", {"marker": "o"}), ("loss_reference", {"marker": "o", "mfc": "none", "ls": "--"})):
            points = [
                (int(name.rpartition("_")[2]), n)
                for name, n in figures.items()
                if re.fullmatch(rf"setting2\.{rule}\.{kind}_\d+", name)
            ]
            label = rule if kind == "loss" else None
            right.plot(*zip(*sorted(points), strict=True), color=f"C{colour}", label=label, **style)
    right.set_yscale("log")
    right.set_xlabel("keys, each written twice on average; dashed: authors")
    right.set_ylabel("final loss")
    right.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
