"""What every microphone promises, with and without a sound card in the machine."""

from __future__ import annotations

import ctypes.util
import itertools
import time
from collections.abc import Callable

import pytest

from device.audio.microphone import SoundCardMicrophone
from device.audio.recording import RecordingMicrophone, silence
from device.messages import FRAME_BYTES, FRAME_MS
from device.protocols import Microphone


def sound_card() -> Microphone:
    if ctypes.util.find_library("portaudio") is None:
        pytest.skip("libportaudio2 is not installed")
    return SoundCardMicrophone("")


MAKERS: dict[str, Callable[[], Microphone]] = {
    "sound card": sound_card,
    "recording": lambda: RecordingMicrophone([silence(2_000)]),
    "recording in real time": lambda: RecordingMicrophone([silence(2_000)], realtime=True),
}
FRAMES = 25


@pytest.fixture(params=MAKERS)
def microphone(request: pytest.FixtureRequest) -> Microphone:
    return MAKERS[request.param]()


def test_frames_are_whole_and_without_gaps(microphone: Microphone) -> None:
    frames = list(itertools.islice(microphone.frames(), FRAMES))
    microphone.close()
    assert [f.ended_ms for f in frames] == [FRAME_MS * n for n in range(1, FRAMES + 1)]
    assert {len(f.pcm) for f in frames} == {FRAME_BYTES}


def test_closing_twice_ends_the_frames(microphone: Microphone) -> None:
    frames = microphone.frames()
    next(frames)
    microphone.close()
    microphone.close()
    assert len(list(itertools.islice(frames, FRAMES))) <= 1


@pytest.mark.parametrize("name", ["sound card", "recording in real time"])
def test_frames_are_a_clock(name: str) -> None:
    microphone = MAKERS[name]()
    started_s = time.monotonic()
    for _ in itertools.islice(microphone.frames(), FRAMES):
        pass
    microphone.close()
    assert time.monotonic() - started_s >= 0.8 * FRAMES * FRAME_MS / 1000
