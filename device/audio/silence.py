"""A microphone that hears nothing, in real time: the clock of an assistant that is told what was said.

Left out: catching up without end. A process that was stopped for an hour does not owe an hour of silence.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from device.messages import FRAME_BYTES, FRAME_MS, Frame

_FRAME_S = FRAME_MS / 1000
_LONGEST_CATCH_UP_S = 4.0


class Silence:
    """A `Microphone`."""

    def __init__(self) -> None:
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        due_s, ended_ms = time.monotonic(), 0
        while True:
            due_s = max(due_s + _FRAME_S, time.monotonic() - _LONGEST_CATCH_UP_S)
            if self._closed.wait(max(0.0, due_s - time.monotonic())):
                return
            ended_ms += FRAME_MS
            yield Frame(bytes(FRAME_BYTES), ended_ms)

    def close(self) -> None:
        self._closed.set()
