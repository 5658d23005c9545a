"""No recogniser: the words of an utterance are its frames (`device/acoustic`), in any language or none.

An utterance begins with the look-back of the listener: its first frames are the room, which is the first word. What is
clipped or longer than any command is lost with an error, so that nobody learns from it. Left out: what the sounds mean
(`device/sound_anticipator.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from device.acoustic.decimator import Decimator
from device.acoustic.end_pointer import LONGEST, LOOK_BACK, QUIETEST_ROOM, EndPointer
from device.acoustic.sounds import encode_one
from device.acoustic.spectrum import HOP, Frames, frames_of
from device.errors import UnfitSoundError
from device.messages import Device
from device.troubles import HINTS

LOOK_BACK_MS = 480
"""What the listener is to remember of the room: 14 frames of room, and `LOOK_BACK` that may belong to the word."""
HANGOVER_MS = 480
"""No shorter than the look-back, or the end of one command were the room of the next."""
_ROOM = 12
_MOST = LONGEST + LOOK_BACK + HANGOVER_MS // 20
_FULL_SCALE = 32_000
_CLIPPED_SHARE = 0.03
"""Of the samples so far; the peaks of a loud voice may be. Judged at once, or it would be acted on early."""


class _Frames:
    """16 kHz samples in pieces of any size, to frames."""

    def __init__(self) -> None:
        self._decimator = Decimator()
        self._held = np.zeros(0, np.int16)
        self._before = 0

    def hear(self, pcm: bytes) -> Frames:
        """(T, BANDS): the frames that are complete now."""
        self._held = np.concatenate([self._held, self._decimator.halve(np.frombuffer(pcm, "<i2"))])
        frames = frames_of(self._held, self._before)
        used = len(frames) * HOP
        if used:
            self._before = int(self._held[used - 1])
            self._held = self._held[used:]
        return frames


class AcousticTranscriber:
    """A `Transcriber` of frames; the first words come as soon as the room is known."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self._frames = _Frames()
        self._heard: list[Frames] = []
        self._words: tuple[str, ...] = ()
        self._samples = self._clipped = 0

    def transcribe(self, pcm: bytes) -> tuple[str, ...]:
        samples = np.abs(np.frombuffer(pcm, "<i2").astype(np.int32))
        self._samples += len(samples)
        self._clipped += int((samples >= _FULL_SCALE).sum())
        new = list(self._frames.hear(pcm))
        if self._words:
            self._words += tuple(encode_one(frame) for frame in new)
        self._heard += new
        if not self._words and len(self._heard) >= _ROOM:
            mean = np.stack(self._heard[:_ROOM]).astype(np.int64).sum(axis=0) // _ROOM
            room = np.maximum(mean, QUIETEST_ROOM)
            self._words = tuple(encode_one(frame) for frame in (room.astype(np.uint8), *self._heard[_ROOM:]))
        if (share := self._clipped / max(1, self._samples)) > _CLIPPED_SHARE:
            raise UnfitSoundError(
                f"the microphone is overloaded: {share:.0%} of a sound is clipped",
                kind="overloaded",
                hint=HINTS["overloaded"],
            )
        if len(self._heard) > _MOST:
            raise UnfitSoundError(
                "a sound does not end: it is talk, a machine or a tap, and no command", kind="talk", hint=HINTS["talk"]
            )
        return self._words

    def finish(self) -> tuple[str, ...]:
        words = self._words
        self.start()
        return words

    def expect(self, devices: Sequence[Device], taught: Sequence[tuple[str, ...]]) -> None:
        """Nothing: a sound may be anything."""


class SoundDetector:
    """A `VoiceDetector` for any sound, whistles and clicks of the tongue too: louder than the room, for at most 3 s."""

    def __init__(self) -> None:
        self.reset()

    def is_speech(self, pcm: bytes) -> bool:
        is_sounding = False
        for frame in self._frames.hear(pcm):
            self._pointer.hear(frame)
            is_sounding |= self._pointer.is_sounding
        return is_sounding

    def reset(self) -> None:
        self._frames, self._pointer = _Frames(), EndPointer()
