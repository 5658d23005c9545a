"""The chip in C on a pseudo terminal, as if it were at a serial port; every power-up is a process."""

from __future__ import annotations

import os
import pty
import subprocess
import tty
from pathlib import Path

from device.chip.port import SerialPort


class RealChip:
    """A program of `firmware_export/chip_firmware.py` and the file that is its flash; not started yet."""

    def __init__(self, program: Path, flash: Path) -> None:
        self._program, self._flash = program, flash
        self._running: subprocess.Popen[bytes] | None = None
        self._hub, self._leaf = pty.openpty()
        tty.setraw(self._leaf)

    @property
    def port(self) -> str:
        """The name of its serial port."""
        return os.ttyname(self._leaf)

    def open(self) -> SerialPort:
        """What a bridge opens."""
        return SerialPort(self.port, 115_200)

    def flash_in_use(self) -> int:
        """Bytes up to the last one that is not erased."""
        return len(self._flash.read_bytes().rstrip(b"\xff"))

    def start(self) -> None:
        self._running = subprocess.Popen([self._program], stdin=self._hub, stdout=self._hub, env=self._environment)

    def kill(self) -> None:
        """A power cut."""
        if self._running is not None:
            self._running.kill()
            self._running.wait()
            self._running = None

    def close(self) -> None:
        self.kill()
        os.close(self._hub)
        os.close(self._leaf)

    @property
    def _environment(self) -> dict[str, str]:
        return {"SAFU_FLASH_FILE": str(self._flash)}
