"""A model of commands as it is exported: in integers, what it is called by, and the floats that it came from, if any.

A bundle of floats is quantised here; one of integers, as a trainer delivers it, goes as it is. What has no integer form
is refused by name. Left out: streaming models (`exported_stream.py`), the forms in which it goes out (`c_source.py`,
and those beside it).
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from device.errors import ExportError
from device.safu.bundle import Bundle
from device.safu.hidden import softmax
from device.safu.integer_reference import MAX_WORDS, UNITS, IntegerModel, Ints, softmax_of
from device.safu.intents_image import IntentsImage
from device.safu.interleaved import padded
from device.safu.mixed_code import MixedCode
from device.safu.model import Architecture, Inputs, Safu
from device.safu.quantise import quantise
from device.safu.text import digests, words_of
from firmware_export.exportable import Answers, InC, Judged, Labelled, Logits
from firmware_export.host import HostIntents
from firmware_export.labelled_set import read_set

Heard = tuple[Ints, Ints, int]
"""(n,) rows, the (n,) units on them, and the number of words."""
_MADE_UP, _WORDS = 100, 7


@dataclass(frozen=True, slots=True)
class Exported:
    """A model from features to actions, in integers: an `Exportable`."""

    model: IntegerModel
    code: MixedCode
    actions: tuple[str, ...]
    version: int = 0
    floats: Safu | None = None
    """What it was before."""

    lacks: ClassVar[Mapping[str, str]] = {}
    scored: ClassVar[str] = "sentences"

    @classmethod
    def of_bundle(cls, bundle: Bundle) -> Exported:
        """Raises `ValueError`, naming the part, for a model that has no integer form."""
        header, model = bundle.header, bundle.model
        refuse(header.architecture)
        if not header.features or not header.actions:
            missing = "features" if not header.features else "actions"
            raise ValueError(f"it does not say what its {missing} are")
        code = MixedCode(header.features, header.architecture.document)
        if isinstance(model, IntegerModel):
            return cls(model, code, header.actions, header.version)
        if not isinstance(model, Safu):
            raise ValueError("it is a streaming model of tokens, and has no features")
        integers = quantise(header.architecture, model.weights)
        return cls(integers, code, header.actions, header.version, floats=model)

    def image(self) -> IntentsImage:
        """What a chip is given. Raises `ExportError` for what it cannot hold."""
        try:
            return IntentsImage.of(self.model, self.code.frequent, self.actions, version=self.version)
        except ValueError as error:
            raise ExportError(f"a chip cannot hold this model: {error}") from error

    def in_c(self) -> InC:
        """What a program in C needs."""
        numbers = {
            "ACTIONS": (len(self.actions), "logits of an answer"),
            "MEMORY": (self.memory_bytes, "bytes that a sentence takes"),
        }
        return InC("safu.h", "Commands", numbers)

    @property
    def memory_bytes(self) -> int:
        """What a sentence takes of a chip's memory (`safu_sentence_bytes`)."""
        return 6 * padded(self.model.inputs.shape[0])

    def memory_sizes(self) -> dict[str, int]:
        """Bytes of memory while a command is heard."""
        return {"a sentence in memory": self.memory_bytes, "its logits": 4 * len(self.actions)}

    def on_host(self, made: ctypes.CDLL, image: bytes) -> Answers[str | bytes]:
        """An image in the compiled runtime. Raises `ExportError` if it is refused."""
        return HostIntents(made, image).answers

    def write_names(self, folder: Path) -> Path:
        """Write what the first rows and the columns stand for, features and actions; returns the file."""
        file = folder / "names.json"
        names = {"features": self.code.frequent, "rows": self.code.bits, "actions": self.actions}
        file.write_text(json.dumps(names, indent=1), encoding="utf-8")
        return file

    def heard(self, line: str | bytes) -> Iterator[Heard]:
        """What is heard of a line after each of its words that counts, and after its end."""
        words = words_of(line.encode() if isinstance(line, str) else line)[:MAX_WORDS]
        for count in range(1, len(words) + 1):
            yield *self.code.units_of_digests(digests(words[:count], ended=False)), count
        yield *self.code.units_of_digests(digests(words)), len(words)

    def answers(self, line: str | bytes) -> Iterator[Logits]:
        """(C,) logits after each word of a line that counts, and after its end: what every export must equal."""
        for rows, units, count in self.heard(line):
            yield self.model.logits_of(rows, units, count)[0]

    def logits(self, lines: Sequence[str | bytes]) -> Logits:
        """(N, C) of whole lines."""
        return np.stack([list(self.answers(line))[-1] for line in lines])

    def float_probabilities(self, lines: Sequence[str | bytes]) -> npt.NDArray[np.floating] | None:
        """(N, C) of whole lines before they were quantised; None of a bundle of integers."""
        if self.floats is None:
            return None
        document = np.zeros((len(lines), self.code.bits), np.float32)
        for number, line in enumerate(lines):
            *_, (rows, units, count) = self.heard(line)
            document[number, rows] = units / UNITS / np.sqrt(max(1, count))
        return softmax(self.floats.logits(Inputs(document=document)))

    def made_up_lines(self, count: int = _MADE_UP) -> Sequence[str | bytes]:
        """Words that the model knows."""
        rng = np.random.default_rng(0)
        words = [feature for feature in self.code.frequent if " " not in feature and not feature.startswith("#")]
        return [" ".join(rng.choice(words or ["lamp"], rng.integers(1, _WORDS + 1))) for _ in range(count)]

    def read_set(self, path: Path) -> list[Labelled[str | bytes]]:
        """Sentences and their actions. Raises `ExportError`, saying what is wrong."""
        places = {action: place for place, action in enumerate(self.actions)}
        texts, labels = read_set(path, self.actions)
        return [Labelled(text, np.array([places.get(label, -1)])) for text, label in zip(texts, labels, strict=True)]

    def judged(self, line: str | bytes) -> Iterator[Judged]:
        """What the whole line means."""
        yield Judged(softmax_of(self.logits([line])) / 2**15, self.float_probabilities([line]))


def refuse(architecture: Architecture) -> None:
    """Raises `ValueError`, naming the part, for an architecture that has no integer form."""
    a = architecture
    parts = {
        "a block context of the last words": a.block,
        "a radial context": a.radial,
        "recall of what was said before": a.recall,
        "a document that fades": a.decay < 1,
        "no document context": not a.document,
        "no hidden layer": not a.hidden,
        "a softmax in its hidden layer": bool(a.hidden) and a.activation == "softmax",
    }
    found = [part for part, is_there in parts.items() if is_there]
    if found:
        raise ValueError(f"it has {' and '.join(found)}, of which there are no integers for small devices")
