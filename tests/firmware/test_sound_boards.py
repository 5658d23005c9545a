"""The firmware that learns sounds on every core: a blank chip becomes a taught switch, to the bit as in Python."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.acoustic.decimator import Decimator
from firmware_export.emulator import run
from firmware_export.fixed_story import SHAPE, fixed_questions, fixed_story, right
from firmware_export.sound import SOUND_CORES, Event, Shape, SoundFirmware, Twin, different, figures
from tests.firmware.sounds import recorded, signals

_ANY = "m4"
_FORGET = ("forget", 0)
_QUIET, *_SAID = [event for event in fixed_story()[:12] if not isinstance(event, tuple)]
_LESSONS = st.tuples(
    st.sampled_from(_SAID),
    st.sampled_from([*(("press", word) for word in range(SHAPE.actions)), ("no", 0), ("nobody", 0)]),
)
_LIVES = st.lists(st.one_of(_LESSONS, _LESSONS, st.just((_FORGET,))), min_size=1, max_size=7)
"""Lessons, right or wrong, and taking them back."""


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


def test_a_lesson_is_taken_back_once_and_its_sound_is_taught_again(m4: SoundFirmware, tmp_path: Path) -> None:
    blank, refused = m4.answers([_FORGET], tmp_path)
    assert refused == "SAFU_NOTHING_TO_UNDO"
    wrong = m4.answers([_QUIET, _SAID[0], ("press", 1), ("press", 0), _FORGET, ("press", 0)], tmp_path)
    assert wrong[3:5] == ["SAFU_NOTHING_HEARD", blank]
    right = Twin(SHAPE).answers([_QUIET, _SAID[0], ("press", 0)])[-1]
    assert wrong[5] == right != wrong[2]
    assert m4.answers([_FORGET, _FORGET], tmp_path) == [right, blank, refused]
    assert m4.answers([_QUIET, _SAID[1], _FORGET, ("press", 0)], tmp_path)[:3] == [blank, "none", refused]


def test_a_newer_sound_is_not_taken_for_that_of_the_lesson(m4: SoundFirmware) -> None:
    story: list[Event] = [_QUIET, _SAID[0], ("press", 1), _SAID[1], ("press", 99), _FORGET, ("press", 0)]
    blank, *_, out_of_range, forgotten, nothing = m4.answers(story)
    assert (out_of_range, forgotten, nothing) == ("SAFU_OUT_OF_RANGE", blank, "SAFU_NOTHING_HEARD")


def test_what_no_slot_can_hold_is_said_at_once(tmp_path: Path) -> None:
    told = run(firmware(_ANY, tmp_path, Shape(10, 12, 160)).firmware, b"stack\n")
    assert (told.exit_code, told.output) == (1, b"SAFU_TOO_LARGE\n")


@given(_LIVES, st.integers(0, 250_000))
@settings(max_examples=25, deadline=None)
def test_lessons_and_forgetting_with_a_power_cut_leave_a_state_of_python(
    m4: SoundFirmware, life: list[tuple[Event, ...]], after_bytes: int
) -> None:
    story = [_QUIET, *(event for step in life for event in step)]
    expected = Twin(SHAPE).answers(story)
    assert len(expected) == len(story)  # an answer an event, but for the quiet, and what it knows when it starts
    with TemporaryDirectory() as flash:
        said = m4.cut(story, after_bytes, Path(flash))
        now, forgotten = m4.answers([_FORGET], Path(flash))
    assert said == expected[: len(said)]
    old, new = ([line for line in expected[:end] if line.isdigit()][-1] for end in (len(said), len(said) + 1))
    assert now in (old, new)
    done = story[: len(said) + (now == new)]
    before = Twin(SHAPE).answers([*done, _FORGET])[-1]
    was_cut_off = len(said) < len(story) and now == old and story[len(said)] != _FORGET
    assert forgotten == before or (was_cut_off and forgotten == "SAFU_NOTHING_TO_UNDO")


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
    asked = "hear, hear16, press, no, nobody, forget, cut or stack?"
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
