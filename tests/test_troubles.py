"""Troubles are counted always and said seldom."""

from __future__ import annotations

import logging
from collections import Counter

import pytest

from device.troubles import tell, trouble_count


@pytest.mark.parametrize(("kind", "level"), [("hum", logging.WARNING), ("talk", logging.INFO)])
def test_a_thousand_times_are_four_lines(caplog: pytest.LogCaptureFixture, kind: str, level: int) -> None:
    counters: Counter[str] = Counter()
    with caplog.at_level(logging.INFO):
        for _ in range(1_500):
            tell(counters, kind, "it goes on")
    assert counters[kind] == 1_500
    assert [record.levelno for record in caplog.records] == [level] * 4
    assert [record.getMessage() for record in caplog.records] == [
        "it goes on",
        "it goes on (10 times so far)",
        "it goes on (100 times so far)",
        "it goes on (1000 times so far)",
    ]


def test_what_belongs_to_life_is_no_trouble() -> None:
    assert trouble_count({"utterances": 9, "talk": 8, "changed": 7, "hum": 2, "refused": 1}) == 3
