"""A full-int8 `.tflite` file of a model, and the answers of LiteRT to it.

In: (1, b) int8, units times `round(63 / sqrt(words))`, at most 255, less 128. Out: (1, C) int8 logits, whose scale and
zero the file tells. What rows and columns stand for is in `names.json` beside it. Close to the integers, and equal to
what `device/backends/eight_bits.py` says of it up to single steps, as runtimes round differently: LiteRT once,
tflite-runtime and TensorFlow Lite Micro twice. The file is that of the device (`device/backends/litert.py`). Left out:
activations of sixteen bits, which few runtimes are quick with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from device.backends.eight_bits import EightBits, Int8
from device.backends.litert import Runtime, flat_file
from device.errors import BackendError, NoFormError
from firmware_export.exportable import Answers
from firmware_export.exported import Exported

EXACT = False
FILE = "model.tflite"


def write(exported: Exported, folder: Path) -> list[Path]:
    """Write the files and return them. Raises `NoFormError` for a model that eight bits do not hold."""
    try:
        content = flat_file(EightBits.of(exported.model))
    except BackendError as error:
        raise NoFormError(f"tflite cannot be made: {error}") from error
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(content)
    return [folder / FILE, exported.write_names(folder)]


@contextmanager
def answers(exported: Exported, folder: Path) -> Iterator[Answers[str | bytes]]:
    """The file run by LiteRT, its logits in the integers' fractional bits."""
    runs, eight_bits = Runtime((folder / FILE).read_bytes()), EightBits.of(exported.model)

    def logits(line: str | bytes) -> Iterator[npt.NDArray[np.integer]]:
        for inputs in inputs_of(exported, eight_bits, [line]):
            yield eight_bits.integers(runs.logits(inputs))[0]

    yield logits


def steps_apart(exported: Exported, folder: Path, lines: Iterable[str | bytes]) -> npt.NDArray[np.int64]:
    """(answers, C): steps from what `EightBits` says to what LiteRT does, after every word of every line."""
    runs, eight_bits = Runtime((folder / FILE).read_bytes()), EightBits.of(exported.model)
    inputs = inputs_of(exported, eight_bits, lines)
    found = np.concatenate([runs.logits(each) for each in inputs])
    apart: npt.NDArray[np.int64] = np.abs(found.astype(np.int64) - eight_bits.logits(inputs))
    return apart


def inputs_of(exported: Exported, eight_bits: EightBits, lines: Iterable[str | bytes]) -> Int8:
    """(answers, b): what the file is given after every word of every line, and after its end."""
    rows = []
    for line in lines:
        for places, spoken, count in exported.heard(line):
            units = np.zeros(exported.code.bits, np.int64)
            units[places] = spoken
            rows.append(eight_bits.inputs(units, count))
    return np.stack(rows)
