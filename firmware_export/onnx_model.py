"""An `.onnx` file of a model, and the answers of onnxruntime to it: bit by bit those of the integers.

In: `units` (N, b) int32 and `words` (N,) int64, which say how many. Out: `logits` and `probabilities` (N, C) int32 of
10 and 15 fractional bits. What rows and columns stand for is in `names.json` beside it. The graph itself is that of the
device (`device/backends/onnx.py`), there with the rows of a command alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from device.backends.onnx import graph, session
from firmware_export.exportable import Answers
from firmware_export.exported import Exported

EXACT = True
_FILE = "model.onnx"


def write(exported: Exported, folder: Path) -> list[Path]:
    """Write the files and return them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _FILE).write_bytes(graph(exported.model, sparse=False).SerializeToString())
    return [folder / _FILE, exported.write_names(folder)]


@contextmanager
def answers(exported: Exported, folder: Path) -> Iterator[Answers[str | bytes]]:
    """The file run by onnxruntime."""
    runs = session((folder / _FILE).read_bytes())

    def logits(line: str | bytes) -> Iterator[npt.NDArray[np.integer]]:
        for rows, spoken, count in exported.heard(line):
            units = np.zeros((1, exported.code.bits), np.int32)
            units[0, rows] = spoken
            yield runs.run(["logits"], {"units": units, "words": np.array([count])})[0][0]

    yield logits
