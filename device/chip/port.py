"""Where a chip is: a serial port, or a socket for one that runs in QEMU.

Both only carry bytes: `read` waits a moment and may return nothing, whatever ends the connection is an `OSError`.
Left out: opening them again (`link.py`). pyserial, the extra `bridge`, is needed for serial ports alone.
"""

from __future__ import annotations

import select
import socket
from typing import Protocol

from device.errors import SettingsError

READ_S = 0.05
"""How long `read` waits for something to come."""
_WRITE_S = 2.0
_CONNECT_S = 3.0
_MOST_BYTES = 4096


class Port(Protocol):
    """A way to a chip, open until it fails or is closed."""

    def read(self) -> bytes:
        """What has come; nothing if nothing came for `READ_S`. Raises `OSError` once the chip is gone."""

    def write(self, data: bytes) -> None:
        """Send it all. Raises `OSError` if that takes too long, or the chip is gone."""

    def close(self) -> None:
        """May be called twice."""


class SocketPort:
    """A `Port` over TCP. Raises `OSError` if nobody listens there."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address, _CONNECT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(_WRITE_S)

    def read(self) -> bytes:
        if not select.select([self._socket], [], [], READ_S)[0]:
            return b""
        data = self._socket.recv(_MOST_BYTES)
        if not data:
            raise ConnectionResetError("the other side hung up")
        return data

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def close(self) -> None:
        self._socket.close()


class SerialPort:
    """A `Port` over a serial line. Raises `OSError` if it is not there, or not ours.

    Raises `SettingsError` if pyserial is not installed.
    """

    def __init__(self, name: str, baud: int) -> None:
        try:
            import serial
        except ImportError as error:
            raise SettingsError("serial ports need pyserial", hint='pip install "safu[bridge]"') from error
        try:
            self._serial = serial.Serial(name, baud, timeout=READ_S, write_timeout=_WRITE_S, exclusive=True)
        except ValueError as error:
            raise SettingsError(
                f"{name} at {baud} baud cannot be: {error}", hint="see chip.serial, chip.baud"
            ) from error

    def read(self) -> bytes:
        data: bytes = self._serial.read(max(1, min(self._serial.in_waiting, _MOST_BYTES)))
        return data

    def write(self, data: bytes) -> None:
        self._serial.write(data)

    def close(self) -> None:
        self._serial.close()
