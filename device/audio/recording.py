"""The microphone's double: recordings as the same frames, as fast as they are asked for or in real time.

Everything libsndfile reads (WAV, FLAC, Ogg, ...), at any rate and with any number of channels, becomes mono 16 kHz.
Left out: compressed formats libsndfile does not know; `ffmpeg -i FILE FILE.wav` helps.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from device.audio.resample import Resampler, to_mono
from device.errors import RecordingError
from device.messages import FRAME_BYTES, FRAME_MS, SAMPLE_RATE_HZ, Frame

Segment = str | Path | NDArray[np.int16]


class RecordingMicrophone:
    """A `Microphone` that plays recordings, or samples at 16 kHz, one after the other; then it ends.

    With `realtime`, a frame is not yielded before its sound would have been heard.
    Raises `RecordingError` naming the file, at construction.
    """

    def __init__(self, segments: Sequence[Segment], *, realtime: bool = False) -> None:
        self._samples = [s if isinstance(s, np.ndarray) else load_pcm16(s) for s in segments]
        self._realtime = realtime
        self._closed = threading.Event()

    @property
    def duration_ms(self) -> int:
        """How long it plays, the silence that fills the last frame included."""
        samples = sum(len(s) for s in self._samples)
        return FRAME_MS * -(-samples * 2 // FRAME_BYTES)

    def frames(self) -> Iterator[Frame]:
        pcm = b"".join(s.astype("<i2").tobytes() for s in self._samples)
        started_s = time.monotonic()
        for number, at in enumerate(range(0, len(pcm), FRAME_BYTES), 1):
            ended_ms = number * FRAME_MS
            wait_s = started_s + ended_ms / 1000 - time.monotonic() if self._realtime else 0.0
            if self._closed.wait(max(0.0, wait_s)):
                return
            yield Frame(pcm[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\0"), ended_ms)

    def close(self) -> None:
        self._closed.set()


def silence(duration_ms: int) -> NDArray[np.int16]:
    """Nothing to be heard for so long, to be put between two recordings."""
    return np.zeros(SAMPLE_RATE_HZ * duration_ms // 1000, np.int16)


def load_pcm16(path: str | Path) -> NDArray[np.int16]:
    """A recording as mono int16 at 16 kHz. Raises `RecordingError` naming the file.

    What lies beyond full scale in a file of floats is clipped, not wrapped around.
    """
    try:
        with soundfile.SoundFile(path) as file:
            resampler = Resampler(file.samplerate)
            # Piece by piece: a header may promise a terabyte that is not there.
            pieces = [resampler.resample(32768 * to_mono(np.nan_to_num(piece))) for piece in _pieces(file)]
            promised = _missing_bytes(file.extra_info)
    except (OSError, soundfile.SoundFileError, ValueError) as error:
        raise RecordingError(f"cannot read the recording {path}: {_reason(Path(path), error)}", hint=_HINT) from error
    if promised:
        raise RecordingError(f"the recording {path} is cut off: {promised} bytes are missing at its end", hint=_HINT)
    samples = np.concatenate([*pieces, resampler.finish()])
    if not len(samples):
        raise RecordingError(f"the recording {path} holds no sound", hint=_HINT)
    return samples


def save_pcm16(path: str | Path, samples: NDArray[np.int16]) -> None:
    """Write mono sound at 16 kHz as a WAV file. Raises `RecordingError` naming the file."""
    try:
        soundfile.write(path, samples, SAMPLE_RATE_HZ, subtype="PCM_16", format="WAV")
    except (OSError, soundfile.SoundFileError) as error:
        raise RecordingError(f"cannot write the recording {path}: {error}", hint="is its folder there?") from error


_HINT = "record another with: safu doctor --record FILE.wav"
_SAMPLES_PER_PIECE = 1 << 16
_SIZE_UNKNOWN_BYTES = 0x7F000000
"""Programs that write to a pipe cannot know the size and put something huge in the header."""


def _pieces(file: soundfile.SoundFile) -> Iterator[NDArray[np.float32]]:
    while len(piece := file.read(_SAMPLES_PER_PIECE, dtype="float32", always_2d=True)):
        yield piece


def _missing_bytes(log: str) -> int:
    r"""How much less is there than the header of a WAV or AIFF file promises, by libsndfile's log of reading it.

    >>> _missing_bytes("RIFF : 64036 (should be 992)\ndata : 64000 (should be 956)")
    63044
    >>> _missing_bytes("data : 2147483648 (should be 956)")
    0
    """
    found = re.search(r"(?:data|SSND) : (\d+) \(should be (\d+)\)", log)
    promised, there = map(int, found.groups()) if found else (0, 0)
    return max(0, promised - there) if promised < _SIZE_UNKNOWN_BYTES else 0


def _reason(path: Path, error: Exception) -> str:
    """Libsndfile calls everything it cannot open a system error; say what it is."""
    if path.is_dir():
        return "it is a folder"
    if not path.exists():
        return "there is no such file"
    try:
        with path.open("rb") as file:
            return "it is empty" if not file.read(1) else f"it is damaged or no sound file ({error})"
    except OSError as cause:
        return cause.strerror or str(cause)
