"""A plug with a double behind it, which can be pulled, cut off from power, silenced or made to talk rubbish.

The `Port` of the double of a chip, for tests and for a bridge without hardware. Left out: threads of its own;
the double answers in the thread of whoever writes to it.
"""

from __future__ import annotations

import queue
from collections.abc import Callable

from device.chip.double import ChipDouble
from device.chip.flash import SLOT_BYTES, Flash
from device.chip.port import READ_S


class Plug:
    """One chip and the socket it is plugged into; `open` is what a `ChipLink` opens."""

    def __init__(self, flash: Flash) -> None:
        self.flash = flash
        self.answers: Callable[[bytes], bytes] | None = None
        """What answers in place of the chip, for a chip that misbehaves."""
        self.slot_bytes = SLOT_BYTES
        self.is_in = True
        self._start()

    def open(self) -> PluggedPort:
        """Raises `OSError` while the chip is not plugged in."""
        if not self.is_in:
            raise FileNotFoundError("there is no such port")
        return PluggedPort(self)

    def pull(self) -> None:
        """Out of the socket, without a word."""
        self.is_in = False

    def push(self) -> None:
        """Back into it: the chip starts again."""
        self._start()
        self.is_in = True

    def cut_power(self) -> None:
        """For a moment: the port stays, all that was not in flash is gone."""
        self._start()
        self.says(self.double.greeting())

    def says(self, data: bytes) -> None:
        """Something that nobody asked for."""
        self.sent.put(data)

    def take(self, data: bytes) -> None:
        """What the bridge writes."""
        self.sent.put((self.answers or self.double.read)(data))

    def _start(self) -> None:
        self.double = ChipDouble(self.flash, slot_bytes=self.slot_bytes)
        self.sent: queue.Queue[bytes] = queue.Queue()


class PluggedPort:
    """A `Port`."""

    def __init__(self, plug: Plug) -> None:
        self._plug = plug

    def read(self) -> bytes:
        self._check()
        try:
            return self._plug.sent.get(timeout=READ_S)
        except queue.Empty:
            return b""

    def write(self, data: bytes) -> None:
        self._check()
        self._plug.take(data)

    def close(self) -> None:
        return

    def _check(self) -> None:
        if not self._plug.is_in:
            raise ConnectionResetError("the chip was unplugged")
