"""`kill -9` of device, trainer or both, while lessons stream, models are trained, delivered and installed.

Both are real processes, paired by the real commands, on a real broker. Whoever was killed is started again and goes on
with what is on its disk. At the end both are left alone: every lesson that the device keeps is in the trainer's
database with the same words and nothing else is, no model is half installed, versions only rose, and of words that
were forgotten there is no trace. About a quarter of an hour.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.couple import Couple
from tests.trainer.test_delivery import teach_until_a_model_passes

ROUNDS = 100
"""For each of two seeds."""


@pytest.mark.prove
@pytest.mark.parametrize("seed", [2026, 2027])
def test_kills_lose_nothing_and_leave_nothing_half_done(tmp_path: Path, mosquitto: tuple[str, int], seed: int) -> None:
    couple = Couple(tmp_path, mosquitto, random.Random(seed))
    try:
        couple.pair()
        for number in range(ROUNDS):
            couple.one_round()
            told = number, len(couple.acknowledged), couple.bundles, couple.newest[-1], couple.made[-1]
            (tmp_path / "progress").write_text(f"{told}\n")
        couple.forget_for_good()
        teach_until_a_model_passes(couple)
        couple.settle()
        couple.check_the_end()
        couple.check_nothing_is_left_of_what_was_forgotten()
        assert len(couple.acknowledged) > ROUNDS / 2, "the house was busy"
        assert couple.made[-1] >= ROUNDS / 20, "and so was the trainer"
        assert couple.bundles, "and a model was on its way; how many are, the gate says"
    finally:
        couple.close()
