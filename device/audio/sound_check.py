"""Is what the microphone delivers honest sound? Looked at every eight seconds, whatever the recogniser is.

    silent    every sample is the same            dead, muted, or unplugged behind the sound card
    offset    its mean is far from zero           a broken input
    hum       most of it is mains and harmonics   a cable or a power supply
    changed   its quietest part is 12 dB louder or softer than it was: another microphone, another level, music

One thing is said of a stretch, the first in this order. Left out: clipping, which is judged where it does harm, word by
word (`device/transcribers/acoustic.py`); a card that goes away (`microphone.py`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.messages import FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE_HZ

Samples = NDArray[np.int16]
_FULL_SCALE = 32768
_STRETCH_FRAMES = 8_000 // FRAME_MS
_SAME = 2
"""Steps that a dead input may flicker by."""
_OFFSET = 0.1
"""Of full scale."""
_HUM_SHARE = 0.5
_HUM_LEAST = 100
"""Root mean square in 16-bit units, 50 dB below full scale: less harms nobody."""
_MAINS_HZ = (50, 60)
_HARMONICS = 10
_CHANGE_DB = 12.0
_QUIETEST = 5.0
"""Root mean square of a good microphone in a silent room."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a stretch of sound: a kind of `device/troubles.py`, and in words."""

    kind: str
    what: str


def fault_of(samples: Samples) -> Fault | None:
    """What is wrong with (N,) samples at 16 kHz, if anything is.

    >>> fault_of(np.full(16_000, -1, np.int16)).kind
    'silent'
    """
    if not len(samples) or int(samples.max()) - int(samples.min()) <= _SAME:
        return Fault("silent", "the microphone delivers no sound at all, not even the noise of a room")
    offset = float(samples.mean()) / _FULL_SCALE
    if abs(offset) > _OFFSET:
        return Fault("offset", f"the microphone has an offset of {abs(offset):.0%} of full scale")
    level = float(samples.std())
    if level <= _HUM_LEAST:  # spectra cost more than all other checks, and most of the day is quiet
        return None
    share, mains_hz = max((share, mains_hz) for mains_hz, share in _hum_shares(samples).items())
    if share > _HUM_SHARE and math.sqrt(share) * level > _HUM_LEAST:
        return Fault("hum", f"the microphone hums: {share:.0%} of what it delivers is {mains_hz} Hz and its harmonics")
    return None


def _hum_shares(samples: Samples) -> dict[int, float]:
    """Of the power, what lies in the bins of each mains and its harmonics, one hertz wide."""
    seconds = samples[: len(samples) // SAMPLE_RATE_HZ * SAMPLE_RATE_HZ].reshape(-1, SAMPLE_RATE_HZ)
    spectra = np.fft.rfft(seconds)  # (seconds, 8001), a bin a hertz
    powers = (spectra.real**2 + spectra.imag**2).sum(axis=0)
    whole = max(1.0, float(powers[1:].sum()))
    return {hz: float(powers[hz : hz * _HARMONICS + 1 : hz].sum()) / whole for hz in _MAINS_HZ}


class SoundCheck:
    """To be fed every frame."""

    def __init__(self) -> None:
        self._heard: list[bytes] = []
        self._floor = 0.0

    def hear(self, pcm: bytes) -> Fault | None:
        """Take one frame; at the end of a stretch, return what was wrong with it."""
        self._heard.append(pcm)
        if len(self._heard) < _STRETCH_FRAMES:
            return None
        samples = np.frombuffer(b"".join(self._heard), "<i2").astype(np.int16)
        self._heard.clear()
        return fault_of(samples) or self._change(samples)

    def _change(self, samples: Samples) -> Fault | None:
        levels = np.sort(samples.reshape(-1, FRAME_SAMPLES).std(axis=1))
        before, self._floor = self._floor, max(_QUIETEST, float(levels[len(levels) // 10]))
        change_db = 20 * math.log10(self._floor / before) if before else 0.0
        if abs(change_db) < _CHANGE_DB:
            return None
        how = f"{abs(change_db):.0f} dB {'louder' if change_db > 0 else 'softer'}"
        return Fault(
            "changed", f"the room is {how} than before: another microphone, another level, or something that goes on"
        )
