"""Make the recordings of the demonstration without a recogniser: six words of no language, said by one voice.

    python -m scripts.make_sound_recordings [--out FOLDER]

Needs flite and sox. Each word is said six times, slower or faster: three takes teach, three are scored. Scaling,
silence and noise are those of `make_recordings.py`. Left out: how people vary what they say; the digits of
`benchmarks/acoustic` are people.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from device.demo.script import SOUNDS
from scripts.make_recordings import (
    NOISE,
    RATE_HZ,
    STEP,
    Sound,
    decode,
    framed,
    raw_output,
    scaled,
    speech_bounds,
    write_manifest,
)

VOICE = "rms"
WORDS = {
    ("kitchen_light", "on"): "looma",
    ("kitchen_light", "off"): "nokto",
    ("ceiling_fan", "on"): "vento veer",
    ("ceiling_fan", "off"): "hapla",
    ("bedroom_light", "on"): "sorina",
    ("bedroom_light", "off"): "dormeetzi",
}
STRETCHES = (1.0, 1.12, 0.9, 1.06, 0.94, 1.16)
LESSONS = 3


def said(text: str, stretch: float) -> Sound:
    """One take."""
    with tempfile.TemporaryDirectory() as folder:
        spoken = str(Path(folder) / "spoken.wav")
        slower = ["--setf", f"duration_stretch={stretch}"]
        subprocess.run(["flite", "-voice", VOICE, *slower, "-t", text, "-o", spoken], check=True, capture_output=True)
        resample = ["sox", "-D", spoken, *raw_output(), "gain", "-3", "rate", "-h", str(RATE_HZ)]
        return framed(scaled(decode(subprocess.run(resample, check=True, capture_output=True))))


def recordings(folder: Path) -> Iterator[dict[str, Any]]:
    """Write every take; yield its line of the manifest."""
    for (device, command), text in WORDS.items():
        for number, stretch in enumerate(STRETCHES):
            kind = "lesson" if number < LESSONS else "command"
            file = f"{kind}_{device}_{command}_{number + 1}.flac"
            sound = said(text, stretch)
            begin, end = speech_bounds(sound)
            noise = np.random.default_rng(zlib.crc32(file.encode())).normal(0.0, NOISE, sound.size)
            pcm = (np.round((sound + noise) * (32767 / STEP)) * STEP).astype(np.int16)
            soundfile.write(folder / file, pcm, RATE_HZ, "PCM_16", format="FLAC", compression_level=1.0)
            yield {
                "file": file,
                "kind": kind,
                "voice": f"flite {VOICE}",
                "text": text,
                "action": {"device": device, "command": command, "value": None},
                "wording": "same" if kind == "command" else None,
                "speech_started_ms": begin * 1000 // RATE_HZ,
                "speech_ended_ms": -(-end * 1000 // RATE_HZ),
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=SOUNDS, help="where to (default: device/demo/recordings/sounds)")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    entries = list(recordings(folder))
    write_manifest(folder / "manifest.json", entries)
    print(f"{len(entries)} recordings in {folder}")


if __name__ == "__main__":
    main()
