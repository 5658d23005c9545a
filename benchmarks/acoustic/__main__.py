"""How right is a switch that learns a household's words from nothing, and how often does it act on other sounds?

    python -m benchmarks.acoustic [--data DIR] [--test DIR] [--json FILE] [--quick] [--plots DIR]

The speakers of `digits/` are the people of a home, their ten words ten commands; `keywords/` and `speech_to_intent/`
are other people's speech, `kitchen.flac` is the noise. Everything is cut to 4 kHz and fed as one stream with pauses;
the end-pointer sees only the past. `integer` is what a device runs, to the bit; `float` the same without rounding, its
codebook drawn from all lessons at once.
"""

from __future__ import annotations

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.acoustic.accuracy import LESSONS, IntegerSwitch, accuracy
from benchmarks.acoustic.sound import NOISES, home
from benchmarks.arguments import arguments, write


def main() -> None:
    parser = arguments(__doc__)
    options = parser.parse_args()
    data = options.test or options.data
    draws = 1 if options.quick else 4
    with Progress(console=Console(stderr=True)) as progress:
        heard = home(data, progress, quick=options.quick)
        figures = accuracy(heard, IntegerSwitch, draws, progress, "integer")
    figures["state_bytes"] = IntegerSwitch().switch.stored_bytes
    _print(figures)
    conditions = {"draws": draws, "speakers": sorted(heard), "quick": bool(options.quick)}
    write(options, "acoustic", figures, conditions)


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
    rest = Table("figure", "value")
    for name, value in figures.items():
        if ".accuracy_k" not in name:
            rest.add_row(name, f"{value:.4g}")
    console.print(rest)


if __name__ == "__main__":
    main()
