"""A household's model from examples that are there several times."""

from __future__ import annotations

from device.safu.bundle import Header
from device.safu.model import Architecture
from device.safu.slow import SlowModel
from tests.small_models import DEVICES, HOUSE, LESSONS
from trainer.household import examples_of, fit


def test_a_lesson_may_weigh_several_examples() -> None:
    examples = examples_of(LESSONS, DEVICES)
    bundle = fit([*examples, *examples[:3]], DEVICES, Header(Architecture(0, 0, 0), house=HOUSE))
    absorbed = SlowModel(bundle).header.absorbed
    assert len(absorbed) == len(set(absorbed)) > 0
