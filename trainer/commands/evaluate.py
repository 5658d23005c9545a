"""How good is the device with and without its model? Its newest lessons, answered before they are learned.

  safu-trainer evaluate

The model is judged by the one like it that was trained without the newest lessons of its day; those since then are new
to it as well. "right" is what was meant, numbers aside; "wrong" is a switch that was not meant.
"""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from device.errors import TrainerError
from device.safu.bundle import unpack
from device.safu.slow import SlowModel
from device.settings import Settings
from trainer.gate import scores, split
from trainer.household_store import open_store, the_node
from trainer.replay import as_at_home
from trainer.rounds import champion_of, lived


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu-trainer evaluate` takes."""
    parser.add_argument("--node", help="the device, where there are several")


def run(settings: Settings, options: argparse.Namespace, progress: Progress) -> int:
    """Live the newest lessons again, and print a table."""
    store = open_store(settings)
    try:
        node = the_node(settings, options.node, store)
        lessons, devices = [taught.lesson for taught in store.lessons(node)], store.devices(node)
        settings = as_at_home(settings, store, node)
        champion = champion_of(store, node)
        models: dict[str, SlowModel | None] = {"without a model": None}
        if champion is not None:
            name = f"model {champion.version}"
            models[name] = SlowModel(unpack(store.judged(node, champion.version), name))
    finally:
        store.close()
    older, newer = split(lessons)
    if not newer:
        raise TrainerError(f"there are no lessons of {node} yet")
    table = Table("", "right", "wrong", "wrong at talk", "log loss", "lessons")
    for name, model in progress.track(models.items(), description="living again"):
        found = scores(lived(model, devices, older, newer, settings)[0])
        shares = (f"{found[figure]:.1%}" for figure in ("right", "wrong", "false"))
        table.add_row(name, *shares, f"{found['loss']:.2f}", f"{found['lessons']:.0f}")
    Console().print(table)
    return 0
