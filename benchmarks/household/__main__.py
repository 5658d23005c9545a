"""How well does the assistant serve one household for a month?

    python -m benchmarks.household [--data DIR] [--test DIR] [--json FILE] [--quick]

Four weeks of a made-up household, drawn four times, through the real assistant, faster than real time, on the frame
clock: two residents and their habits, a guest, talk, automations, power cuts, a broker that goes away. What people say
is drawn from the texts of the data folder; words go in as a recogniser would give them, one by one. Two other draws of
the same house were lived in while the model was made; nothing is fitted here, so `--test` merely replaces `--data`.
`--quick` lives three days of one household.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.arguments import arguments, show, write
from benchmarks.household.month import DAYS, Month
from benchmarks.household.score import WEEKS, score
from benchmarks.household.truth import Truth, together
from benchmarks.household.wordings import Texts, read_texts
from benchmarks.plots import weeks

_SEEDS, _QUICK_DAYS = (3, 4, 5, 6), 3
_BY_WEEK = (
    "right", "wrong", "false_per_hour", "flips", "wrong_lessons", "cause_right", "wider_than_heard", "wishes",
    "talk_hours", "lessons", "switch_events",
)  # fmt: skip


def main() -> None:
    options = arguments(__doc__).parse_args()
    days = _QUICK_DAYS if options.quick else DAYS
    texts = read_texts(options.test or options.data)
    seeds = _SEEDS[:1] if options.quick else _SEEDS
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("days", total=days * len(seeds))
        truths = [live(texts, seed, days, lambda: progress.advance(task)) for seed in seeds]
    figures = score(together(truths))
    _print(figures)
    conditions = {
        "days": days,
        "households": len(seeds),
        "texts": "development half of nlu_home, home_assistant_en" if options.test is None else "--test",
        "talk": f"{figures['talk_hours']:.2f} hours, silence between sentences not counted",
        "quick": bool(options.quick),
    }
    write(options, "household", figures, conditions)
    if options.json:
        weeks(figures, options.json.with_suffix(".png"))


def live(texts: Texts, seed: int, days: int, on_day: Callable[[], None]) -> Truth:
    """One household's days."""
    with tempfile.TemporaryDirectory() as folder:
        month = Month(texts, Path(folder), seed)
        for _ in month.live(days):
            on_day()
    return month.truth


def _print(figures: Mapping[str, float]) -> None:
    """A column a week; then whatever is not by week."""
    lived = [week for week in WEEKS if f"week{week}.right" in figures]
    table = Table("", *(f"week {week}" for week in lived), "all")
    for name in _BY_WEEK:
        table.add_row(name, *(f"{figures[f'week{week}.{name}']:.4g}" for week in lived), f"{figures[name]:.4g}")
    Console().print(table)
    show({name: value for name, value in figures.items() if _is_detail(name, value)})


def _is_detail(name: str, value: float) -> bool:
    is_trouble = (name.startswith("cause_right.") and value < 1) or name.startswith("wrong_lessons.")
    return is_trouble or name.startswith("right.")


if __name__ == "__main__":
    main()
