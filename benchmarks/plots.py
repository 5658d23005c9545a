"""Pictures of figures, where people would rather look than read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure


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
    _save(figure, path)


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
    _save(figure, path)


def retraining(figures: Mapping[str, float], counts: Sequence[int], path: Path) -> None:
    """Accuracy over lessons, with and without the trainer."""
    figure, axes = plt.subplots(figsize=(7, 4))
    for name in ("trainer", "device", "tfidf_svm", "tfidf_lr"):
        known = [count for count in counts if f"{name}.accuracy_{count}" in figures]
        axes.plot(known, [figures[f"{name}.accuracy_{count}"] for count in known], marker="o", label=name)
    axes.set_xscale("log")
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.set_xlabel("lessons")
    axes.set_ylabel("accuracy, 64 intents")
    axes.legend()
    _save(figure, path)


def weeks(figures: Mapping[str, float], path: Path) -> None:
    """What a household gets week by week: wishes fulfilled, wrongly fulfilled, and hands needed."""
    figure, axes = plt.subplots(figsize=(7, 4))
    numbers = [week for week in range(1, 5) if f"week{week}.right" in figures]
    for name, label in (("right", "done right"), ("wrong", "done wrong"), ("flips", "hand flips per wish")):
        axes.plot(numbers, [figures[f"week{week}.{name}"] for week in numbers], marker="o", label=label)
    axes.set_xticks(numbers)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("week")
    axes.set_ylabel("share of wishes")
    axes.legend()
    _save(figure, path)


def corrections(figures: Mapping[str, float], counts: Sequence[int], path: Path) -> None:
    """Accuracy over lessons of one household, 9 intents and all 64, a line a model."""
    figure, panels = plt.subplots(1, 2, figsize=(10, 4), sharey=True)
    for axes, prefix, title in zip(panels, ("", "all."), ("9 intents", "64 intents"), strict=True):
        for name in ("safu", "safu_counts", "tfidf_lr", "minilm_lr"):
            known = [count for count in counts if f"{prefix}{name}.accuracy_{count}" in figures]
            axes.plot(known, [figures[f"{prefix}{name}.accuracy_{n}"] for n in known], marker="o", label=name)
        axes.set_xscale("log")
        axes.set_xticks(counts, [str(count) for count in counts])
        axes.set_xlabel("sentences heard, each followed by its flip")
        axes.set_title(title)
    panels[0].set_ylabel("accuracy on sentences never heard")
    panels[0].legend()
    _save(figure, path)


def anticipation(figures: Mapping[str, float], curves: Mapping[str, Sequence[tuple[float, float]]], path: Path) -> None:
    """Commands done right over commands done wrong, a line a model; a dot where its threshold was chosen."""
    figure, axes = plt.subplots(figsize=(7, 4))
    for name, points in curves.items():
        (line,) = axes.plot(*zip(*points, strict=True), label=name)
        axes.plot(figures[f"{name}.wrong"], figures[f"{name}.acted_correctly"], "o", color=line.get_color())
    axes.set_xlim(0, 0.06)
    axes.set_xlabel("commands done wrong")
    axes.set_ylabel("commands done right")
    axes.legend()
    _save(figure, path)


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
    right.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
    _save(figure, path)


def acoustic_pictures(
    curve: Sequence[float],
    margins: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    leads: Sequence[tuple[float, float]],
    folder: Path,
) -> None:
    """Learning from nothing, false accepts against misses, and answers before the word is over."""
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 4))
    last = [sum(curve[max(0, use - 19) : use + 1]) / min(20, use + 1) for use in range(len(curve))]
    left.plot(range(1, len(last) + 1), last)
    left.set(xlabel="uses", ylabel="right, of the last 20", title="from nothing")
    for side, (true, false) in margins.items():
        steps = sorted(true)
        missed = [at / len(steps) for at in range(len(steps))]
        accepted = [sum(margin >= step for margin in false) / len(false) for step in steps[:: max(1, len(steps) // 60)]]
        middle.plot(missed[:: max(1, len(steps) // 60)], accepted, label=side)
    middle.set(
        xlabel="commands refused", ylabel="other sounds accepted", title="saying no", xlim=(0, 0.3), yscale="log"
    )
    middle.legend()
    right.plot(*zip(*leads, strict=True), marker=".")
    right.set(xlabel="share of the word heard", ylabel="right", title="before the end", xlim=(0, 1), ylim=(0.5, 1))
    folder.mkdir(parents=True, exist_ok=True)
    _save(figure, folder / "acoustic.png")


def _save(figure: Figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
