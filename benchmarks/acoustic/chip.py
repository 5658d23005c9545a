"""The same on chips: what it takes there, and whether every answer is the one that Python gives.

A speaker's whole stream is played to a blank firmware in QEMU, word by word; of the first words a button says what they
meant. Whoever has fewer cross compilers than there are cores gets fewer figures.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from benchmarks.acoustic.sound import Heard
from firmware_export.sound import Event, figures

_LESSONS = 50


def chips(home: Mapping[str, Mapping[str, Heard]], words: int | None = None) -> dict[str, float]:
    """Figures of each core, and `differing_decisions` of all together; `words`: so many of each speaker."""
    with tempfile.TemporaryDirectory() as folder:
        return figures([list(_story(heard["clean"], words)) for heard in home.values()], Path(folder))


def _story(heard: Heard, words: int | None) -> Iterator[Event]:
    spoken = heard.words[:words]
    borders = [0, *((one.end + other.begin) // 2 for one, other in pairwise(spoken)), len(heard.samples)]
    for number, (word, (begin, end)) in enumerate(zip(spoken, pairwise(borders), strict=True)):
        yield heard.samples[begin : min(end, word.end + 4_000)]
        if number < _LESSONS:
            yield ("press", word.take.digit)
