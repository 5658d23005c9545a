"""Waiting for what may never come."""

from __future__ import annotations

import time
from collections.abc import Callable

CONNECT_S = 5.0


def wait(condition: Callable[[], bool], for_s: float) -> bool:
    """Whether it came true within so many seconds."""
    deadline_s = time.monotonic() + for_s
    while not (fulfilled := condition()) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    return fulfilled
