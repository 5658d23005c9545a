"""What the forms ask of a model: that it knows what it answers, what a chip needs, and how it is judged.

Two there are: `exported.py`, of commands, and `exported_stream.py`, of tokens that come one after the other. Left out:
the forms themselves (`c_source.py`, and those beside it).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

Line = TypeVar("Line")
"""What is heard from a beginning to an end: a sentence, or tokens."""
Logits = npt.NDArray[np.int32]
Answers = Callable[[Line], Iterable[npt.NDArray[np.integer]]]
"""(C,) logits after each part of a line that counts, and after its end if that says more."""


@dataclass(frozen=True, slots=True)
class Labelled(Generic[Line]):
    """A line, and what is right of it."""

    line: Line
    right: npt.NDArray[np.int64]
    """(n,) outputs, in the order in which `judged` answers; -1 for what no output stands for."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Probabilities of some outputs in a row."""

    integers: npt.NDArray[np.floating]
    """(n, C)"""
    floats: npt.NDArray[np.floating] | None
    """(n, C) before it was quantised; None of a bundle of integers."""


@dataclass(frozen=True, slots=True)
class InC:
    """What the C of a model has besides the runtime and the image."""

    program: str
    """The header of the runtime that begins with a whole program."""
    sketch: str
    """The folder of the example for Arduino."""
    numbers: Mapping[str, tuple[int, str]]
    """`SAFU_MODEL_*`, and what they are."""
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Tables of texts, by name."""


class Packs(Protocol):
    """An image."""

    def pack(self) -> bytes:
        """As bytes."""


class Exportable(Protocol[Line]):
    """A model in integers, what it is called by, and the floats that it came from, if any."""

    lacks: ClassVar[Mapping[str, str]]
    """The forms that no such model has, and why."""
    scored: ClassVar[str]
    """What a set counts."""

    def image(self) -> Packs:
        """What a chip is given. Raises `ExportError` for what it cannot hold."""

    def in_c(self) -> InC:
        """What a program in C needs."""

    def memory_sizes(self) -> dict[str, int]:
        """Bytes of a chip's memory that change, by what they are for."""

    def on_host(self, made: ctypes.CDLL, image: bytes) -> Answers[Line]:
        """An image in the compiled runtime (`host.library`). Raises `ExportError` if it is refused."""

    def answers(self, line: Line) -> Iterator[Logits]:
        """What every export must equal."""

    def made_up_lines(self, count: int = ...) -> Sequence[Line]:
        """What to compare on where there is no set."""

    def read_set(self, path: Path) -> Sequence[Labelled[Line]]:
        """A table of texts. Raises `ExportError`, saying what is wrong with it."""

    def judged(self, line: Line) -> Iterator[Judged]:
        """The answers that a set is right or wrong about, some at a time."""
