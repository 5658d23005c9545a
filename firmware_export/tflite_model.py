"""A full-int8 `.tflite` file of a model, and the answers of LiteRT to it.

In: (1, b) int8, units times `round(63 / sqrt(words))`, at most 255, less 128. Out: (1, C) int8 logits, whose scale and
zero the file tells. Close to the integers, and equal to what `device/backends/eight_bits.py` says of it up to single
steps, as runtimes round differently: LiteRT once, tflite-runtime and TensorFlow Lite Micro twice. The file is that of
the device (`device/backends/litert.py`). Left out: activations of sixteen bits, which few runtimes are quick with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from device.backends.eight_bits import EightBits, Int8
from device.errors import ExportError
from device.safu.bundle import write_whole
from device.safu.integer_reference import IntegerModel
from firmware_export.exported import Exported
from firmware_export.parity import Answers

try:
    from device.backends.litert import Runtime, flat_file
except ImportError as error:
    raise ExportError(f"LiteRT cannot be loaded: {error}", hint="pip install 'safu[litert]'") from error


def write_tflite(model: IntegerModel, path: Path) -> None:
    """Write the file, whole or not at all.

    Raises `BackendError` for a model that eight bits do not hold, `BundleError` if the disk does not take the file.
    """
    write_whole(path, flat_file(EightBits.of(model)))


def answers_of_tflite(exported: Exported, path: Path) -> Answers:
    """What LiteRT makes of the file, in the integers' fractional bits."""
    runs, eight_bits = Runtime(path.read_bytes()), EightBits.of(exported.model)

    def answers(line: str | bytes) -> Iterator[npt.NDArray[np.integer]]:
        for inputs in inputs_of(exported, eight_bits, [line]):
            yield eight_bits.integers(runs.logits(inputs))[0]

    return answers


def steps_apart(exported: Exported, path: Path, lines: Iterable[str | bytes]) -> npt.NDArray[np.int64]:
    """(answers, C): steps from what `EightBits` says to what LiteRT does, after every word of every line."""
    runs, eight_bits = Runtime(path.read_bytes()), EightBits.of(exported.model)
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
