"""Seconds of fuzzing from the corpus on; `make prove` takes its time."""

from __future__ import annotations

import shutil
from pathlib import Path
from subprocess import CalledProcessError

import pytest

from firmware_export.host import RUNTIME
from tests.firmware.fuzzing import CORPUS, TARGETS, built, fuzz

_RUNS = 20_000
_MINUTES = 10


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_found_in_seconds(target: str, tmp_path: Path) -> None:
    assert any((CORPUS / target).iterdir())
    assert f"Done {_RUNS} runs" in fuzz(built(target, tmp_path), f"-runs={_RUNS}", "-seed=1")


def test_a_missing_check_would_be_found(tmp_path: Path) -> None:
    runtime = tmp_path / "runtime"
    shutil.copytree(RUNTIME, runtime)
    source = (runtime / "safu_image.c").read_text()
    check = "words[at + 1] > size - words[at]"
    assert check in source
    (runtime / "safu_image.c").write_text(source.replace(check, "0"))
    with pytest.raises(CalledProcessError):
        fuzz(built("fuzz_intents", tmp_path, runtime), f"-runs={_RUNS}", "-seed=1")


@pytest.mark.prove
@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_found_in_minutes(target: str, tmp_path: Path) -> None:
    assert "Done" in fuzz(built(target, tmp_path), f"-max_total_time={60 * _MINUTES}")
