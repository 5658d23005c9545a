"""An `.onnx` file of a model, and the answers of onnxruntime to it: bit by bit those of the integers.

In: `units` (N, b) int32 and `words` (N,) int64, which say how many. Out: `logits` and `probabilities` (N, C) int32 of
10 and 15 fractional bits. What rows and columns stand for, features and actions, stays in the bundle. The graph itself
is that of the device (`device/backends/onnx.py`), there with the rows of a command alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from device.errors import ExportError
from device.safu.bundle import write_whole
from device.safu.integer_reference import IntegerModel
from firmware_export.exported import Exported
from firmware_export.parity import Answers

try:
    from device.backends.onnx import graph, session
except ImportError as error:
    raise ExportError(f"ONNX cannot be loaded: {error}", hint="pip install 'safu[onnx]'") from error


def write_onnx(model: IntegerModel, path: Path) -> None:
    """Write the file, whole or not at all. Raises `BundleError` if the disk does not take it."""
    write_whole(path, graph(model, sparse=False).SerializeToString())


def answers_of_onnx(exported: Exported, path: Path) -> Answers:
    """What onnxruntime makes of the file."""
    runs = session(path.read_bytes())

    def answers(line: str | bytes) -> Iterator[npt.NDArray[np.integer]]:
        for rows, spoken, count in exported.heard(line):
            units = np.zeros((1, exported.code.bits), np.int32)
            units[0, rows] = spoken
            yield runs.run(["logits"], {"units": units, "words": np.array([count])})[0][0]

    return answers
