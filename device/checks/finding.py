"""What one check came to. Left out: the checks, one file each, and who asks for them (`device/commands/doctor.py`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check came to: in one line, and what to do about it."""

    ok: bool
    what: str
    hint: str = ""
