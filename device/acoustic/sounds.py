"""Sounds as words: one word for the room before, then one for every frame, so that a lesson can be kept as any other.

A word is `~` and the frame's 20 bytes in base 64. A longer utterance begins with the words of a shorter one, so that
partial hypotheses work as with speech in words. What is kept are levels of 20 bands every 20 ms: no voice can be played
from them, but what was said might be guessed. Left out: sound itself, which is never kept.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

import numpy as np

from device.acoustic.end_pointer import Sound
from device.acoustic.spectrum import BANDS, FRAME_MS, Frames

_MARK = "~"
_LETTERS = 27
"""Of 20 bytes, without the padding."""


def encode(sound: Sound) -> tuple[str, ...]:
    """The words of a sound.

    >>> sound = Sound(np.full(20, 40, np.uint8), np.zeros((2, 20), np.uint8))
    >>> encode(sound)[0], len(encode(sound))
    ('~KCgoKCgoKCgoKCgoKCgoKCgoKCg', 3)
    >>> described(encode(sound))
    '(a sound of 0.04 s)'
    """
    return tuple(encode_one(frame) for frame in (sound.room, *sound.frames))


def encode_one(frame: Frames) -> str:
    """The word of a (BANDS,) frame."""
    return _MARK + urlsafe_b64encode(frame.tobytes()).decode().rstrip("=")


def decode(words: Sequence[str]) -> Sound | None:
    """The sound of these words; None if they are words of another kind."""
    if not is_sound(words):
        return None
    levels = b"".join(urlsafe_b64decode(word[1:] + "=") for word in words)
    frames = np.frombuffer(levels, np.uint8).reshape(-1, BANDS)
    return Sound(frames[0], frames[1:])


def is_sound(words: Sequence[str]) -> bool:
    """Whether these are the words of a sound."""
    return bool(words) and all(word[:1] == _MARK and len(word) == 1 + _LETTERS for word in words)


def described(words: Sequence[str]) -> str:
    """What people are shown of words."""
    return f"(a sound of {(len(words) - 1) * FRAME_MS / 1000:.2f} s)" if is_sound(words) else " ".join(words)
