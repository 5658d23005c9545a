"""What every voice detector promises."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from device.audio.recording import load_pcm16
from device.audio.voice_activity import EnergyVoiceDetector, SileroVoiceDetector, silero_behind_gate
from device.demo.script import FOLDER
from device.messages import FRAME_BYTES
from device.protocols import VoiceDetector

SPEECH = load_pcm16(FOLDER / "lesson_kitchen_light_on_1.flac").tobytes()
QUIET = bytes(2 * len(SPEECH))
MAKERS: dict[str, Callable[[], VoiceDetector]] = {
    "silero": SileroVoiceDetector,
    "energy": EnergyVoiceDetector,
    "silero behind a gate": silero_behind_gate,
}


@pytest.fixture(params=MAKERS)
def detector(request: pytest.FixtureRequest) -> VoiceDetector:
    return MAKERS[request.param]()


def flags(detector: VoiceDetector, pcm: bytes) -> list[bool]:
    return [detector.is_speech(pcm[at : at + FRAME_BYTES]) for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)]


def test_speech_is_speech_and_quiet_is_not(detector: VoiceDetector) -> None:
    assert not any(flags(detector, QUIET))
    assert sum(flags(detector, SPEECH)) > 20
    assert not any(flags(detector, QUIET)[8:])


def test_verdicts_are_plain_truth(detector: VoiceDetector) -> None:
    assert {type(flag) for flag in flags(detector, SPEECH)} == {bool}


def test_after_reset_the_same_sound_gets_the_same_verdicts(detector: VoiceDetector) -> None:
    first = flags(detector, SPEECH)
    detector.reset()
    assert flags(detector, SPEECH) == first


@pytest.mark.parametrize("level", [-32_768, -1, 0, 32_767])
def test_a_microphone_that_is_stuck_says_nothing(detector: VoiceDetector, level: int) -> None:
    assert not any(flags(detector, np.full(16_384, level, "<i2").tobytes())[4:])
