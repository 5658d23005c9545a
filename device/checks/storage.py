"""Can lessons be kept, and which are?"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from device.checks.finding import Finding
from device.errors import JournalError
from device.journal import SqliteJournal
from device.journal_folder import FILE

_LEAST_FREE_BYTES = 100_000_000

Sentences = Sequence[tuple[str, ...]]


def check_storage(folder: Path) -> tuple[Finding, Sentences]:
    """Can lessons be kept? And the words of those that are. Makes neither folder nor journal: they would be ours."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    hint = "give safu a folder of its own with --storage, or set storage.folder"
    try:
        with tempfile.TemporaryFile(dir=there):
            free_bytes = shutil.disk_usage(there).free
    except OSError as error:
        return Finding(False, f"storage: {there} cannot be written: {error.strerror}", hint), ()
    if free_bytes < _LEAST_FREE_BYTES:
        return Finding(False, f"storage: only {free_bytes // 1_000_000} MB are free in {there}", "make room"), ()
    if not (folder / FILE).exists():
        return Finding(True, f"storage: {folder} can be written; nothing has been learned there yet"), ()
    try:
        taught = _taught(folder / FILE)
    except JournalError as error:
        hint = error.hint or "safu run puts a damaged journal aside, and begins a new one"
        return Finding(False, f"storage: {error.message}", hint), ()
    return Finding(True, f"storage: {folder} can be written, lessons kept: {len(taught)}"), taught


def _taught(path: Path) -> Sentences:
    journal = SqliteJournal(path)  # not open_journal, which would repair what we are to tell
    try:
        return [lesson.words for lesson in journal.lessons()]
    finally:
        journal.close()
