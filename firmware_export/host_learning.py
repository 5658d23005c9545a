"""`safu_learn.c` on this machine: learning as a chip does it, called from Python.

It is how the C is compared with `device/safu/integer_counts.py` without a board. Left out: slots (`host_slots.py`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import POINTER, Structure, c_bool, c_char_p, c_int, c_size_t, c_uint16, c_uint32, c_void_p

import numpy as np

from device.safu.integer_counts import LessonError
from firmware_export.host import Word

_MOST_SAID = 129


class _Learn(Structure):
    """`safu_learn`"""

    _fields_ = tuple((name, c_void_p) for name in ("head", "totals", "lessons", "phrases", "counts"))


class Said(Structure):
    """`safu_said`"""

    _fields_ = (
        ("before", c_uint32),
        *((name, c_uint16) for name in ("words", "count", "end")),
        *((name, c_bool) for name in ("has_ended", "end_is_new")),
        ("features", c_uint16 * _MOST_SAID),
    )

    def listed(self) -> tuple[int, ...]:
        """The features."""
        return tuple(self.features[: self.count])


class HostLearning:
    """Raises `LessonError` for everything that the chip refuses, and changes nothing then."""

    def __init__(self, made: ctypes.CDLL, rows: int, actions: int, phrases: int, nothing: int = 0) -> None:
        made.safu_learn_bytes.restype = c_size_t
        made.safu_said_word.argtypes = [POINTER(Said), Word]
        made.safu_learn_begin.argtypes = [POINTER(_Learn), c_void_p, c_size_t, *[c_uint32] * 4]
        made.safu_learn_resume.argtypes = [POINTER(_Learn), c_void_p, c_size_t]
        made.safu_learn_answer.argtypes = [POINTER(_Learn), POINTER(Said), c_void_p, c_uint32, c_void_p]
        self._library = made
        self._learn = _Learn()
        size = made.safu_learn_bytes(rows, actions, phrases)
        self._memory = np.full(size // 4, 0xA5A5A5A5, np.uint32)
        self._check(made.safu_learn_begin(self._learn, self._memory.ctypes.data, size, rows, actions, phrases, nothing))
        self.actions = actions
        self.said = Said()

    def resume(self, state: bytes) -> None:
        """Go on from what was saved."""
        memory = np.frombuffer(state.ljust(-(-len(state) // 4) * 4, b"\0"), np.uint32).copy()
        learn = _Learn()
        self._check(self._library.safu_learn_resume(learn, memory.ctypes.data, len(state)))
        self._learn, self._memory = learn, memory

    def hear(self, line: bytes, *, ended: bool = True) -> None:
        """A sentence from its beginning."""
        left, word = Word.of(line), Word()
        self._library.safu_said_begin(ctypes.byref(self.said))
        while self._library.safu_next_word(left, word):
            self._library.safu_said_word(self.said, word)
        if ended:
            self.end()

    def word(self, word: bytes) -> None:
        """One more word."""
        self._library.safu_said_word(self.said, Word.of(word))

    def end(self) -> None:
        """No more words are to come."""
        self._library.safu_said_end(ctypes.byref(self.said))

    def learn_one(self, action: int) -> None:
        """What was heard means that."""
        self._check(self._library.safu_learn_one(ctypes.byref(self._learn), ctypes.byref(self.said), c_uint32(action)))

    def unlearn_one(self, action: int) -> None:
        """The inverse."""
        done = self._library.safu_unlearn_one(ctypes.byref(self._learn), ctypes.byref(self.said), c_uint32(action))
        self._check(done)

    def logits(self, slow: Sequence[int] = ()) -> list[int]:
        """(actions,), of what was heard."""
        known, found = np.array(slow, np.int32), np.zeros(self.actions, np.int32)
        at = known.ctypes.data if len(slow) else None
        self._check(self._library.safu_learn_answer(self._learn, self.said, at, len(slow), found.ctypes.data))
        listed: list[int] = found.tolist()
        return listed

    def state(self) -> bytes:
        """Its memory."""
        return self._memory.tobytes()

    def _check(self, status: int) -> None:
        if status:
            self._library.safu_status_name.restype = c_char_p
            raise LessonError(self._library.safu_status_name(c_int(status)).decode())
