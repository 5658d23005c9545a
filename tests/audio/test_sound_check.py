"""What a microphone may deliver instead of sound, and what it may not be accused of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from device.audio.recording import load_pcm16
from device.audio.sound_check import SoundCheck, fault_of
from device.demo.script import Recording, load_manifest
from device.messages import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_RATE_HZ

Floats = npt.NDArray[np.float64]
SECONDS = np.arange(8 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ


def room(level: float, seconds: int = 8) -> Floats:
    return np.random.default_rng(0).normal(0, level, SAMPLE_RATE_HZ * seconds)


def mains(hz: float, peak: float) -> Floats:
    harmonics: Floats = np.sum([np.sin(2 * np.pi * hz * n * SECONDS) / n for n in (1, 3, 5)], axis=0)
    return peak * harmonics + room(20)


FAULTY = {
    "digital silence": (np.zeros(SAMPLE_RATE_HZ), "silent"),
    "a constant": (np.full(SAMPLE_RATE_HZ, 12_000.0), "silent"),
    "a flicker": (np.arange(SAMPLE_RATE_HZ) % 2 - 1.0, "silent"),
    "no samples": (np.zeros(0), "silent"),
    "an offset": (room(20) - 6_000, "offset"),
    "hum": (mains(50, 1_000), "hum"),
    "hum of 60 Hz": (mains(60, 1_000), "hum"),
    "hum while mains are slow": (mains(49.9, 1_000), "hum"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_faults_are_found(name: str) -> None:
    samples, kind = FAULTY[name]
    fault = fault_of(np.rint(samples).astype(np.int16))
    assert fault is not None
    assert fault.kind == kind


@pytest.mark.parametrize("samples", [room(2), room(3_000), mains(50, 60), 3_000 * np.sin(2_765 * SECONDS) + room(5)])
def test_what_is_no_fault_is_none(samples: Floats) -> None:
    assert fault_of(np.rint(samples).astype(np.int16)) is None


@pytest.mark.parametrize("recording", [r for r in load_manifest() if r.voice != "sox"][::7], ids=lambda r: r.file)
def test_no_voice_is_a_fault(recording: Recording) -> None:
    assert fault_of(load_pcm16(recording.path)) is None


def heard(*levels: float) -> list[str]:
    check = SoundCheck()
    pcm = np.concatenate([np.rint(room(level)).astype("<i2") for level in levels]).tobytes()
    frames = [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]
    return [fault.kind for frame in frames if (fault := check.hear(frame))]


def test_another_microphone_is_noticed_once() -> None:
    assert heard(20, 20, 200, 200, 20) == ["changed", "changed"]


def test_an_outage_is_no_other_microphone() -> None:
    assert heard(20, 0, 20) == ["silent"]


def test_a_little_louder_is_the_same_room() -> None:
    assert heard(20, 50, 20) == []


def test_a_stretch_is_eight_seconds() -> None:
    check, frame = SoundCheck(), bytes(2 * FRAME_SAMPLES)
    assert [check.hear(frame) is not None for _ in range(251)].index(True) == 249
