"""The detector that safu runs with, on real sound: it wakes for voices, and only for them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from device.audio.recording import RecordingMicrophone, load_pcm16, silence
from device.audio.voice_activity import GatedVoiceDetector, silero_behind_gate
from device.demo.script import FOLDER, Recording, load_manifest
from device.messages import FRAME_MS

LESSONS = [recording for recording in load_manifest() if recording.kind == "lesson"]
NOISES = ["oov_noise_white_noise.flac", "oov_noise_brown_noise.flac", "oov_noise_hum.flac"]
WITHIN_MS = 150


def speech_frames_ms(samples: npt.NDArray[np.int16], detector: GatedVoiceDetector | None = None) -> list[int]:
    """Where the frames begin that are taken for speech."""
    detector = detector or silero_behind_gate()
    frames = RecordingMicrophone([samples]).frames()
    return [frame.ended_ms - FRAME_MS for frame in frames if detector.is_speech(frame.pcm)]


@pytest.mark.parametrize("recording", LESSONS, ids=lambda recording: recording.file)
def test_speech_is_found_where_it_begins(recording: Recording) -> None:
    found_ms = speech_frames_ms(load_pcm16(recording.path))
    assert found_ms, "no speech was found"
    assert abs(found_ms[0] - recording.speech_started_ms) <= WITHIN_MS


@pytest.mark.parametrize("file", NOISES)
def test_noise_is_no_speech(file: str) -> None:
    assert speech_frames_ms(load_pcm16(FOLDER / file)) == []


@pytest.mark.parametrize("level", [0, 8_000, -32_768, 32_767])
def test_a_constant_is_no_speech(level: int) -> None:
    assert speech_frames_ms(silence(3_000) + np.int16(level)) == []


@pytest.mark.parametrize(("gain", "offset"), [(1, 8_000), (20, 0)], ids=["on a DC offset", "clipped"])
def test_spoilt_speech_is_still_speech(gain: int, offset: int) -> None:
    clean = load_pcm16(LESSONS[0].path).astype(np.int32)
    spoilt = np.clip(clean * gain + offset, -32_768, 32_767).astype(np.int16)
    assert len(speech_frames_ms(spoilt)) * FRAME_MS > 500


def test_after_a_reset_it_judges_as_if_new() -> None:
    samples, detector = load_pcm16(LESSONS[0].path), silero_behind_gate()
    first = speech_frames_ms(samples, detector)
    detector.reset()
    assert not detector.is_awake
    assert speech_frames_ms(samples, detector) == first
