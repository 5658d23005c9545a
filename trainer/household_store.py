"""What `safu-trainer` finds in its folder: the database, and a key ring for every device it is paired with.

    trainer.sqlite3      unless the settings name another database
    keys/NODE.json       one's own key (the same in all), the house, the device's key

Left out: how they got there (`commands/pair.py`).
"""

from __future__ import annotations

from pathlib import Path

from device.errors import PairingError, TrainerError
from device.keys import KeyRing, load_ring
from device.settings import Settings
from trainer.store import Store


def open_store(settings: Settings) -> Store:
    """Raises `StoreError`, or `TrainerError` if the folder cannot be made."""
    if not settings.trainer.database:
        try:
            settings.trainer.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            where = settings.trainer.path
            raise TrainerError(f"{where} cannot be made: {error}", hint="name another --folder") from error
    return Store(settings.trainer.database_url)


def keys_folder(settings: Settings) -> Path:
    """Where the key rings are."""
    return settings.trainer.path / "keys"


def rings(settings: Settings) -> dict[str, KeyRing]:
    """By node. Raises `PairingError` for a damaged one."""
    found = {}
    for file in sorted(keys_folder(settings).glob("*.json")):
        ring = load_ring(file)
        if ring is not None:
            found[file.stem] = ring
    return found


def the_node(settings: Settings, named: str | None, store: Store) -> str:
    """The device that is meant: the one that is named, or the only one. Raises `TrainerError`."""
    known = sorted({*rings(settings), *store.nodes()})
    if named in known:
        return str(named)
    if named is None and len(known) == 1:
        return known[0]
    if not known:
        raise TrainerError("no device is known yet", hint="type: safu-trainer pair")
    raise TrainerError(
        f"there is no device {named!r}" if named else "there are several devices", hint=f"--node {' | '.join(known)}"
    )


def the_ring(settings: Settings, node: str) -> KeyRing:
    """Raises `PairingError` for a device that this trainer is not paired with."""
    ring = rings(settings).get(node)
    if ring is None:
        raise PairingError(f"this trainer is not paired with {node}", hint="type: safu-trainer pair")
    return ring
