"""The link to one chip: requests go out with a tag, answers come back by it, and what it says unasked is kept apart.

    the keeper's thread: open the port, read lines, close it when it dies, wait longer each time, open it again
    everybody else: `ask` sends and waits, no longer than it was told to

A late answer has a tag that nobody waits for any more, and is dropped; so is rubbish. Left out: ports (`port.py`), what
is asked (`chip.py`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from itertools import count

from device.chip.lines import encode_request, parse_line
from device.chip.port import Port
from device.errors import ChipError, ChipRefusalError

log = logging.getLogger(__name__)

_FIRST_RETRY_S, _LAST_RETRY_S = 0.2, 5.0
_LONGEST_LINE = 4096
"""What goes on for longer is no line of a chip."""
_MOST_UNASKED = 64


class ChipLink:
    """Belongs to one thread, next to the keeper's own. The constructor neither waits for the chip nor fails without."""

    def __init__(self, name: str, open_port: Callable[[], Port], answer_s: float) -> None:
        self.name = name
        self.trouble = "not connected yet"
        """Why there is no connection, in plain words; empty while there is one."""
        self.generation = 0
        """How often there was a new connection."""
        self._open_port = open_port
        self._answer_s = answer_s
        self._port: Port | None = None
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._numbers = count(1)
        self._answers: dict[str, list[str]] = {}
        """Of the request that somebody waits for, by its tag."""
        self._unasked: list[str] = []
        self._keeper = threading.Thread(target=self._keep, name="chip", daemon=True)
        self._keeper.start()

    @property
    def connected(self) -> bool:
        """Whether the port is open; the chip behind it may still be silent."""
        return self._port is not None

    def ask(self, request: str, answer_s: float | None = None) -> list[str]:
        """Send one request; return the lines of its answer, the last one without its `ok`.

        Raises `ChipError` if the chip is away or says nothing in time, `ChipRefusalError` if it says no.
        """
        tag = str(next(self._numbers) % 10_000_000)
        lines = self._answer(tag, request, self._answer_s if answer_s is None else answer_s)
        verdict, _, rest = lines[-1].partition(" ")
        if verdict == "err":
            raise ChipRefusalError(f"{rest[:80]} (the chip's answer to: {request.partition(' ')[0]})")
        return [*lines[:-1], rest]

    def _answer(self, tag: str, request: str, answer_s: float) -> list[str]:
        lines: list[str] = []
        deadline_s = time.monotonic() + answer_s
        with self._changed:
            port = self._port
            self._answers = {tag: lines}
        try:
            if port is not None:
                port.write(encode_request(tag, request))
        except OSError as error:
            self._lose(port, str(error))
        with self._changed:
            while not (lines and lines[-1].partition(" ")[0] in ("ok", "err")):
                if port is None or self._port is not port:
                    raise ChipError(f"the chip at {self.name} is not there: {self.trouble or 'it has just come back'}")
                left_s = deadline_s - time.monotonic()
                if left_s <= 0:
                    raise ChipError(
                        f"the chip at {self.name} does not answer", hint="reset it, or unplug it for a moment"
                    )
                self._changed.wait(left_s)
        return lines

    def unasked(self) -> list[str]:
        """What the chip said by itself since the last call."""
        with self._changed:
            said, self._unasked = self._unasked, []
        return said

    def close(self) -> None:
        """Let go of the port. May be called twice."""
        self._closing.set()
        self._keeper.join(timeout=_LAST_RETRY_S)

    # -- the keeper's thread ---------------------------------------------------------------------------------------

    def _keep(self) -> None:
        retry_s = _FIRST_RETRY_S
        while not self._closing.is_set():
            try:
                port = self._open_port()
            except (OSError, ChipError) as error:
                self._tell(str(error))
                self._closing.wait(retry_s)
                retry_s = min(2 * retry_s, _LAST_RETRY_S)
                continue
            with self._changed:
                self._port, self.trouble = port, ""
                self.generation += 1
            log.info("the chip at %s is connected", self.name)
            self._lose(port, self._read_until_it_dies(port))
            port.close()
            retry_s = _FIRST_RETRY_S
            self._closing.wait(retry_s)

    def _read_until_it_dies(self, port: Port) -> str:
        """Returns why."""
        rest = b""
        try:
            while self._port is port and not self._closing.is_set():
                *lines, rest = (rest + port.read()).split(b"\n")
                self._take(lines)
                rest = rest[-_LONGEST_LINE:]
        except OSError as error:
            return str(error)
        return "closed"

    def _take(self, lines: list[bytes]) -> None:
        with self._changed:
            for line in map(parse_line, lines):
                text = line.text.removesuffix("\r")
                if line.tag in self._answers:
                    self._answers[line.tag].append(text)
                elif not line.tag and len(self._unasked) < _MOST_UNASKED:
                    self._unasked.append(text)
            if lines:
                self._changed.notify_all()

    def _lose(self, port: Port | None, trouble: str) -> None:
        """Whoever notices first says why; the keeper closes it."""
        with self._changed:
            if self._port is port:
                self._port = None
                self._tell(trouble)
                self._changed.notify_all()

    def _tell(self, trouble: str) -> None:
        if trouble != self.trouble and not self._closing.is_set():
            log.warning("the chip at %s: %s; trying again and again", self.name, trouble)
        self.trouble = trouble
