"""Do numpy, onnxruntime and LiteRT give one answer, and what does each cost?

    python -m benchmarks.backends [--data DIR] [--test DIR] [--json FILE] [--quick]

The model of `benchmarks.intents` (`safu_int8`), fitted on a fold's other folds, or with `--test` on all of them.
Outputs are logits and probabilities after every word of every scored sentence, beside random and extreme inputs, until
there are a million. `litert.off_by_one_share` is of the eight-bit logits, against `device/backends/eight_bits.py`;
accuracy and agreement are of whole sentences. `--quick`: one fold.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import track

from benchmarks.arguments import arguments, show, write
from benchmarks.intents import Split, read, trained
from device.backends.eight_bits import EightBits
from device.backends.litert import Runtime, flat_file
from device.backends.onnx import graph, session
from device.safu.bundle import Bundle, Header, save
from device.safu.integer_reference import MAX_UNITS, IntegerModel, Ints, softmax_of
from firmware_export.exported import Exported
from trainer.intents import IntentSettings

BACKENDS = ("numpy", "onnx", "litert")
OUTPUTS = 1_000_000
_BATCH = 500
_COST_TEXTS = 300


def main() -> None:
    options = arguments(__doc__).parse_args()
    torch.set_num_threads(1)
    splits = read(options)[: 1 if options.quick else None]
    found = [measure(split) for split in track(splits, "folds", console=Console(stderr=True))]
    figures = {name: float(np.mean([fold[name] for fold in found])) for name in found[0]}
    for how, ending in ((sum, "outputs"), (max, "worst_step"), (max, "worst_probability_error")):
        figures |= {name: how(fold[name] for fold in found) for name in found[0] if name.endswith(ending)}
    show(dict(sorted(figures.items())))
    conditions = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}, one thread",
        "scored_on": "--test" if options.test else f"{len(splits)} fold(s) of the development half",
        "quick": options.quick,
    }
    write(options, "backends", figures, conditions)


def measure(split: Split) -> dict[str, float]:
    """One model on one split."""
    fitted = trained(split, IntentSettings())
    header = Header(fitted.model.architecture, actions=tuple(fitted.classes), features=fitted.encoder.code.frequent)
    exported = Exported.of_bundle(Bundle(header, fitted.model))
    with tempfile.TemporaryDirectory() as folder:
        bundle, texts = Path(folder) / "model.safu", Path(folder) / "texts"
        save(bundle, Bundle(header, fitted.model))
        texts.write_text("\n".join(split.test_texts[:_COST_TEXTS]), encoding="utf-8")
        found = {f"{name}.{figure}": value for name in BACKENDS for figure, value in cost(name, bundle, texts).items()}
    return found | onnx_parity(exported, split) | litert_parity(exported, split)


def cost(name: str, bundle: Path, texts: Path) -> Mapping[str, float]:
    """By `cost.py`, in a process that has loaded nothing else."""
    command: list[str | Path] = [sys.executable, "-m", "benchmarks.backends.cost", name, bundle, texts]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    answered = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
    figures: Mapping[str, float] = json.loads(answered.stdout)
    return figures


def onnx_parity(exported: Exported, split: Split) -> dict[str, float]:
    """How many outputs differ from the integers'; none should."""
    model, outputs, differing = exported.model, 0, 0
    runs = session(graph(model, sparse=False).SerializeToString())
    for units, words in batches(exported, split):
        logits, shares = runs.run(["logits", "probabilities"], {"units": units.astype(np.int32), "words": words})
        wanted = model.logits(units, words)
        differing += int((logits != wanted).sum() + (shares != softmax_of(wanted)).sum())
        outputs += 2 * wanted.size
    return {"onnx.outputs": outputs, "onnx.differing_outputs": differing}


def litert_parity(exported: Exported, split: Split) -> dict[str, float]:
    """How far LiteRT is from what is said of eight bits, and eight bits from sixteen."""
    eight_bits = EightBits.of(exported.model)
    runs = Runtime(flat_file(eight_bits))
    steps = []
    for units, words in batches(exported, split):
        inputs = eight_bits.inputs(units, words[:, np.newaxis])
        answered = np.concatenate([runs.logits(row) for row in inputs])
        steps.append(np.abs(answered.astype(np.int64) - eight_bits.logits(inputs)))
    apart = np.concatenate(steps)
    units, words = heard(exported, [list(exported.heard(text))[-1] for text in split.test_texts])
    wanted = exported.model.probabilities(units, words)
    inputs = eight_bits.inputs(units, words[:, np.newaxis])
    shares = softmax_of(eight_bits.integers(np.concatenate([runs.logits(row) for row in inputs])))
    labels = np.array(split.test_labels)
    return {
        "litert.outputs": apart.size,
        "litert.off_by_one_share": float((apart > 0).mean()),
        "litert.worst_step": float(apart.max()),
        "litert.accuracy": float((np.array(exported.actions)[shares.argmax(axis=1)] == labels).mean()),
        "integers.accuracy": float((np.array(exported.actions)[wanted.argmax(axis=1)] == labels).mean()),
        "litert.agreement": float((shares.argmax(axis=1) == wanted.argmax(axis=1)).mean()),
        "litert.worst_probability_error": float(np.abs(shares - wanted).max()) / 2**15,
    }


def batches(exported: Exported, split: Split) -> Iterator[tuple[Ints, Ints]]:
    """(N, b) units and (N,) numbers of words: the sentences word by word, then made-up ones, for `OUTPUTS` in all."""
    made = 0
    everything = [each for text in split.test_texts for each in exported.heard(text)]
    for at in range(0, len(everything), _BATCH):
        yield heard(exported, everything[at : at + _BATCH])
        made += 2 * len(everything[at : at + _BATCH]) * len(exported.actions)
    rng = np.random.default_rng(0)
    while made < OUTPUTS:
        yield made_up(exported.model, rng)
        made += 2 * _BATCH * len(exported.actions)


def heard(exported: Exported, commands: list[tuple[Ints, Ints, int]]) -> tuple[Ints, Ints]:
    """Commands as a batch."""
    units = np.zeros((len(commands), exported.code.bits), np.int64)
    for number, (rows, spoken, _) in enumerate(commands):
        units[number, rows] = spoken
    return units, np.array([words for _, _, words in commands])


def made_up(model: IntegerModel, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Features at random; every tenth command has all that is allowed on one row."""
    units = (rng.random((_BATCH, model.inputs.shape[1])) < rng.uniform(0, 0.2)) * rng.integers(0, 6)
    units[::10] = 0
    units[np.arange(0, _BATCH, 10), rng.integers(0, units.shape[1], _BATCH // 10)] = MAX_UNITS
    return units.astype(np.int64), rng.integers(-1, 100, _BATCH)


if __name__ == "__main__":
    main()
