"""A few rounds of kills between device and trainer; `tests/prove/test_delivery_kills.py` has two hundred."""

from __future__ import annotations

import random
import time
from pathlib import Path

from tests.couple import Couple

ROUNDS = 4
TEACH_S = 60.0


def test_kills_lose_nothing_and_leave_nothing_half_done(tmp_path: Path, mosquitto: tuple[str, int]) -> None:
    couple = Couple(tmp_path, mosquitto, random.Random(4))
    try:
        couple.pair()
        for _ in range(ROUNDS):
            couple.one_round()
        has_passed = teach_until_a_model_passes(couple)
        couple.settle()
        assert (couple.check_the_end().newest > 0) >= has_passed
        assert couple.records(), "a round was made, whatever its verdict"
    finally:
        couple.close()


def teach_until_a_model_passes(couple: Couple) -> bool:
    """Teach, wait in silence for a verdict, and again: the more lessons, the surer. The gate may turn all away."""
    for side in ("device", "trainer"):
        couple.start(side)
    deadline_s = time.monotonic() + TEACH_S
    before = len(couple.records())
    while not any(record.accepted for record in couple.records()[before:]):
        if time.monotonic() > deadline_s:
            return False
        for _ in range(12):
            couple.say_and_flip()
        couple.tidy_up()
        couple.wait_for_a_verdict()
    return True
