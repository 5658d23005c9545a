"""A thousand hostile bundles, letters and pairings: none is taken, none raises, none writes elsewhere or eats memory.

Every kind comes about equally often, each mutation has a seed of its own. About two minutes.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile import KINDS
from tests.small_models import SmallModels
from tests.test_hostile import attack

MUTATIONS = 1_000


@pytest.mark.prove
@pytest.mark.parametrize("seed", [2026])
def test_nothing_hostile_is_taken(tmp_path: Path, small_models: SmallModels, seed: int) -> None:
    done = attack(tmp_path, small_models, MUTATIONS, seed)
    assert done.total() == MUTATIONS
    assert min(done[kind] for kind in KINDS) >= MUTATIONS // len(KINDS)
