"""The common simple templates of discovery messages: where in a payload the value is, and how a value is wrapped.

Left out: everything else that Jinja can do. A template we cannot read means a state we do not know, never a wrong one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from device.errors import DiscoveryError

MAX_TEMPLATE_LENGTH = 1_000

_FILTERS = r"(?:\|\s*(?:int|float|string|upper|trim|round)\s*(?:\(\s*\d*\s*\)\s*)?)*"
_STEP = r"""(?:\.\w+|\[\s*'[^'{}]+'\s*\]|\[\s*"[^"{}]+"\s*\]|\[\s*\d+\s*\])"""
_READ = re.compile(rf"\s*\{{\{{-?\s*(?:value|value_json(?P<path>{_STEP}*))\s*{_FILTERS}-?\}}\}}\s*")
_STEPS = re.compile(r"""\.(\w+)|\[\s*'([^']+)'\s*\]|\[\s*"([^"]+)"\s*\]|\[\s*(\d+)\s*\]""")
_WRITE = re.compile(rf"\{{\{{-?\s*(?:value|position|percentage)\s*{_FILTERS}-?\}}\}}")


def parse_json(payload: bytes | str) -> Any:
    """Any JSON value. Raises `ValueError` for anything else, however nested, large or badly encoded."""
    try:
        return json.loads(payload, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


@dataclass(frozen=True, slots=True)
class ValueTemplate:
    """Where in a payload a value is; None: the payload itself.

    >>> read_value_template("{{ value_json['state_left'] }}").extract(b'{"state_left": "ON"}')
    'ON'
    >>> read_value_template("{{ value }}").extract(b"21")
    '21'
    """

    path: tuple[str | int, ...] | None = None

    def extract(self, payload: bytes) -> str | None:
        """The value as text; None if it is not there."""
        try:
            if self.path is None:
                return payload.decode()
            found = parse_json(payload)
            for step in self.path:
                found = found[step]
        except (ValueError, KeyError, IndexError, TypeError):
            return None
        if found is None or isinstance(found, (dict, list)):
            return None
        return {True: "true", False: "false"}[found] if isinstance(found, bool) else str(found)


def read_value_template(text: str) -> ValueTemplate:
    """Read a `value_template`; empty means the payload itself. Raises `DiscoveryError` for one beyond us."""
    if not text:
        return ValueTemplate()
    _refuse_if_unfit(text)
    read = _READ.fullmatch(text)
    if read is None:
        raise DiscoveryError(f"cannot follow the template {text[:60]!r}")
    if read["path"] is None:
        return ValueTemplate()
    steps = [m.groups() for m in _STEPS.finditer(read["path"])]
    return ValueTemplate(tuple(int(n) if n else a or b or c for a, b, c, n in steps))


def _refuse_if_unfit(text: str) -> None:
    """Before any pattern looks at it: a long text of a stranger would keep one busy for minutes."""
    if len(text) > MAX_TEMPLATE_LENGTH:
        raise DiscoveryError(f"a template of {len(text)} characters is too long to follow")
    if not is_sendable(text):
        raise DiscoveryError(f"the template is no proper text: {text[:60]!r}")


def is_sendable(text: str) -> bool:
    r"""Whether a text can be written to the broker: JSON may hold halves of characters.

    >>> is_sendable("Küche"), is_sendable("\ud800")
    (True, False)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class CommandTemplate:
    """What a value is wrapped in.

    >>> template = read_command_template('{"position": {{ position }} }')
    >>> template.wrap("30"), template.unwrap('{"position": 30 }'), template.unwrap("30")
    ('{"position": 30 }', '30', None)
    """

    before: str = ""
    after: str = ""

    def wrap(self, value: str) -> str:
        """The payload for a value."""
        return f"{self.before}{value}{self.after}"

    def unwrap(self, payload: str) -> str | None:
        """The value in a payload of this shape; None for another shape."""
        if not (payload.startswith(self.before) and payload.endswith(self.after)):
            return None
        value = payload[len(self.before) : len(payload) - len(self.after)]
        return value if len(payload) >= len(self.before) + len(self.after) else None


def read_command_template(text: str) -> CommandTemplate:
    """Read a `command_template`; empty means the value itself. Raises `DiscoveryError` for one beyond us."""
    if not text:
        return CommandTemplate()
    _refuse_if_unfit(text)
    parts = _WRITE.split(text)
    if len(parts) != 2 or any(mark in part for part in parts for mark in ("{{", "{%", "{#")):
        raise DiscoveryError(f"cannot follow the template {text[:60]!r}")
    return CommandTemplate(*parts)
