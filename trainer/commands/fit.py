"""One round now: train a challenger, judge it, record it. `safu-trainer watch` offers it if it passes.

safu-trainer fit                   of the only device there is
safu-trainer fit --check 7         make model 7 again: are its bytes the same?
"""

from __future__ import annotations

import argparse

from rich.progress import Progress

from device.errors import TrainerError
from device.settings import Settings
from trainer.household_store import open_store, the_node, the_ring
from trainer.rounds import reproduce, run_round


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu-trainer fit` takes."""
    parser.add_argument("--node", help="the device, where there are several")
    parser.add_argument("--seed", type=int, default=0, help="of all that is random (%(default)s)")
    parser.add_argument("--check", type=int, metavar="VERSION", help="make this model again and compare")


def run(settings: Settings, options: argparse.Namespace, progress: Progress) -> int:
    """Do it."""
    store = open_store(settings)
    try:
        node = the_node(settings, options.node, store)
        ring = the_ring(settings, node)
        if options.check is not None:
            if reproduce(store, node, options.check, ring.house) != store.bundle(node, options.check):
                raise TrainerError(f"model {options.check} comes out differently: another version of safu or torch?")
            print(f"model {options.check} comes out the same, byte for byte")
            return 0
        record = run_round(store, node, ring, settings, seed=options.seed, progress=progress)
    finally:
        store.close()
    verdict = "passes" if record.accepted else "does not pass"
    print(f"model {record.version} {verdict}: {'; '.join(record.reasons)}")
    return 0
