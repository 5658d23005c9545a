"""Whether an export answers as the integers do: after every word of every line, and after its end.

Two numbers are enough: how many of the outputs differ, and by how much at worst. Left out: how an export is run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from firmware_export.exported import Exported

Answers = Callable[[str | bytes], Iterable[npt.NDArray[np.integer]]]
"""(C,) logits after each word of a line that counts, and after its end."""
_MADE_UP, _WORDS = 100, 7


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


def compare(exported: Exported, answers: Answers, lines: Iterable[str | bytes]) -> Parity:
    """Raises `ValueError` if the export gives more or fewer answers than there are."""
    parity = Parity()
    for line in lines:
        for expected, found in zip(exported.answers(line), answers(line), strict=True):
            parity = parity.and_of(expected, found)
    return parity


def made_up_lines(exported: Exported, count: int = _MADE_UP) -> Sequence[str]:
    """Lines of words that the model knows, where there is no set to compare on."""
    rng = np.random.default_rng(0)
    words = [feature for feature in exported.code.frequent if " " not in feature and not feature.startswith("#")]
    return [" ".join(rng.choice(words or ["lamp"], rng.integers(1, _WORDS + 1))) for _ in range(count)]
