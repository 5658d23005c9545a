"""Peers for microcontrollers on the same features and lessons: emlearn's network and forest, TensorFlow Lite Micro.

emlearn runs on the M4 of the emulator, with floats in hardware, at the same optimisation level; it is given vectors
that are ready, we start from text. Its forest takes 127 features at most: those that tell most. Of TensorFlow Lite
Micro there is an interpreter for this machine only: its arena and answers are told. Whatever is not installed is left
out by name.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier

from benchmarks.intents import Split
from device.backends.eight_bits import EightBits
from device.backends.litert import flat_file
from firmware_export.cores import CORES, Core, build
from firmware_export.emulator import run
from firmware_export.exported import Exported
from firmware_export.tflite_model import inputs_of
from trainer.intents import IntentSettings, encoder_for

_MAIN = Path(__file__).with_name("peer.c")
_TESTED, _COUNTED = 2_000, 10
_SCALE = 256
"""What a feature of 1 is to a forest, which splits integers of 16 bits."""
_FLOATS = ("-mthumb", "-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "-DEMTREES_MAX_CLASSES=64")
_MOST_OF_A_TREE = 127
_ARENA, _ARENA_STEP = 65_536, 16


def emlearn_figures(split: Split, folder: Path, figures: dict[str, float], *, quick: bool) -> list[str]:
    """Accuracy and costs of both models; returns what is left out, and why."""
    try:
        import emlearn
    except ImportError as error:
        return [f"emlearn: {error}"]
    core = replace(
        CORES["m4"], flags=(*_FLOATS, "-isystem", str(Path(emlearn.__file__).parent), "-isystem", str(folder))
    )
    if (library := _math_of(core)) is None or core.missing():
        return ["emlearn: newlib for arm-none-eabi is not installed"]
    core = replace(core, libraries=(library, "-lc"))
    encoder = encoder_for(split.texts, IntentSettings(), None)
    lessons, tested = (
        np.asarray(encoder.encode(texts).document) for texts in (split.texts, split.test_texts[:_TESTED])
    )
    peers = {
        "emlearn_mlp": (MLPClassifier((64,), max_iter=5 if quick else 20, random_state=0), "float", 1),
        "emlearn_forest": (RandomForestClassifier(10, max_depth=12, random_state=0), "int16_t", _SCALE),
    }
    for name, (model, kind, scale) in peers.items():
        values = {"float": np.float32, "int16_t": np.int16}[kind]
        if name == "emlearn_forest":
            telling = _telling(lessons, split.labels)
            lessons, tested = lessons[:, telling], tested[:, telling]
        _fit(model, (lessons * scale).astype(values), split.labels)
        with chdir(folder):  # it leaves files where it stands
            emlearn.convert(model, method="loadable").save(name="peer", file=f"{name}.h")
        labels = np.array(split.test_labels[:_TESTED])
        figures |= _on_chip(core, name, kind, folder, (tested * scale).astype(values), (labels, model.classes_))
    return []


def _telling(lessons: npt.NDArray[np.floating], labels: Sequence[str]) -> npt.NDArray[np.int64]:
    """The features that a forest over all of them asks most; emlearn's trees take no more."""
    forest = RandomForestClassifier(10, max_depth=12, random_state=0).fit(lessons, labels)
    return np.argsort(-forest.feature_importances_, kind="stable")[:_MOST_OF_A_TREE]


def _fit(
    model: MLPClassifier | RandomForestClassifier, lessons: npt.NDArray[np.generic], labels: Sequence[str]
) -> None:
    import warnings

    with warnings.catch_warnings():  # that it could be trained for longer
        warnings.simplefilter("ignore")
        model.fit(lessons, labels)


def _on_chip(
    core: Core,
    name: str,
    kind: str,
    folder: Path,
    tested: npt.NDArray[np.generic],
    labels: tuple[npt.NDArray[np.str_], npt.NDArray[np.str_]],
) -> dict[str, float]:
    """What the firmware answers and takes. `labels`: the right ones, and what its numbers mean."""
    empty = folder / "empty.image"
    empty.write_bytes(b"")
    meant = {"SAFU_PEER_H": f'"{name}.h"', "SAFU_PEER_VALUE": kind, "SAFU_PEER_FEATURES": tested.shape[1]}
    firmware = build(core, _MAIN, empty, folder, meant)
    *answers, stack = run(firmware, b"".join(map(_sent, tested))).output.split()
    counted = run(firmware, b"".join(map(_sent, tested[:_COUNTED])), count=True)
    right, classes = labels
    return {
        f"{name}.accuracy": float((classes[[int(answer) for answer in answers]] == right).mean()),
        f"{name}.instructions": float(np.mean(counted.instructions)),
        f"{name}.flash_bytes": firmware.flash_bytes,
        f"{name}.ram_bytes": firmware.ram_bytes,
        f"{name}.stack_bytes": float(stack),
    }


def _sent(vector: npt.NDArray[np.generic]) -> bytes:
    """A vector as `peer.c` reads it."""
    places = np.flatnonzero(vector)
    pairs = b"".join(int(place).to_bytes(2, "little") + vector[place].tobytes() for place in places)
    return len(places).to_bytes(2, "little") + pairs


def _math_of(core: Core) -> str | None:
    """The library of mathematics of a C library, where there is one."""
    command = [f"{core.compiler}-gcc", *core.flags, "-print-file-name=libm.a"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return said if Path(said).is_absolute() else None


def micro_figures(exported: Exported, split: Split, figures: dict[str, float]) -> list[str]:
    """The arena of TensorFlow Lite Micro, its accuracy, and how many of its logits are another step than we say."""
    try:
        from tflite_micro.python.tflite_micro import runtime
    except ImportError as error:
        return [f"tflite-micro: {error}"]
    eight_bits = EightBits.of(exported.model)
    content = flat_file(eight_bits)
    figures["tflite_micro.arena_bytes"] = _least_arena(
        lambda size: runtime.Interpreter.from_bytes(content, arena_size=size)
    )
    interpreter = runtime.Interpreter.from_bytes(content, arena_size=_ARENA)
    texts, steps, right = split.test_texts[:_TESTED], [], 0
    for text, label in zip(texts, split.test_labels, strict=False):
        inputs = inputs_of(exported, eight_bits, [text])[-1:]
        interpreter.set_input(inputs, 0)
        interpreter.invoke()
        logits = interpreter.get_output(0)
        steps.append((logits != eight_bits.logits(inputs)).mean())
        right += exported.actions[int(eight_bits.integers(logits)[0].argmax())] == label
    figures["tflite_micro.accuracy"] = right / len(texts)
    figures["tflite_micro.off_by_one_share"] = float(np.mean(steps))
    figures["tflite_micro.flash_bytes"] = len(content)
    return []


def _least_arena(made: Callable[[int], object]) -> int:
    """Bytes of the smallest arena that an interpreter can be made with."""
    too_small, enough = 0, _ARENA
    while enough - too_small > _ARENA_STEP:
        middle = (too_small + enough) // 2
        try:
            made(middle)
            enough = middle
        except (RuntimeError, ValueError):
            too_small = middle
    return enough
