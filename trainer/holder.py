"""Who this trainer is where leases are held: a name that outlives the process, for one process of a folder at a time.

A trainer that was killed comes back under the same name and goes on at once; it need not wait until the lease of its
own past has run out. The file is locked while it is in use, and the system unlocks it, however the process ends.
Left out: the lease itself (`store.py`), which is what keeps trainers of different folders apart.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from device.errors import TrainerError

FILE = "holder"
_NAME = re.compile(r"[0-9a-f]{16}")


@contextmanager
def holder_of(folder: Path) -> Iterator[str]:
    """The name, ours until the end of the block. Raises `TrainerError` while another process has it."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise TrainerError(f"{folder} cannot be used: {error}", hint="name another --folder") from error
    try:
        yield _locked_name(handle, folder)
    finally:
        os.close(handle)


def _locked_name(handle: int, folder: Path) -> str:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise TrainerError(f"another trainer works in {folder}", hint="stop it; a home has one trainer") from error
    try:
        name = os.read(handle, 100).decode("ascii", "replace")
        if not _NAME.fullmatch(name):
            name = secrets.token_hex(8)
            os.ftruncate(handle, 0)
            os.pwrite(handle, name.encode(), 0)
    except OSError as error:
        raise TrainerError(f"{folder / FILE} cannot be used: {error}", hint="is the disk full?") from error
    return name
