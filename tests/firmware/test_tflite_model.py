"""The file of eight bits in the runtimes that it is for: the same answers, single outputs a step apart."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert")

from device.backends.eight_bits import EightBits
from device.errors import ExportError
from device.safu.mixed_code import MixedCode
from firmware_export.exported import Exported
from firmware_export.parity import compare
from firmware_export.tflite_model import FILE, answers, inputs_of, steps_apart, write
from tests.firmware.test_intents import exported, lines
from tests.images import FEATURES
from tests.integer_models import made

OLD_PYTHON = Path(sys.prefix + "-tflite") / "bin" / "python"
RUN = """
import sys
import numpy as np
from tflite_runtime.interpreter import Interpreter
interpreter = Interpreter(sys.argv[1], num_threads=1)
interpreter.allocate_tensors()
given, taken = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
found = []
for row in np.load(sys.argv[2]):
    interpreter.set_tensor(given["index"], row[np.newaxis])
    interpreter.invoke()
    found.append(interpreter.get_tensor(taken["index"])[0])
np.save(sys.argv[3], found)
"""
"""With a numpy of its own, so that arrays go there and back as files."""
MODEL = Exported(
    made(bits=400, hidden=64, actions=64), MixedCode(FEATURES, 400), tuple(f"action {number}" for number in range(64))
)


def test_litert_answers_as_it_was_said_and_nearly_as_the_integers(tmp_path: Path) -> None:
    write(MODEL, tmp_path)
    apart = steps_apart(MODEL, tmp_path, lines(320))
    assert apart.size > 120_000
    assert apart.max() <= 1
    assert (apart > 0).mean() <= 0.002
    with answers(MODEL, tmp_path) as runs:
        parity = compare(MODEL, runs, MODEL.made_up_lines())
    assert parity.differing_actions <= 0.05 * parity.answers, "random weights leave many in doubt"


def test_tflite_runtime_runs_it_as_well(tmp_path: Path) -> None:
    if not OLD_PYTHON.exists():
        pytest.skip(f"there is no tflite-runtime in {OLD_PYTHON.parent.parent.name}; make setup installs it")
    file, given, taken = (tmp_path / name for name in (FILE, "in.npy", "out.npy"))
    write(MODEL, tmp_path)
    eight_bits = EightBits.of(MODEL.model)
    inputs = inputs_of(MODEL, eight_bits, lines(320))
    np.save(given, inputs)
    subprocess.run([OLD_PYTHON, "-c", RUN, file, given, taken], check=True, capture_output=True)
    apart = np.abs(np.load(taken).astype(np.int64) - eight_bits.logits(inputs))
    assert apart.max() <= 1
    assert (apart > 0).mean() <= 0.006, "it rounds twice"


def test_what_eight_bits_do_not_hold_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="tflite cannot be made: its activation linear"):
        write(exported(activation="linear"), tmp_path / "tflite")
    assert not list(tmp_path.iterdir())
