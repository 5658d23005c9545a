"""The front end in C against the integers of Python: every byte of every frame."""

from __future__ import annotations

import ctypes
from ctypes import c_uint32
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.acoustic.arithmetic import log2_of, steps_of, sum_of
from device.acoustic.decimator import Decimator
from device.acoustic.spectrum import frames_of
from firmware_export.host import RUNTIME, library
from firmware_export.host_sound import HostDecimator, HostSpectrum
from firmware_export.sound_tables import written
from tests.firmware.sounds import recorded, signals

SIGNALS = signals()


def test_tables_are_those_of_python() -> None:
    for name, text in written().items():
        assert (RUNTIME / name).read_text(encoding="ascii") == text, "python -m firmware_export.sound_tables"


def test_levels_and_logarithms_are_those_of_python(chip: ctypes.CDLL) -> None:
    chip.safu_steps_of.argtypes = chip.safu_log2_of.argtypes = [c_uint32]
    random = np.random.default_rng(0).integers(0, 2**32, 3_000)
    values = np.concatenate([random, np.arange(3_000), 2 ** np.arange(32), 2 ** np.arange(1, 33) - 1])
    assert [chip.safu_steps_of(int(value)) for value in values] == steps_of(values).tolist()
    assert [chip.safu_log2_of(int(value)) for value in values] == log2_of(values).tolist()
    levels = np.arange(256)
    for other in (0, 1, 80, 200, 255):
        assert [chip.safu_sum_of(int(level), other) for level in levels] == sum_of(levels, np.full(256, other)).tolist()


@pytest.mark.parametrize("name", SIGNALS)
def test_frames_are_those_of_python(chip: ctypes.CDLL, name: str) -> None:
    samples = SIGNALS[name]
    assert (HostSpectrum(chip).frames_of(samples) == frames_of(samples)).all()


@pytest.mark.parametrize("name", SIGNALS)
def test_half_the_rate_is_that_of_python(chip: ctypes.CDLL, name: str) -> None:
    samples = SIGNALS[name][:3_001]
    assert HostDecimator(chip).halve(samples).tolist() == Decimator().halve(samples).tolist()


def test_recordings_are_heard_as_python_hears_them(chip: ctypes.CDLL) -> None:
    clips = recorded()
    assert len(clips) > 50
    for name, samples in clips.items():
        assert (HostSpectrum(chip).frames_of(samples) == frames_of(samples)).all(), name


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 40, 3_000, 40_000]), st.lists(st.integers(0, 1_000), max_size=4))
@settings(max_examples=50, deadline=None)
def test_pieces_of_any_noise_are_heard_as_the_whole(seed: int, level: int, cuts: list[int]) -> None:
    random = np.random.default_rng(seed)
    samples = np.clip(random.normal(0, level, 1_000), -32768, 32767).astype(np.int16)
    pieces, spectrum, decimator = np.split(samples, sorted(cuts)), HostSpectrum(_made()), HostDecimator(_made())
    assert (np.concatenate([spectrum.frames_of(piece) for piece in pieces]) == frames_of(samples)).all()
    halved = np.concatenate([decimator.halve(piece) for piece in pieces])
    assert halved.tolist() == Decimator().halve(samples).tolist()


@cache
def _made() -> ctypes.CDLL:
    with library() as made:
        return made
