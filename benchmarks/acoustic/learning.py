"""Learning from nothing: how many uses until nine (or nineteen) of the last twenty are right?

Each use is a word in the stream: the switch answers, then the hand shows what was meant. The figure is the number of
uses at which the window of the last twenty first holds so many right answers; the median over orders.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from rich.progress import Progress

from benchmarks.acoustic.accuracy import IntegerSwitch
from benchmarks.acoustic.sound import Heard

_WINDOW = 20
_LONGEST = 200
_SHARES = {"90": 0.9, "95": 0.95}


def uses(
    home: Mapping[str, Mapping[str, Heard]], orders: int, progress: Progress
) -> tuple[dict[str, float], list[float]]:
    """Figures for quiet and noise, and the share of right answers at each use in quiet."""
    figures: dict[str, float] = {}
    curves = []
    task = progress.add_task("from nothing", total=2 * len(home) * orders)
    for noise in ("clean", "20db"):
        reached: dict[str, list[int]] = {name: [] for name in _SHARES}
        for streams in home.values():
            for order in range(orders):
                right = one_order(streams[noise], np.random.default_rng(order))
                for name, share in _SHARES.items():
                    reached[name].append(first_use(right, share))
                if noise == "clean":
                    curves.append(right)
                progress.advance(task)
        for name, numbers in reached.items():
            figures[f"integer.uses_to_{name}_{noise}"] = float(np.median(numbers))
            figures[f"integer.uses_to_{name}_{noise}_worst"] = float(max(numbers))
    longest = min(map(len, curves))
    return figures, np.mean([right[:longest] for right in curves], axis=0).tolist()


def one_order(heard: Heard, random: np.random.Generator) -> list[bool]:
    """Whether each use was right, until nineteen of twenty were, or 200."""
    learner = IntegerSwitch()
    right: list[bool] = []
    for word in random.permutation(len(heard.words))[:_LONGEST].tolist():
        sound, digit = heard.sound_of[word], heard.words[word].take.digit
        if sound is None:
            right.append(False)
            continue
        right.append(heard.understood(word, learner.answers(heard, [sound])[0]) == digit)
        learner.learn_one(heard, sound, digit)
        if len(right) >= 100 and first_use(right, max(_SHARES.values())) < _LONGEST:
            break
    return right


def first_use(right: list[bool], share: float) -> int:
    """The use at which the window first holds such a share, else the longest there is.

    >>> first_use([False] * 10 + [True] * 30, 0.9)
    28
    """
    sums = np.convolve(right, np.ones(_WINDOW), "valid")
    reached = np.flatnonzero(sums >= share * _WINDOW - 1e-9)
    return int(reached[0]) + _WINDOW if len(reached) else _LONGEST
