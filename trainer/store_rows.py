"""What the store keeps, and how it becomes a row of text and numbers that every database takes, and back.

A device may be hostile: text is made harmless, a number that no column holds is refused.
Left out: how long a text may be; whoever receives the messages limits their size.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from device.errors import StoreError
from device.messages import Action, Device, Lesson

_WHOLE_LIMIT = 2**63


@dataclass(frozen=True, slots=True)
class Taught:
    """A lesson, and when it was taught."""

    lesson: Lesson
    """Its id is the row in the device's own journal."""
    at: float
    """Unix seconds by the device's clock, which may jump."""


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """All that is known of one model, but not the model itself."""

    node: str
    version: int
    """Rises, per node."""
    parent: int
    """The version it replaced when it was made; 0: none."""
    created: float
    """Unix seconds."""
    seed: int
    software: str
    """The version of safu that made it."""
    lesson_ids: tuple[int, ...]
    figures: Mapping[str, float]
    accepted: bool
    """The gate's verdict."""
    reasons: tuple[str, ...]
    """In plain words."""
    signature: bytes
    """Empty if not accepted."""
    devices: tuple[Device, ...] = ()
    """As they were: their names decide what the words of a lesson are to the model."""
    outcome: str = ""
    """What the device made of it: nothing yet, `installed`, `kept`, `returned`, `refused: ...`."""


def harmless(text: str) -> str:
    r"""What every database takes and every terminal prints: no half characters, no NUL.

    >>> harmless("la\x00mp \ud800")
    'lamp ?'
    """
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def key(text: str) -> str:
    """The text, if it can name a row as it is: made harmless, one name could become another's. Raises `StoreError`."""
    if harmless(text) != text:
        raise StoreError(f"{text!a} cannot be a name: it has half characters or NULs")
    return text


def whole(number: int) -> int:
    """The number, if 64 bits hold it. Raises `StoreError`."""
    if not isinstance(number, int) or not -_WHOLE_LIMIT <= number < _WHOLE_LIMIT:
        raise StoreError("a number is not whole, or needs more than 64 bits")
    return number


def finite(number: float) -> float:
    """The number, if it is one. Raises `StoreError` for infinities and NaN, which SQLite cannot tell from nothing."""
    try:
        converted = float(number)
    except (TypeError, ValueError, OverflowError):
        converted = math.nan
    if not math.isfinite(converted):
        raise StoreError("a number is infinite, too large or none")
    return converted


def lesson_row(node: str, taught: Taught) -> dict[str, Any]:
    """Raises `StoreError` for numbers that cannot be stored."""
    lesson, action = taught.lesson, taught.lesson.action
    value = action.value
    if value is not None:
        value = harmless(value) if isinstance(value, str) else finite(value)
    return {
        "node": key(node),
        "id": whole(lesson.id),
        "at": finite(taught.at),
        "words": _texts(lesson.words),
        "action": json.dumps([harmless(action.device), harmless(action.command), value]),
        "weight": whole(lesson.weight),
        "kind": harmless(lesson.kind),
        "utterance": whole(lesson.utterance_id),
    }


def taught_of(row: Row[Any]) -> Taught:
    """The lesson that such a row was made of."""
    words, action = tuple(json.loads(row.words)), Action(*json.loads(row.action))
    return Taught(Lesson(words, action, row.weight, row.kind, row.utterance, row.id), row.at)


def device_row(node: str, device: Device) -> dict[str, Any]:
    """Raises `StoreError` for numbers that cannot be stored."""
    return {"node": key(node), "id": harmless(device.id), "details": json.dumps(_details(device))}


def _details(device: Device) -> dict[str, Any]:
    return {
        "name": harmless(device.name),
        "kind": harmless(device.kind),
        "commands": sorted(harmless(command) for command in device.commands),
        "area": harmless(device.area),
        "options": [harmless(option) for option in device.options],
        "minimum": finite(device.minimum),
        "maximum": finite(device.maximum),
        "unit": harmless(device.unit),
    }


def device_of(row: Row[Any]) -> Device:
    """The device that such a row was made of."""
    return _device(row.id, json.loads(row.details))


def _device(device_id: str, details: Mapping[str, Any]) -> Device:
    sets = {"commands": frozenset(details["commands"]), "options": tuple(details["options"])}
    return Device(id=device_id, **{**details, **sets})


def settings_row(node: str, settings: Mapping[str, object]) -> dict[str, Any]:
    """JSON has escapes for what is not harmless."""
    return {"node": key(node), "details": json.dumps(settings)}


def settings_of(row: Row[Any]) -> dict[str, Any]:
    """The settings that such a row was made of."""
    return dict(json.loads(row.details))


def model_row(record: ModelRecord, bundle: bytes, judged: bytes) -> dict[str, Any]:
    """Raises `StoreError` for numbers that cannot be stored. A rejected model is not kept, only its record."""
    return {
        "node": key(record.node),
        "version": whole(record.version),
        "parent": whole(record.parent),
        "created": finite(record.created),
        "seed": whole(record.seed),
        "software": harmless(record.software),
        "lesson_ids": json.dumps([whole(lesson_id) for lesson_id in record.lesson_ids]),
        "figures": json.dumps({harmless(name): float(figure) for name, figure in record.figures.items()}),  # NaN too
        "accepted": record.accepted,
        "reasons": _texts(record.reasons),
        "signature": record.signature,
        "outcome": harmless(record.outcome),
        "bundle": bundle if record.accepted else b"",
        "judged": judged if record.accepted else b"",
        "devices": json.dumps({harmless(device.id): _details(device) for device in record.devices}),
    }


def record_of(row: Row[Any]) -> ModelRecord:
    """The record that such a row was made of."""
    parts = {
        "lesson_ids": tuple(json.loads(row.lesson_ids)),
        "figures": json.loads(row.figures),
        "reasons": tuple(json.loads(row.reasons)),
        "devices": tuple(_device(device_id, details) for device_id, details in json.loads(row.devices).items()),
    }
    return ModelRecord(**{**row._mapping, **parts})


def _texts(texts: Iterable[str]) -> str:
    return json.dumps([harmless(text) for text in texts])
