"""What one backend costs, in a process of its own: time to start, memory, time a command.

    python -m benchmarks.backends.cost BACKEND BUNDLE TEXTS

BACKEND as in the setting model.backend; TEXTS a file with a sentence a line. Prints figures as JSON. The time of a
command is that from the rows of its features to the probabilities; finding the rows is the same for all.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from device.assembly import backend_for
from device.safu.bundle import load
from device.settings import read_settings
from firmware_export.exported import Exported

_ROUNDS = 10


def main() -> None:
    name, bundle, texts = sys.argv[1:]
    exported = Exported.of_bundle(load(Path(bundle)))
    commands = [exported.code.units_of(text.split()) for text in Path(texts).read_text(encoding="utf-8").splitlines()]
    settings = read_settings(overrides={"model.backend": name})
    exported.model.probabilities_of(*commands[0])
    before, started_ns = resident_bytes(), time.perf_counter_ns()
    backend = backend_for(settings)(exported.model)
    backend.probabilities_of(*commands[0])
    start_ms = (time.perf_counter_ns() - started_ns) / 1e6
    taken = []
    for command in commands * _ROUNDS:
        started_ns = time.process_time_ns()
        backend.probabilities_of(*command)
        taken.append((time.process_time_ns() - started_ns) / 1e3)
    found = {
        "start_ms": start_ms,
        "rss_added_bytes": resident_bytes() - before,
        "microseconds_per_command": float(np.median(taken)),
    }
    print(json.dumps(found))


def resident_bytes() -> int:
    """Memory that this process occupies now."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


if __name__ == "__main__":
    main()
