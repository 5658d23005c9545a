"""Sets of row numbers as short texts, for letters.

>>> ranges_of([3, 1, 2, 7])
'1-3,7'
>>> ids_of("1-3,7")
[1, 2, 3, 7]
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MOST = 100_000
"""Numbers in one text: who writes more means harm."""
_PART = re.compile(r"(\d{1,15})(?:-(\d{1,15}))?")


def ranges_of(ids: Iterable[int]) -> str:
    """The numbers in ascending order, neighbours joined; of none, the empty text."""
    runs: list[list[int]] = []
    for number in sorted(set(ids)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def ids_of(text: str) -> list[int]:
    """The inverse of `ranges_of`. Raises `ValueError` for a text that it never gives, or one of too many numbers."""
    ids: list[int] = []
    for part in text.split(",") if text else ():
        match = _PART.fullmatch(part)
        if not match:
            raise ValueError(f"{part[:40]!r} is no range of numbers")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first or last - first + len(ids) >= MOST:
            raise ValueError(f"the range {part!r} is too long or runs backwards")
        ids += range(first, last + 1)
    return ids
