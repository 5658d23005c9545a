"""The frame clock of the simulation: what happens next, and which frames are worth stepping through.

Every frame while something is going on; every tenth while a window may still close; and none from there to the frame
before the next happening. So every window opens and closes as it would in real time.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator

from device.messages import FRAME_MS
from device.teacher import CORRECTION_WINDOW_MS, FLIP_WINDOW_MS

_BUSY_MS = 4_000
"""Longer than any change takes to settle."""
_WINDOWS_MS = CORRECTION_WINDOW_MS + FLIP_WINDOW_MS + _BUSY_MS
_STRIDE_MS = 10 * FRAME_MS


class Clock:
    """Happenings in order of time. `now_ms` is the end of the frame that comes next or is under way."""

    def __init__(self) -> None:
        self.now_ms = 0
        self._happenings: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self._active_ms = 0

    def at(self, at_ms: float, happen: Callable[[], None]) -> None:
        """Something happens then, or in the next frame if that is over."""
        self._count += 1
        heapq.heappush(self._happenings, (max(round(at_ms), self.now_ms), self._count, happen))

    def after(self, delay_s: float, happen: Callable[[], None]) -> None:
        """Something happens so many seconds from now."""
        self.at(self.now_ms + 1000 * delay_s, happen)

    def stir(self) -> None:
        """Something has happened that may have consequences."""
        self._active_ms = self.now_ms

    def frames(self, until_ms: int) -> Iterator[int]:
        """The ends of the frames to step through; what happens before each has happened."""
        while self.now_ms < until_ms:
            self.now_ms = min(self._next_frame_ms(until_ms), until_ms)
            while self._happenings and self._happenings[0][0] <= self.now_ms:
                heapq.heappop(self._happenings)[2]()
            yield self.now_ms

    def _next_frame_ms(self, until_ms: int) -> int:
        next_ms = self.now_ms + FRAME_MS
        since_ms = self.now_ms - self._active_ms
        if since_ms <= _BUSY_MS:
            return next_ms
        due_ms = self._happenings[0][0] if self._happenings else until_ms
        happening_ms = -(-due_ms // FRAME_MS) * FRAME_MS
        before_ms = max(next_ms, happening_ms - FRAME_MS)
        return min(before_ms, self.now_ms + _STRIDE_MS) if since_ms <= _WINDOWS_MS else before_ms
