"""Recordings of every sort become the same frames, or an error that names the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from device.audio.recording import RecordingMicrophone, load_pcm16, silence
from device.audio.resample import resample_all
from device.audio.voice_activity import silero_behind_gate
from device.demo.script import load_manifest
from device.errors import RecordingError
from device.messages import FRAME_BYTES, FRAME_MS


def tone(rate_hz: int, frequency_hz: float, seconds: float = 0.5) -> np.ndarray:
    return np.sin(2 * np.pi * frequency_hz * np.arange(int(rate_hz * seconds)) / rate_hz) * 0.5


@pytest.mark.parametrize(("rate_hz", "channels"), [(48_000, 2), (8_000, 1), (44_100, 1), (16_000, 1)])
def test_any_rate_and_channels(tmp_path: Path, rate_hz: int, channels: int) -> None:
    path = tmp_path / "tone.wav"
    soundfile.write(path, np.column_stack([tone(rate_hz, 440)] * channels), rate_hz)
    samples = load_pcm16(path)
    assert len(samples) == pytest.approx(8_000, abs=2)
    assert np.abs(samples).max() == pytest.approx(16_384, rel=0.05)


@pytest.mark.parametrize("content", [b"", b"no sound", b"RIFF\x00\x00"])
def test_what_is_no_recording_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"broken\.wav"):
        RecordingMicrophone([path])
    with pytest.raises(RecordingError, match="no such file"):
        load_pcm16(tmp_path / "none.wav")


def test_a_truncated_recording_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    soundfile.write(path, tone(16_000, 440, 2.0), 16_000)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(RecordingError, match=r"cut\.wav is cut off"):
        load_pcm16(path)


def test_frames_are_whole_and_without_gaps() -> None:
    frames = list(RecordingMicrophone([silence(100), np.ones(700, np.int16)]).frames())
    assert {len(frame.pcm) for frame in frames} == {FRAME_BYTES}
    assert [frame.ended_ms for frame in frames] == [FRAME_MS * n for n in range(1, len(frames) + 1)]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([8_000, 11_025, 22_050, 44_100, 48_000, 96_000]), st.integers(1, 5_000))
def test_resampling_keeps_time(rate_hz: int, count: int) -> None:
    assert len(resample_all(np.zeros(count), rate_hz)) == -(-count * 16_000 // rate_hz)


@pytest.mark.parametrize(
    ("frequency_hz", "kept"), [(300, 1.0), (3_000, 1.0), (6_500, 1.0), (9_000, 0.0), (15_000, 0.0)]
)
def test_tones_are_kept_and_aliases_removed(frequency_hz: float, kept: float) -> None:
    resampled = resample_all(10_000 * tone(48_000, frequency_hz), 48_000).astype(float)[500:-500]
    assert np.sqrt(np.mean(resampled**2)) / (5_000 / np.sqrt(2)) == pytest.approx(kept, abs=0.03)


def first_speech_ms(path: Path) -> int | None:
    detector = silero_behind_gate()
    for frame in RecordingMicrophone([silence(500), path]).frames():
        if detector.is_speech(frame.pcm):
            return frame.ended_ms - 500
    return None


def test_the_start_of_speech_is_found_and_noise_is_not_speech() -> None:
    for recording in load_manifest():
        if recording.kind == "lesson":
            found_ms = first_speech_ms(recording.path)
            assert found_ms is not None, recording.file
            assert found_ms - recording.speech_started_ms < 300, recording.file
        elif recording.text in ("white noise", "brown noise", "hum"):
            assert first_speech_ms(recording.path) is None, recording.file


@pytest.mark.parametrize("sample", [0, 32_767, -32_768, 5_000])
def test_constant_sound_is_not_speech(sample: int) -> None:
    detector = silero_behind_gate()
    frame = np.full(512, sample, "<i2").tobytes()
    assert not any(detector.is_speech(frame) for _ in range(100))
