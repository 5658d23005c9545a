"""What systemd wants to hear: that we are up, and that we are still alive. Without systemd, nothing.

The protocol is one datagram to the socket in `$NOTIFY_SOCKET` (man sd_notify).
"""

from __future__ import annotations

import os
import socket
import time

_EVERY_S = 5.0
_last_s = 0.0


def ready() -> None:
    """We listen."""
    _notify("READY=1")


def alive() -> None:
    """The loop turns; to be called every frame, tells systemd now and then."""
    global _last_s  # one process, one watchdog
    now_s = time.monotonic()
    if now_s - _last_s >= _EVERY_S:
        _last_s = now_s
        _notify("WATCHDOG=1")


def _notify(message: str) -> None:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        try:
            sender.sendto(message.encode(), "\0" + address[1:] if address.startswith("@") else address)
        except OSError:
            return  # systemd is not listening; nothing of ours depends on it
