"""Waiting for what will come, never for luck."""

from __future__ import annotations

import time
from collections.abc import Callable

DEADLINE_S = 10.0


def wait_until(condition: Callable[[], object], what: str = "it", for_s: float = DEADLINE_S) -> None:
    """Look until `condition` is true. Fails after ten seconds or `for_s`, saying what was waited for."""
    deadline_s = time.monotonic() + for_s
    while not condition():
        assert time.monotonic() < deadline_s, f"waited in vain for {what}"
        time.sleep(0.005)
