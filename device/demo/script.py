"""The recordings of the demonstration: who says what in each, and what is meant by it.

Left out: the sound itself, which `device/audio/recording.py` reads, and how it was made (`scripts/make_recordings.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from device.errors import RecordingError
from device.messages import Action

FOLDER = Path(str(resources.files("device.demo").joinpath("recordings")))
SOUNDS = FOLDER / "sounds"
"""Words of no language, for listening without a recogniser."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording, as the manifest describes it."""

    file: str
    kind: str
    """`lesson` (a switch is flipped after it), `command` (scored, never taught) or `oov` (must cause nothing)."""
    voice: str
    """Synthesiser and voice: "flite rms"; "sox" made the noises."""
    text: str
    """What is said, or what a noise is of."""
    action: Action | None
    """What is meant by it; None for `oov`."""
    wording: str | None
    """Of a command: `same` as in a lesson for that action, but for the number, or `other` than in any lesson."""
    speech_started_ms: int
    speech_ended_ms: int
    folder: Path = FOLDER

    @property
    def path(self) -> Path:
        """Where the sound is."""
        return self.folder / self.file


def load_manifest(folder: Path = FOLDER) -> tuple[Recording, ...]:
    """Every recording in the order of the manifest. Raises RecordingError, naming the entry that is wrong."""
    path = folder / "manifest.json"
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecordingError(f"{path} cannot be read: {error}", hint="to make it anew: make recordings") from error
    if not isinstance(entries, list):
        raise RecordingError(f"{path} should hold a list")
    read = (_recording(entry, f"{path}, entry {number}") for number, entry in enumerate(entries, 1))
    return tuple(replace(recording, folder=folder) for recording in read)


def sound_manifest() -> tuple[Recording, ...]:
    """The recordings for listening without a recogniser, and all that must cause nothing."""
    return (*load_manifest(SOUNDS), *(recording for recording in load_manifest() if recording.kind == "oov"))


def _recording(entry: object, where: str) -> Recording:
    """One entry, checked."""
    name = entry.get("file") if isinstance(entry, dict) else None
    where = f"{where} ({name})" if name else where
    try:
        recording = _parse(entry)
    except KeyError as error:
        raise RecordingError(f"{where}: {error} is missing") from error
    except (TypeError, ValueError) as error:
        raise RecordingError(f"{where}: {error}") from error
    if complaint := _complaint(recording):
        raise RecordingError(f"{where}: {complaint}")
    return recording


def _parse(entry: Any) -> Recording:
    if not isinstance(entry, dict):
        raise TypeError("should be an object")
    wording = entry["wording"]
    return Recording(
        file=_text(entry, "file"),
        kind=_text(entry, "kind"),
        voice=_text(entry, "voice"),
        text=_text(entry, "text"),
        action=None if entry["action"] is None else _action(entry["action"]),
        wording=None if wording is None else _text(entry, "wording"),
        speech_started_ms=_milliseconds(entry, "speech_started_ms"),
        speech_ended_ms=_milliseconds(entry, "speech_ended_ms"),
    )


def _action(entry: Any) -> Action:
    if not isinstance(entry, dict):
        raise TypeError("'action' should be an object or null")
    value = entry["value"]
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        raise TypeError("'value' should be a number or null")
    return Action(_text(entry, "device"), _text(entry, "command"), None if value is None else float(value))


def _text(entry: Mapping[str, Any], key: str) -> str:
    if not isinstance(entry[key], str) or not entry[key]:
        raise TypeError(f"{key!r} should be a text")
    return str(entry[key])


def _milliseconds(entry: Mapping[str, Any], key: str) -> int:
    if type(entry[key]) is not int:
        raise TypeError(f"{key!r} should be whole milliseconds")
    return int(entry[key])


def _complaint(recording: Recording) -> str | None:
    """What in a well-formed entry contradicts itself, if anything."""
    if recording.kind not in ("lesson", "command", "oov"):
        return "'kind' should be lesson, command or oov"
    if not recording.file.startswith(f"{recording.kind}_") or Path(recording.file).name != recording.file:
        return f"'file' should be a bare name that begins with {recording.kind}_"
    if (recording.action is None) != (recording.kind == "oov"):
        return "lessons and commands have an 'action', oov has none"
    if recording.wording not in (("same", "other") if recording.kind == "command" else (None,)):
        return "'wording' should be same or other for a command, else null"
    if recording.action and (recording.action.command == "set") != (recording.action.value is not None):
        return "'set' needs a 'value', other commands have none"
    if not 0 <= recording.speech_started_ms < recording.speech_ended_ms:
        return "speech should start before it ends"
    return None
