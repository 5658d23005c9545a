"""Sentences as a recogniser hears them: spoken by Flite, written down by PocketSphinx, which knows no phrase of them.

It guesses among everyday words alone, as in a house where nothing has been announced or taught yet: the worst case.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from rich.progress import Progress

from device.audio.recording import load_pcm16
from device.messages import FRAME_SAMPLES
from device.transcribers.pocketsphinx import PocketSphinxTranscriber

Words = tuple[str, ...]
_VOICE = "slt"


def as_heard(said: Iterable[Words], progress: Progress) -> dict[Words, Words]:
    """What is written down of each sentence. Ends the program if there is no synthesiser."""
    if shutil.which("flite") is None:
        sys.exit("flite is not installed, and --full lets it speak; type: apt-get install flite")
    transcriber = PocketSphinxTranscriber()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spoken.wav"
        return {words: _heard(words, file, transcriber) for words in progress.track(list(said), description="speech")}


def _heard(words: Words, file: Path, transcriber: PocketSphinxTranscriber) -> Words:
    subprocess.run(["flite", "-voice", _VOICE, "-t", " ".join(words), "-o", str(file)], check=True)
    sound = load_pcm16(file)
    transcriber.start()
    for begin in range(0, len(sound), FRAME_SAMPLES):
        transcriber.transcribe(sound[begin : begin + FRAME_SAMPLES].tobytes())
    return transcriber.finish()
