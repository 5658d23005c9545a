"""The firmware that learns sounds on every core: a blank chip becomes a taught switch, to the bit as in Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device.acoustic.decimator import Decimator
from firmware_export.emulator import run
from firmware_export.fixed_story import SHAPE, fixed_questions, fixed_story, right
from firmware_export.sound import SOUND_CORES, Event, Shape, SoundFirmware, Twin, different, figures
from tests.firmware.sounds import recorded, signals

_ANY = "m4"


def firmware(name: str, folder: Path, shape: Shape = SHAPE) -> SoundFirmware:
    """Skips by name what is not installed."""
    if missing := SOUND_CORES[name].missing():
        pytest.skip(f"{' and '.join(missing)} not installed")
    return SoundFirmware(SOUND_CORES[name], folder, shape)


@pytest.fixture(scope="module")
def m4(tmp_path_factory: pytest.TempPathFactory) -> SoundFirmware:
    return firmware(_ANY, tmp_path_factory.mktemp("m4"))


@pytest.mark.parametrize("name", SOUND_CORES)
def test_a_blank_chip_becomes_a_taught_switch(name: str, tmp_path: Path) -> None:
    questions, meant = fixed_questions()
    story = [*fixed_story(), *questions]
    cost, said = firmware(name, tmp_path).measured(story)
    assert said == Twin(SHAPE).answers(story)
    assert right(said, meant) == len(meant)
    assert not any(line.startswith("relay") for line in said[:2])
    assert 0 < cost.instructions_per_audio_s < 64e6
    assert 0 < cost.stack_bytes < 2_048


@pytest.mark.parametrize("name", SOUND_CORES)
def test_recordings_and_the_worst_signals_are_answered_as_in_python(name: str, tmp_path: Path) -> None:
    shape, story = Shape(), list[Event]()
    for number, samples in enumerate([*recorded("lesson*_1").values(), *signals().values()]):
        story += [samples, ("press", number % 10) if number % 3 else ("nobody", 0)]
    assert firmware(name, tmp_path, shape).answers(story) == Twin(shape).answers(story)


def test_what_was_learned_outlives_a_power_cut(m4: SoundFirmware, tmp_path: Path) -> None:
    story, (questions, meant) = fixed_story(), fixed_questions()
    before = m4.answers(story, tmp_path)
    assert (tmp_path / "flash.bin").stat().st_size == 64 * 1024
    after = m4.answers(questions, tmp_path)
    learned = [line for line in before if line.isdigit()]
    assert after[0] == learned[-1] != before[0]
    assert right(after, meant) == len(meant)


@pytest.mark.parametrize("after_bytes", [0, 1, 4_096, 32_767, 32_768, 32_772, 35_000, 37_900, 38_000, 10**6])
def test_a_power_cut_while_it_learns_leaves_the_old_or_the_new(
    m4: SoundFirmware, after_bytes: int, tmp_path: Path
) -> None:
    story, twin = fixed_story(), Twin(SHAPE)
    first, second = story[:3], [*story[:1], *story[3:5]]
    *_, old = m4.answers(first, tmp_path)
    said = m4.cut(second, after_bytes, tmp_path)
    (now,) = m4.answers([], tmp_path)
    assert old == twin.answers(first)[-1]
    new = twin.answers(second)[-1]
    assert now == (new if said[-1] == new else old)
    assert said[-1] == new or after_bytes < 10**6


def test_16_khz_are_heard_as_8_khz(m4: SoundFirmware) -> None:
    samples = np.repeat(np.concatenate([event for event in fixed_story()[:12] if not isinstance(event, tuple)]), 2)
    lines = b"hear16 %d\n" % len(samples) + samples.tobytes() + b"press 1\n"
    expected = Twin(SHAPE).answers([Decimator().halve(samples), ("press", 1)])
    assert run(m4.firmware, lines).output.decode().splitlines() == expected
    assert len(expected) > 3


def test_nonsense_and_too_little_do_nothing(m4: SoundFirmware) -> None:
    (known,) = m4.answers([])
    lines = (
        b"\nwhat\npress 1\npress 99\nno\nnobody 7\nhear 0\n" + b"x" * 300 + b"\npress 99999999999999\nhear 400\n\1\2"
    )
    told = run(m4.firmware, lines).output.decode().splitlines()
    asked = "hear, hear16, press, no, nobody, cut or stack?"
    nothing = "SAFU_NOTHING_HEARD"
    assert told == [known, asked, nothing, "SAFU_OUT_OF_RANGE", nothing, nothing, asked, "SAFU_OUT_OF_RANGE"]


def test_figures_are_those_that_a_benchmark_shows(tmp_path: Path) -> None:
    installed = [name for name, core in SOUND_CORES.items() if not core.missing()]
    if not installed:
        pytest.skip("no core is installed")
    found = figures([fixed_story()[:9]], tmp_path, SHAPE)
    assert found["differing_decisions"] == 0
    assert found["compared_decisions"] > 5
    for name in installed:
        assert 0 < found[f"{name}.instructions_per_audio_s"] < 20e6
        assert 0 < found[f"{name}.instructions_per_lesson"] < 20e6
        assert 10_000 < found[f"{name}.flash_bytes"] < 40_000


def test_other_answers_are_counted() -> None:
    assert different(["1", "none", "2"], ["1", "relay 3 4"]) == 2
