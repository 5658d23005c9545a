"""What every benchmark takes and tells: `--data`, `--test`, `--json`, `--quick`, a table, and one JSON shape."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

_DEFAULT = Path(__file__).parents[2] / "shared" / "data"


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with the common options."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(os.environ.get("SAFU_DATA", _DEFAULT))
    parser.add_argument("--data", type=Path, default=default, metavar="DIR", help="the data folder ($SAFU_DATA)")
    parser.add_argument("--test", type=Path, metavar="DIR", help="report figures on this folder instead")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and conditions there")
    parser.add_argument("--quick", action="store_true", help="a sample, in at most two minutes")
    return parser


def show(figures: Mapping[str, float]) -> None:
    """A row a figure."""
    table = Table("figure", "value")
    for name, value in figures.items():
        table.add_row(name, f"{value:,.6g}" if abs(value) >= 10_000 else f"{value:.4g}")
    Console().print(table)


def write(
    options: argparse.Namespace, name: str, figures: Mapping[str, float], conditions: Mapping[str, object]
) -> None:
    """Write `--json FILE`, if it was asked for."""
    if options.json:
        content = {"benchmark": name, "figures": dict(figures), "conditions": dict(conditions)}
        options.json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
