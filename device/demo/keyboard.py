"""Hands on a keyboard: keys 1 to 5 flip the switches of the virtual house, q ends the demonstration."""

from __future__ import annotations

import select
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from device.home.virtual import DEVICES, VirtualHouse
from device.messages import Action

KEYS = "keys 1-5 flip, q quits"


@contextmanager
def hands_on(house: VirtualHouse, quit_: Callable[[], None], flipped: Callable[[Action], None]) -> Iterator[None]:
    """For the time of the block, keys are switches."""
    before = termios.tcgetattr(sys.stdin)
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            if select.select([sys.stdin], [], [], 0.1)[0]:
                press(sys.stdin.read(1), house, quit_, flipped)

    thread = threading.Thread(target=read, name="safu-keyboard", daemon=True)
    tty.setcbreak(sys.stdin)
    try:
        thread.start()
        yield
    finally:
        done.set()
        thread.join()
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def press(key: str, house: VirtualHouse, quit_: Callable[[], None], flipped: Callable[[Action], None]) -> None:
    """One key."""
    if key == "q":
        quit_()
    elif key.isdecimal() and 1 <= int(key) <= len(DEVICES):
        device = DEVICES[int(key) - 1]
        action = Action(device.id, "on" if house.states[device.id].command == "off" else "off")
        flipped(action)
        house.flip(action)
