"""The switch that learns sounds in C against the integers of Python: every sound, every answer, every byte of state."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile

from device.acoustic.codebook import MOST_VECTORS
from device.acoustic.decimator import Decimator
from device.acoustic.end_pointer import EndPointer, Sound, sounds_of
from device.acoustic.spectrum import BANDS, Frames, frames_of
from device.acoustic.switch import AcousticSwitch, candidates
from device.errors import ExportError
from firmware_export.host_slots import FlashDouble, HostSlots
from firmware_export.host_sound import HostEndPointer, HostSwitch, Meaning
from firmware_export.sound_state import packed
from tests.acoustic import made_up
from tests.firmware.sounds import recorded, signals

DIGITS = Path(__file__).parents[3] / "shared" / "data" / "digits"
SHAPES = ((10, 12, 128), (3, 9, 24), (2, 0, 10), (4, 3, 48), (1, 5, 255))


@cache
def frames() -> Frames:
    """Signals, recordings, and rooms that no microphone gives."""
    random = np.random.default_rng(1)
    wild = np.cumsum(random.normal(0, 3, (4_000, BANDS)), axis=0) % 200 + random.normal(0, 9, (4_000, BANDS))
    heard = [frames_of(samples) for samples in (*signals().values(), *recorded("lesson*").values())]
    return np.concatenate([*heard, np.clip(wild, 0, 255).astype(np.uint8)])


@cache
def sounds() -> list[Sound]:
    """Made-up words, recordings and noise; some without a word in them."""
    streams = [frames_of(made_up.stream([0, 1, 2, 3], np.random.default_rng(seed))) for seed in range(8)]
    empty = [Sound(np.zeros(BANDS, np.uint8), np.zeros((length, BANDS), np.uint8)) for length in (0, 1, 5)]
    return [*(sound for stream in streams for sound in sounds_of(stream)), *empty, *sounds_of(frames())[:150]]


def answers(switch: AcousticSwitch, sound: Sound) -> list[Meaning]:
    found = switch.predict_one(candidates(sound))
    return [Meaning(each.action, each.window, each.margin, each.is_accepted) for each in found]


def live(one: AcousticSwitch | HostSwitch, sound: Sound, number: int, action: int) -> bool:
    """Four lessons, two of the background, a correction."""
    if number % 7 < 4:
        return one.learn_one(sound, action)
    return one.learn_background(sound) if number % 7 < 6 else one.correct(sound)


def compare(python: AcousticSwitch, chip: HostSwitch, heard: Sequence[Sound]) -> None:
    for number, sound in enumerate(heard):
        assert chip.predict_one(sound) == answers(python, sound)
        action = number % python.actions
        assert live(chip, sound, number, action) == live(python, sound, number, action)
        assert chip.state() == packed(python)


def test_sounds_begin_and_end_as_in_python(chip: ctypes.CDLL) -> None:
    python, pointer, heard = EndPointer(), HostEndPointer(chip), 0
    for frame in frames():
        expected, found = python.hear(frame), pointer.hear(frame)
        assert (expected is None) == (found is None)
        if expected is not None and found is not None:
            heard += 1
            assert found.began == expected.began
            assert (found.room == expected.room).all()
            assert found.frames.tolist() == expected.frames.tolist()
    assert heard > 100
    assert pointer.too_long == python.too_long > 0


@pytest.mark.parametrize("shape", SHAPES)
def test_every_answer_and_every_lesson_is_that_of_python(chip: ctypes.CDLL, shape: tuple[int, int, int]) -> None:
    python, on_chip = AcousticSwitch(*shape), HostSwitch(chip, *shape)
    compare(python, on_chip, sounds())
    assert python.codebook.used == shape[2] or shape[2] == 255


def test_many_lessons_halve_counts_as_in_python(chip: ctypes.CDLL) -> None:
    python, on_chip = AcousticSwitch(1, 0, 16), HostSwitch(chip, 1, 0, 16)
    for sound in sounds()[:8] * 12:
        assert on_chip.learn_one(sound, 0) == python.learn_one(sound, 0)
    assert on_chip.state() == packed(python)
    assert python.counts.halvings[0] > 1


def test_errors_of_years_are_halved_as_in_python(chip: ctypes.CDLL) -> None:
    python, on_chip = AcousticSwitch(3, 9, 24), HostSwitch(chip, 3, 9, 24)
    compare(python, on_chip, sounds()[:20])
    code = python.codebook
    code._errors *= 2**20
    code._vectors = MOST_VECTORS - 100
    on_chip.resume(packed(python))
    before = code._errors.copy()
    compare(python, on_chip, sounds()[20:40])
    assert code._vectors < MOST_VECTORS // 2 + 1_000
    assert (before // 2 <= code._errors).all()
    assert (code._errors < before).all()
    assert (code._errors > 2**32).all()


def test_digits_are_answered_as_in_python(chip: ctypes.CDLL) -> None:
    clips = sorted(DIGITS.rglob("*.flac"))[::19]
    if not clips:
        pytest.skip("shared/data/digits is not here")
    read = [soundfile.read(path, dtype="int16") for path in clips]
    halved = [Decimator().halve(samples) if rate == 16_000 else samples for samples, rate in read]
    pauses = [made_up.room(0.7, np.random.default_rng(number)) for number in range(len(halved))]
    heard = sounds_of(frames_of(np.concatenate([each for pair in zip(pauses, halved, strict=True) for each in pair])))
    assert len(heard) > 30
    compare(AcousticSwitch(10), HostSwitch(chip, 10), heard)


def test_it_goes_on_from_what_was_kept(chip: ctypes.CDLL) -> None:
    python, on_chip = AcousticSwitch(3, 9, 24), HostSwitch(chip, 3, 9, 24)
    compare(python, on_chip, sounds()[:20])
    other = HostSwitch(chip, 3, 9, 24)
    other.resume(packed(python))
    compare(python, other, sounds()[20:40])


def test_a_lesson_that_is_taken_back_was_never_there(chip: ctypes.CDLL) -> None:
    python, on_chip = AcousticSwitch(3, 9, 24), HostSwitch(chip, 3, 9, 24)
    flash = FlashDouble(16 * 1_024, 1_024)
    kept = HostSlots(chip, flash, 0, flash.size)
    kept.save(on_chip.state())
    for number, sound in enumerate(sounds()[:24]):
        for is_mistake in (number % 3 != 1, False):
            if not live(on_chip, sound, number + is_mistake, 2 if is_mistake else number % 3):
                continue
            kept.save(on_chip.state())
            if is_mistake:
                assert on_chip.state() != packed(python)
                kept.forget()
                on_chip.resume(kept.load(len(packed(python)))[0])
            else:
                live(python, sound, number, number % 3)
            assert on_chip.state() == packed(python)
    assert python.lessons.sum() > 10


@pytest.mark.parametrize(("at", "byte"), [(0, 0), (1, 255), (2, 0), (3, 25), (128, 49), (180, 14), (192 + 13, 77)])
def test_what_can_be_no_state_is_refused(chip: ctypes.CDLL, at: int, byte: int) -> None:
    python = AcousticSwitch(3, 9, 24)
    for sound in sounds()[:4]:
        python.learn_one(sound, 0)
    state = bytearray(packed(python))
    assert state[at] != byte
    state[at] = byte
    with pytest.raises(ExportError, match="SAFU_"):
        HostSwitch(chip, 3, 9, 24).resume(bytes(state))


def test_a_state_of_a_chip_that_heard_otherwise_is_named(chip: ctypes.CDLL) -> None:
    state = bytearray(packed(AcousticSwitch(3, 9, 24)))
    state[130] ^= 1  # `hearing` in safu_switch.h
    with pytest.raises(ExportError, match="SAFU_OTHER_VERSION"):
        HostSwitch(chip, 3, 9, 24).resume(bytes(state))


@pytest.mark.parametrize("shape", [(0, 1, 1), (1, 255, 1), (256, 0, 1), (1, 0, 0), (1, 0, 256)])
def test_what_a_chip_cannot_hold_is_refused(chip: ctypes.CDLL, shape: tuple[int, int, int]) -> None:
    with pytest.raises(ExportError, match="SAFU_OUT_OF_RANGE"):
        HostSwitch(chip, *shape)


def test_an_action_that_is_not_there_is_refused(chip: ctypes.CDLL) -> None:
    on_chip = HostSwitch(chip, 3, 0, 24)
    before = on_chip.state()
    assert not on_chip.learn_one(sounds()[0], 3)
    assert not on_chip.learn_background(sounds()[0])
    assert not on_chip.correct(sounds()[0])
    assert on_chip.state() == before


def test_what_a_chip_cannot_count_is_no_state() -> None:
    with pytest.raises(ExportError, match="255"):
        packed(AcousticSwitch(1, 0, 256))
