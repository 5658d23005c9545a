"""Whether an export answers as the integers do: after every word or token of every line, and after its end.

Two numbers are enough: how many of the outputs differ, and by how much at worst. Left out: how an export is run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from firmware_export.exportable import Answers, Exportable, Line


@dataclass(frozen=True, slots=True)
class Parity:
    """Of two ways to run one model."""

    outputs: int = 0
    differing_outputs: int = 0
    worst: int = 0
    """Difference of a logit, in 1/1024."""
    answers: int = 0
    differing_actions: int = 0

    def and_of(self, expected: npt.NDArray[np.integer], found: npt.NDArray[np.integer]) -> Parity:
        """With one more answer, (C,) logits each."""
        apart = np.abs(expected.astype(np.int64) - found)
        return Parity(
            self.outputs + len(apart),
            self.differing_outputs + int(np.count_nonzero(apart)),
            max(self.worst, int(apart.max(initial=0))),
            self.answers + 1,
            self.differing_actions + int(expected.argmax() != found.argmax()),
        )


def compare(exported: Exportable[Any], answers: Answers[Line], lines: Iterable[Line]) -> Parity:
    """Raises `ValueError` if the export gives more or fewer answers than there are."""
    parity = Parity()
    for line in lines:
        for expected, found in zip(exported.answers(line), answers(line), strict=True):
            parity = parity.and_of(expected, found)
    return parity
