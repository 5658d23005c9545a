"""A streaming model as it is exported: tokens come one after the other, and after each it says what comes next.

A line is the numbers of tokens, which are heard from an empty window on. A bundle without a vocabulary calls its
tokens by these numbers. Left out: models of commands (`exported.py`), the forms in which it goes out.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from device.errors import ExportError
from device.safu.bundle import Bundle
from device.safu.contexts import Tokens, windows
from device.safu.hidden import softmax
from device.safu.integer_stream import SHARE_BITS, IntegerStream
from device.safu.model import Inputs, Safu
from device.safu.quantise_stream import quantise_stream
from device.safu.stream_image import StreamImage, stream_memory_bytes
from device.safu.vocabulary import UNKNOWN
from firmware_export.exportable import Answers, InC, Judged, Labelled, Logits
from firmware_export.host_stream import HostStream
from firmware_export.labelled_set import read_rows, text_column

Heard = tuple[int, ...]
"""Tokens in the order in which they come."""
_AT_ONCE = 256
"""Windows; all outputs of each are in memory."""
_MADE_UP = 100
_WHY_NOT = (
    "a streaming model has a block context with a summed attended block; our {form} files are graphs from the features"
    " of a sentence to its actions, and keep no window of tokens to attend to"
)


@dataclass(frozen=True, slots=True)
class ExportedStream:
    """A model from tokens to what comes next, in integers: an `Exportable`."""

    model: IntegerStream
    tokens: tuple[str, ...]
    """(V,) what they are called"""
    outputs: tuple[str, ...]
    """(C,)"""
    version: int = 0
    floats: Safu | None = None
    """What it was before."""

    lacks: ClassVar[Mapping[str, str]] = {form: _WHY_NOT.format(form=form) for form in ("onnx", "tflite")}
    scored: ClassVar[str] = "next tokens"

    @classmethod
    def of_bundle(cls, bundle: Bundle) -> ExportedStream:
        """Raises `ValueError`, naming the part, for a model that has no integer form."""
        header, model = bundle.header, bundle.model
        a = header.architecture
        tokens = header.vocabulary or tuple(map(str, range(a.vocabulary)))
        same = tokens if a.outputs == a.vocabulary else tuple(map(str, range(a.outputs)))
        outputs = header.actions or same
        if isinstance(model, IntegerStream):
            return cls(model, tokens, outputs, header.version)
        if not isinstance(model, Safu):
            raise ValueError("it is a model of commands, and hears no tokens")
        return cls(quantise_stream(a, model.weights), tokens, outputs, header.version, floats=model)

    def image(self) -> StreamImage:
        """What a chip is given. Raises `ExportError` for what it cannot hold."""
        try:
            return StreamImage(self.model, version=self.version)
        except ValueError as error:
            raise ExportError(f"a chip cannot hold this model: {error}") from error

    def in_c(self) -> InC:
        """What a program in C needs; tables of texts cost a chip nothing unless it uses them."""
        numbers = {
            "TOKENS": (len(self.tokens), "that it hears"),
            "UNKNOWN": (self._unknown, "the token for any other word; TOKENS if there is none"),
            "OUTPUTS": (len(self.outputs), "that it says"),
            "MEMORY": (stream_memory_bytes(self.model), "bytes that a stream takes"),
        }
        return InC("safu_stream.h", "Stream", numbers, {"safu_tokens": self.tokens, "safu_outputs": self.outputs})

    def memory_sizes(self) -> dict[str, int]:
        """Bytes of memory while tokens are heard."""
        return {"a stream in memory": stream_memory_bytes(self.model)}

    def on_host(self, made: ctypes.CDLL, image: bytes) -> Answers[Heard]:
        """An image in the compiled runtime. Raises `ExportError` if it is refused."""
        return HostStream(made, image, len(self.outputs)).answers

    def answers(self, line: Heard) -> Iterator[Logits]:
        """(C,) logits after each token."""
        for window in self._windows(line):
            yield from self.model.logits(window)

    def made_up_lines(self, count: int = _MADE_UP) -> Sequence[Heard]:
        """Any tokens, from one to more than the window holds."""
        rng = np.random.default_rng(0)
        lengths = rng.integers(1, 2 * self.model.block + 2, count)
        return [tuple(rng.integers(0, len(self.tokens), length).tolist()) for length in lengths]

    def read_set(self, path: Path) -> list[Labelled[Heard]]:
        """Texts as tokens, which each must foretell the next. Raises `ExportError`, saying what is wrong."""
        if self.outputs != self.tokens:
            raise ExportError("what it says are no tokens, so a text tells nothing of it", hint="leave out --set")
        rows = read_rows(path)
        column = text_column(path, rows)
        lines = [self.heard(row[column] or "") for row in rows]
        if not any(len(line) > 1 for line in lines):
            raise ExportError(f"{path} has no text with two of the tokens of the model; one is {self.tokens[0]!r}")
        return [Labelled(line, np.array(line[1:], np.int64)) for line in lines]

    def heard(self, text: str) -> Heard:
        """The tokens of a text, split by spaces; what is no token is the unknown one, or is left out."""
        places = {token: place for place, token in enumerate(self.tokens)}
        found = (places.get(word, self._unknown) for word in text.split())
        return tuple(token for token in found if token < len(self.tokens))

    def judged(self, line: Heard) -> Iterator[Judged]:
        """What is likely to come after each token but the last."""
        for window in self._windows(line[:-1]):
            integers = self.model.probabilities(window) / 2**SHARE_BITS
            floats = None if self.floats is None else softmax(self.floats.logits(Inputs(window=window)))
            yield Judged(integers, floats)

    @property
    def _unknown(self) -> int:
        return self.tokens.index(UNKNOWN) if UNKNOWN in self.tokens else len(self.tokens)

    def _windows(self, line: Heard) -> Iterator[Tokens]:
        """(n, K): what is seen after each token, some at a time."""
        tokens, began = np.array([*line, 0]), np.zeros(len(line) + 1, np.int64)
        for first in range(1, len(line) + 1, _AT_ONCE):
            positions = np.arange(first, min(first + _AT_ONCE, len(line) + 1))
            yield windows(tokens, began, positions, self.model.block)
