"""Ears that are told what is said: a voice detector and a transcriber without sound.

A spoken sentence is a row of loud frames; its words appear one by one, then there is silence. Nobody speaks while
somebody else does: who wants to waits for the end of the sentence.
"""

from __future__ import annotations

from collections.abc import Sequence

from device.messages import FRAME_BYTES, Device

_FRAMES_PER_WORD = 9
_SILENCE, _SOUND = bytes(FRAME_BYTES), b"\1" * FRAME_BYTES


class Ears:
    """A `VoiceDetector` and a `Transcriber`; also the mouth of whoever speaks."""

    def __init__(self) -> None:
        self._words: tuple[str, ...] = ()
        self._left = 0
        self._heard = 0

    def say(self, words: Sequence[str]) -> int:
        """Somebody begins to speak; return how many frames it takes."""
        self._words = tuple(words)
        self._left = _FRAMES_PER_WORD * len(words)
        return self._left

    def next_frame(self) -> bytes:
        """The sound of the next frame."""
        if not self._left:
            return _SILENCE
        self._left -= 1
        return _SOUND

    def is_speech(self, pcm: bytes) -> bool:
        """See `VoiceDetector.is_speech`."""
        return pcm[0] != 0

    def reset(self) -> None:
        """See `VoiceDetector.reset`."""

    def start(self) -> None:
        """See `Transcriber.start`."""
        self._heard = 0

    def transcribe(self, pcm: bytes) -> tuple[str, ...]:
        """See `Transcriber.transcribe`."""
        self._heard += pcm[0] != 0
        return self._words[: self._heard // _FRAMES_PER_WORD]

    def finish(self) -> tuple[str, ...]:
        """See `Transcriber.finish`."""
        return self._words[: self._heard // _FRAMES_PER_WORD]

    def expect(self, devices: Sequence[Device], taught: Sequence[tuple[str, ...]]) -> None:
        """See `Transcriber.expect`: these ears need no help."""
