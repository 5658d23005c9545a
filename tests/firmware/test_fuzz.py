"""Seconds of fuzzing from the corpus on; `make prove` takes its time."""

from __future__ import annotations

from pathlib import Path
from subprocess import CalledProcessError

import pytest

from firmware_export.host import RUNTIME
from tests.firmware.fuzzing import CORPUS, TARGETS, built, fuzz

_RUNS = 5_000
_RUNS_TO_FIND = 50_000
_SLOW_RUNS = {"fuzz_sound": 2_000}
"""What a second of sound takes on a chip takes its time under sanitisers, too."""
_MINUTES = 10


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_found_in_seconds(target: str, tmp_path: Path) -> None:
    assert any((CORPUS / target).iterdir())
    runs = _SLOW_RUNS.get(target, _RUNS)
    assert f"Done {runs} runs" in fuzz(built(target, tmp_path), f"-runs={runs}", "-seed=1")


@pytest.mark.parametrize(
    ("target", "file", "check", "missing"),
    [
        ("fuzz_intents", "safu_image.c", "words[at + 1] > size - words[at]", "0"),
        ("fuzz_learn", "safu_learn.c", "said->count > SAFU_PHRASE ?", "0 ?"),
        ("fuzz_lines", "safu_lines.c", "known[at] != '\\0' &&", ""),
        ("fuzz_sound", "safu_codebook.c", "wished < room ? wished : room", "wished"),
        ("fuzz_slots", "safu_slots.c", "slots->has_saved ? 1 - slots->newest : 0", "slots->newest"),
        ("fuzz_slots", "safu_slots.c", "slot_at(slots, slots->newest), slots->slot", "slot_at(slots, 0), slots->slot"),
        ("fuzz_slots", "safu_slots.c", "1 - slots->newest, &before", "slots->newest, &before"),
    ],
)
def test_a_missing_check_would_be_found(target: str, file: str, check: str, missing: str, tmp_path: Path) -> None:
    source = (RUNTIME / file).read_text()
    assert check in source
    (tmp_path / file).write_text(source.replace(check, missing))
    with pytest.raises(CalledProcessError):
        fuzz(built(target, tmp_path, tmp_path / file), f"-runs={_SLOW_RUNS.get(target, _RUNS_TO_FIND)}", "-seed=1")


@pytest.mark.prove
@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_found_in_minutes(target: str, tmp_path: Path) -> None:
    assert "Done" in fuzz(built(target, tmp_path), f"-max_total_time={60 * _MINUTES}")
