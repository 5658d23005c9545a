"""The streaming model in C on this machine, called from Python: how it is compared with the integer reference.

Left out: boards (`emulator.py`), models of intents (`host.py`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from ctypes import c_int, c_size_t, c_uint32

import numpy as np
import numpy.typing as npt

from device.errors import ExportError

_STREAM_BYTES = 256
"""More than a `safu_stream` takes on any machine."""


class HostStream:
    """A streaming model as a chip runs it. Raises `ExportError`, naming the status, for whatever is refused."""

    def __init__(self, made: ctypes.CDLL, image: bytes, outputs: int) -> None:
        made.safu_stream_bytes.restype = c_size_t
        made.safu_stream_best.restype = c_uint32
        self._library = made
        self._image = np.frombuffer(image + bytes(-len(image) % 4), np.uint32).copy()
        self._stream = ctypes.create_string_buffer(_STREAM_BYTES)
        self._check(made.safu_stream_open(self._stream, ctypes.c_void_p(self._image.ctypes.data), c_size_t(len(image))))
        self._memory = np.zeros(made.safu_stream_bytes(self._stream) // 4 + 1, np.uint32)
        self._outputs = outputs
        self.begin()

    def begin(self, memory_bytes: int | None = None) -> None:
        """Begin a dialogue, with so much of the memory, or all of it."""
        memory_bytes = self._memory.nbytes if memory_bytes is None else memory_bytes
        at = ctypes.c_void_p(self._memory.ctypes.data)
        self._check(self._library.safu_stream_begin(self._stream, at, c_size_t(memory_bytes)))

    def step(self, token: int) -> None:
        """Hear a token."""
        self._check(self._library.safu_stream_step(self._stream, c_uint32(token)))

    def best(self) -> int:
        """The likeliest output."""
        return int(self._library.safu_stream_best(self._stream))

    def logits(self) -> npt.NDArray[np.int32]:
        """(C,)"""
        padded = np.zeros(-(-self._outputs // 4) * 4, np.int32)
        for row in range(0, self._outputs, 4):
            at = ctypes.c_void_p(padded[row:].ctypes.data)
            self._library.safu_stream_four_logits(self._stream, c_uint32(row), at)
        return padded[: self._outputs]

    def answers(self, tokens: Sequence[int]) -> Iterator[npt.NDArray[np.int32]]:
        """Logits after each token of a dialogue."""
        self.begin()
        for token in tokens:
            self.step(token)
            yield self.logits()

    def _check(self, status: int) -> None:
        if status:
            name = self._library.safu_status_name(c_int(status)).decode()
            raise ExportError(f"the chip refuses the model or token: {name}")
