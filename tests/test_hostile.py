"""A few of each kind of mutation; `tests/prove/test_delivery_mutations.py` has a thousand."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter
from pathlib import Path

from device.letters import Letter
from tests.hostile import KINDS, Target, lesson_of, send
from tests.hostile_bundles import MISSING, NEXT
from tests.small_models import SmallModels

SAMPLE = 78
MOST_BYTES = 64 * 1024 * 1024


def attack(folder: Path, models: SmallModels, count: int, seed: int) -> Counter[str]:
    """So many mutations, every kind in turn; fails with the seed and the kind of the first that does harm."""
    target = Target(folder, models)
    done: Counter[str] = Counter()
    tracemalloc.start()
    try:
        for number in range(count):
            kind = KINDS[number % len(KINDS)]
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            try:
                send(kind, random.Random(f"{seed} {number}"), target)
                target.check(kind)
            except Exception as error:
                raise AssertionError(f"mutation {number} of seed {seed}, {kind!r}: {error!r}") from error
            used = tracemalloc.get_traced_memory()[1] - before
            assert used < MOST_BYTES, f"mutation {number} of seed {seed}, {kind!r}: {used} bytes"
            done[kind] += 1
        accept_what_is_good(target)
    finally:
        tracemalloc.stop()
        target.close()
    return done


def accept_what_is_good(target: Target) -> None:
    """After all that both still take what the other side has really written."""
    assert lesson_of(target).id == MISSING
    data, signature = target.models.signed(NEXT)
    target.host.take(target.trainers.write(Letter("bundle", {"signature": signature.hex()}, data)))
    assert target.models_here.state.acting == NEXT


def test_nothing_hostile_is_taken(tmp_path: Path, small_models: SmallModels) -> None:
    done = attack(tmp_path, small_models, SAMPLE, seed=7)
    assert done.keys() == set(KINDS)
