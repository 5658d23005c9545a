"""Waiting for what will come, never for luck."""

from __future__ import annotations

import time
from collections.abc import Callable

DEADLINE_S = 10.0


def wait_until(condition: Callable[[], object], what: str = "it") -> None:
    """Look until `condition` is true. Fails after ten seconds, saying what was waited for."""
    deadline_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline_s, f"waited in vain for {what}"
        time.sleep(0.005)
