"""Models of random integers, and images of them."""

from __future__ import annotations

from typing import Literal

import numpy as np

from device.safu.integer_reference import Factors, IntegerModel
from device.safu.intents_image import IntentsImage

FEATURES = ("on", "off", "lamp", "#lam", "<s> turn")


def integers(
    hidden: int,
    actions: int,
    rows: int,
    activation: Literal["tanh", "relu", "linear"] = "tanh",
    seed: int = 0,
    shifts: tuple[int, int] = (11, 21),
) -> IntegerModel:
    """Any numbers that are admissible; with the usual `shifts` of both layers, or a little more, none saturates."""
    rng = np.random.default_rng(seed)

    def factors(count: int, shift: int) -> Factors:
        multipliers = rng.integers(2**14, 2**15, count).astype(np.int32)
        return Factors(multipliers, rng.integers(shift, shift + 3, count).astype(np.int32))

    return IntegerModel(
        activation,
        rng.integers(-127, 128, (hidden, rows)).astype(np.int8),
        factors(hidden, shifts[0]),
        rng.integers(-2_000, 2_000, hidden).astype(np.int32),
        rng.integers(-127, 128, (actions, hidden)).astype(np.int8),
        factors(actions, shifts[1]),
        rng.integers(-3_000, 3_000, actions).astype(np.int32),
    )


def image(hidden: int = 6, actions: int = 5, rows: int = 40, seed: int = 0) -> IntentsImage:
    names = [f"lamp {number}\t\N{SNOWMAN}on" for number in range(actions)]
    return IntentsImage.of(integers(hidden, actions, rows, seed=seed), FEATURES, names, version=3)
