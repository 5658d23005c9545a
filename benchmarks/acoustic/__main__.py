"""How right is a switch that learns a household's words from nothing, and how often does it act on other sounds?

    python -m benchmarks.acoustic [--data DIR] [--test DIR] [--json FILE] [--quick] [--plots DIR]

The speakers of `digits/` are the people of a home, their ten words ten commands; `keywords/` and `speech_to_intent/`
are other people's speech, `kitchen.flac` is the noise. Everything is cut to 4 kHz and fed as one stream with pauses;
the end-pointer sees only the past. `integer` is what a device runs, to the bit; `float` the same without rounding, its
codebook drawn from all lessons at once.
"""

from __future__ import annotations

import argparse
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.acoustic.accuracy import LESSONS, IntegerSwitch, accuracy
from benchmarks.acoustic.chip import chips
from benchmarks.acoustic.early import early
from benchmarks.acoustic.float_switch import FloatSwitch
from benchmarks.acoustic.garage import garage
from benchmarks.acoustic.household3 import household, unnamed
from benchmarks.acoustic.learning import uses
from benchmarks.acoustic.peers.centroid import Centroid
from benchmarks.acoustic.peers.ds_cnn import DsCnn
from benchmarks.acoustic.peers.dtw import Dtw
from benchmarks.acoustic.peers.phones import Phones
from benchmarks.acoustic.refusing import refusing
from benchmarks.acoustic.sound import NOISES, home
from benchmarks.arguments import arguments, show, write
from benchmarks.plots import acoustic_pictures

_ORDERS = 12
"""Of each speaker, from nothing."""


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument(
        "--plots", type=Path, metavar="DIR", help="draw learning, false accepts and early answers there"
    )
    options = parser.parse_args()
    with ProcessPoolExecutor(1, get_context("spawn")) as beside, Progress(console=Console(stderr=True)) as progress:
        figures, draws = measure(options, progress, beside)
    _print(figures)
    conditions = {"draws": draws, "orders": _orders(options), "quick": bool(options.quick), "rate_hz": 8_000}
    write(options, "acoustic", figures, conditions)


def measure(options: argparse.Namespace, progress: Progress, beside: Executor) -> tuple[dict[str, float], int]:
    """All figures, and how many draws those of the switch are the mean of."""
    quick = options.quick
    draws = 1 if quick else 4
    people = home(options.test or options.data, progress, quick=quick)
    trained = home(options.data, progress, quick=quick) if options.test else None
    on_chips = beside.submit(chips, people, 10 if quick else None)
    figures: dict[str, float] = {"state_bytes": IntegerSwitch().switch.stored_bytes}
    figures |= accuracy(people, IntegerSwitch, draws, progress, "integer")
    figures |= accuracy(people, FloatSwitch, 1 if quick else 2, progress, "float")
    figures |= accuracy(people, Centroid, 1, progress, "centroid")
    if not quick:
        figures |= accuracy(people, Dtw, 1, progress, "dtw")
        figures |= accuracy(people, DsCnn, 1, progress, "ds_cnn")
        figures |= accuracy(people, Phones, 1, progress, "phones")
    learned, curve = uses(people, _orders(options), progress)
    refused, tallies = refusing(people, options.data, options.test, progress, quick=quick)
    anticipated, leads = early(people, trained, progress)
    figures |= learned | refused | anticipated | household(people, 1 if quick else 3, progress)
    figures |= unnamed(people, 1 if quick else 6, progress) | garage(people, progress, (7,) if quick else (1, 7))
    if options.plots:
        acoustic_pictures(
            curve, {side: (t.margins_true, t.margins_false) for side, t in tallies.items()}, leads, options.plots
        )
    progress.add_task("waiting for the chips", total=None)
    return figures | on_chips.result(), draws


def _orders(options: argparse.Namespace) -> int:
    return 2 if options.quick else _ORDERS


def _print(figures: dict[str, float]) -> None:
    console = Console()
    names = dict.fromkeys(name.partition(".")[0] for name in figures if ".accuracy_k5_clean" in name)
    table = Table("words understood", *(f"{count} lessons" for count in LESSONS), title="clean / 20 dB / 10 dB, %")
    for name in names:
        cells = [
            " / ".join(f"{100 * figures[f'{name}.accuracy_k{count}_{noise}']:.1f}" for noise in NOISES)
            for count in LESSONS
            if f"{name}.accuracy_k{count}_clean" in figures
        ]
        table.add_row(name, *cells)
    console.print(table)
    show({name: value for name, value in figures.items() if ".accuracy_k" not in name})


if __name__ == "__main__":
    main()
