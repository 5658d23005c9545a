"""Signals that a chip must hear as Python does: ordinary ones, and the worst that a microphone can give."""

from __future__ import annotations

import numpy as np
import soundfile

from device.acoustic.decimator import Decimator
from firmware_export.host import RUNTIME
from firmware_export.host_sound import Samples
from tests.acoustic import made_up

_RECORDINGS = RUNTIME.parents[1] / "device" / "demo" / "recordings"


def recorded(pattern: str = "*") -> dict[str, Samples]:
    """8 kHz, by name: what is committed."""
    paths = sorted(_RECORDINGS.glob(f"{pattern}.flac"))
    return {path.stem: Decimator().halve(soundfile.read(path, dtype="int16")[0]) for path in paths}


def signals() -> dict[str, Samples]:
    """Two seconds each, by name."""
    random, at = np.random.default_rng(0), np.arange(16_000)
    waves = {
        "silence": np.zeros(len(at)),
        "highest": np.full(len(at), 32767),
        "lowest": np.full(len(at), -32768),
        "square": np.where(at // 10 % 2, 32767, -32768),
        "fastest": np.where(at % 2, 32767, -32768),
        "clicks": np.where(at % 997 == 0, -32768, 0),
        "hum": 30_000 * np.sin(2 * np.pi * 50 * at / 8_000),
        "hum below all": np.where(at % 160 < 80, 1, -1),
        **{f"noise {level}": random.normal(0, level, len(at)) for level in (1, 3, 40, 700, 9_000, 60_000)},
        **{f"tone {hz}": 32_767 * np.sin(2 * np.pi * hz * at / 8_000) for hz in range(100, 4_000, 430)},
        "words": made_up.stream([0, 1, 2, 3], random),
    }
    return {name: np.clip(np.rint(wave), -32768, 32767).astype(np.int16) for name, wave in waves.items()}
