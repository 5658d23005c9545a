"""A chip without a chip: the same lines, answered in Python by the references of the same arithmetic.

    bytes -> lines -> requests -> what the model says, learns, keeps -> answers

It is the double behind which the bridge is tested, and the standard that `safu_lines.c` and `safu_chip.c` equal byte by
byte (`tests/contracts/test_chip.py`). `Flash` outlives it: a new double on the same flash is a chip after a power cut.
Left out: what flash does to bytes, and its wear.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field

from device.chip.arguments import checksum, data, nothing_more, number, word
from device.chip.brain import NOTHING, Brain, Room
from device.chip.flash import SLOT_BYTES, Flash
from device.chip.lines import (
    LINES,
    NOTHING_NAME,
    Heard,
    Info,
    Taught,
    encode_heard,
    encode_info,
    encode_taught,
    mark_of,
)
from device.errors import BundleError, ChipRefusalError

LINE_BYTES = 320
SURE, EARLY = 21_299, 31_785
"""Shares of 2^15 at which a chip acts by itself: 0.65 on a whole sentence, 0.97 before its end."""
_BESIDE_A_CHUNK, _CHUNK_STEP = 48, 16
_TAG = re.compile(rb"(@[!-~]{1,8})(?: |$)")


@dataclass(slots=True)
class _Told:
    """The sentence heard last, and what it takes to take a lesson about it back."""

    words: bytes
    meant: str = ""
    before: Taught = field(default_factory=Taught)


class ChipDouble:
    """Raises `BundleError` if the flash holds no model."""

    def __init__(
        self, flash: Flash, room: Room | None = None, *, line_bytes: int = LINE_BYTES, slot_bytes: int = SLOT_BYTES
    ) -> None:
        self.flash = flash
        self._room = room or Room()
        self._line_bytes = line_bytes
        self._slot_bytes = slot_bytes
        self._line = b""
        flash.power_up()
        self._start()

    def greeting(self) -> bytes:
        """What it says when it starts."""
        return b"ready\n"

    def read(self, data: bytes) -> bytes:
        """Take bytes as they come; return the answers to the lines that they end."""
        *lines, rest = data.split(b"\n")
        answers = b""
        for line in lines:
            answers += self._answer(self._line + line)
            self._line = b""
        self._line = (self._line + rest)[: self._line_bytes + 1]
        return answers

    def _start(self) -> None:
        self._brain = self._new_brain()
        self._taught = Taught()
        self._told: _Told | None = None
        if self.flash.saved is not None and self.flash.saved[0] == self.flash.crc:
            self._taught, self._brain = self.flash.saved[1], deepcopy(self.flash.saved[2])

    # -- lines -----------------------------------------------------------------------------------------------------

    def _answer(self, line: bytes) -> bytes:
        is_too_long = len(line) > self._line_bytes
        line = line[: self._line_bytes].removesuffix(b"\r")
        found = _TAG.match(line)
        tag = found[1] + b" " if found else b""
        try:
            if is_too_long:
                raise ChipRefusalError("SAFU_LINE_TOO_LONG")
            answers = self._request(line[found.end() :] if found else line, is_tagged=found is not None)
        except ChipRefusalError as refused:
            answers = [f"err {refused}"]
        return b"".join(tag + answer.encode("utf-8", "surrogateescape") + b"\n" for answer in answers)

    def _request(self, line: bytes, *, is_tagged: bool) -> list[str]:
        verb, rest = word(line)
        if not verb and not is_tagged:
            return []
        request = _REQUESTS.get(verb)
        if request is None:
            raise ChipRefusalError("SAFU_UNKNOWN_REQUEST")
        return request(self, rest[1:])

    # -- requests --------------------------------------------------------------------------------------------------

    def _hear(self, words: bytes) -> list[str]:
        return self._heard(words, SURE, ended=True)

    def _partial(self, words: bytes) -> list[str]:
        return self._heard(words, EARLY, ended=False)

    def _heard(self, words: bytes, sure: int, *, ended: bool) -> list[str]:
        action, share = self._brain.best(words, ended=ended)
        self._told = _Told(words)
        heard = Heard(share >= sure and action != NOTHING, (share * 10_000 >> 15) / 10_000, _shown(action))
        return [f"ok {encode_heard(heard)}"]

    def _teach(self, name: bytes) -> list[str]:
        answer = self._learn(name)
        self._save(b"")
        return answer

    def _learn(self, name: bytes) -> list[str]:
        action = self._action(name)
        if self._told is None:
            raise ChipRefusalError("SAFU_NOTHING_HEARD")
        words = self._told.words
        self._brain.learn_one(words, action)
        self._told = _Told(words, action, self._taught)
        self._taught = Taught(self._taught.lessons + 1, mark_of(self._taught.mark, _shown(action), words))
        return [f"ok learned {encode_taught(self._taught)}"]

    def _name(self, name: bytes) -> list[str]:
        self._brain.name(name.decode("utf-8", "surrogateescape"))
        return [f"ok {len(self._brain.actions)}"]

    def _undo(self, rest: bytes) -> list[str]:
        nothing_more(rest)
        if self._told is None or not self._told.meant:
            raise ChipRefusalError("SAFU_NOTHING_TO_UNDO")
        self._brain.unlearn_one(self._told.words, self._told.meant)
        self._taught, self._told = self._told.before, _Told(self._told.words)
        self._save(b"")
        return [f"ok unlearned {encode_taught(self._taught)}"]

    def _blank(self, rest: bytes) -> list[str]:
        nothing_more(rest)
        self._brain, self._taught = self._new_brain(), Taught()
        self._told = self._told and _Told(self._told.words)
        return [f"ok learned {encode_taught(self._taught)}"]

    def _save(self, rest: bytes) -> list[str]:
        nothing_more(rest)
        self.flash.saved = (self.flash.crc, self._taught, deepcopy(self._brain))
        return [f"ok saved {encode_taught(self._taught)}"]

    def _actions(self, rest: bytes) -> list[str]:
        nothing_more(rest)
        names = self._brain.actions
        return [*(f"action {_shown(name)}" for name in names), f"ok {len(names)}"]

    def _info(self, rest: bytes) -> list[str]:
        nothing_more(rest)
        flash = self.flash
        info = Info(
            lines=LINES,
            version=flash.acting.version if flash.acting else 0,
            crc=self.flash.crc,
            before=flash.before.version if flash.before else 0,
            before_crc=flash.before.crc if flash.before else 0,
            own=flash.own.crc if flash.own else 0,
            trial=int(flash.trial),
            incoming=flash.expected[1] if flash.expected else 0,
            at=flash.taken if flash.expected else 0,
            slot=self._slot_bytes,
            chunk=self._chunk,
            lessons=self._taught.lessons,
            mark=self._taught.mark,
        )
        return [f"ok {encode_info(info)}"]

    def _model(self, rest: bytes) -> list[str]:
        verb, rest = word(rest)
        request = _MODEL_REQUESTS.get(verb)
        if request is None:
            raise ChipRefusalError("SAFU_BAD_ARGUMENT")
        return request(self, rest)

    # -- models ----------------------------------------------------------------------------------------------------

    def _begin(self, rest: bytes) -> list[str]:
        size, rest = number(rest)
        crc, rest = checksum(rest)
        version, rest = number(rest)
        nothing_more(rest)
        self.flash.begin(size, crc, version, self._slot_bytes)
        return self._at()

    def _data(self, rest: bytes) -> list[str]:
        at, rest = number(rest)
        crc, rest = checksum(rest)
        piece, rest = data(rest)
        nothing_more(rest)
        if zlib.crc32(piece) != crc:
            raise ChipRefusalError("SAFU_DAMAGED")
        self.flash.take(at, piece)
        return self._at()

    def _at(self) -> list[str]:
        return [f"ok at {self.flash.taken}"]

    def _end(self, rest: bytes) -> list[str]:
        nothing_more(rest)
        sent = self.flash.whole()
        try:
            Brain(sent.image, self._room)
        except BundleError as error:
            raise ChipRefusalError("SAFU_BAD_SHAPE") from error
        self.flash.act_on(sent)
        self._start()
        return self._acting()

    def _keep(self, rest: bytes) -> list[str]:
        nothing_more(rest)
        self.flash.keep()
        return self._acting()

    def _return(self, rest: bytes) -> list[str]:
        nothing_more(rest)
        self.flash.go_back()
        self._start()
        return self._acting()

    def _drop(self, rest: bytes) -> list[str]:
        nothing_more(rest)
        self.flash.drop()
        self._start()
        return self._acting()

    def _acting(self) -> list[str]:
        return [f"ok acting {self.flash.acting.version if self.flash.acting else 0}"]

    # -- what both need --------------------------------------------------------------------------------------------

    @property
    def _chunk(self) -> int:
        return (self._line_bytes - _BESIDE_A_CHUNK) // 2 // _CHUNK_STEP * _CHUNK_STEP

    def _new_brain(self) -> Brain:
        acting = self.flash.acting
        return Brain(acting.image if acting else None, self._room)

    def _action(self, name: bytes) -> str:
        """The action of a name; a blank does for the tab in it."""
        for known in self._brain.actions:
            if (known == NOTHING) if name == b"nothing" else _is_called(known, name):
                return known
        raise ChipRefusalError("SAFU_UNKNOWN_ACTION")


def _is_called(known: str, name: bytes) -> bool:
    encoded = known.encode("utf-8", "surrogateescape")
    if len(encoded) != len(name):
        return False
    return all(k in (n, 9) and (k == n or n == 32) for k, n in zip(encoded, name, strict=True))


def _shown(action: str) -> str:
    return NOTHING_NAME if action == NOTHING else action


_Request = Callable[[ChipDouble, bytes], list[str]]
_REQUESTS: dict[bytes, _Request] = {
    b"hear": ChipDouble._hear,
    b"partial": ChipDouble._partial,
    b"teach": ChipDouble._teach,
    b"undo": ChipDouble._undo,
    b"learn": ChipDouble._learn,
    b"name": ChipDouble._name,
    b"blank": ChipDouble._blank,
    b"save": ChipDouble._save,
    b"actions": ChipDouble._actions,
    b"info": ChipDouble._info,
    b"model": ChipDouble._model,
}
_MODEL_REQUESTS: dict[bytes, _Request] = {
    b"begin": ChipDouble._begin,
    b"data": ChipDouble._data,
    b"end": ChipDouble._end,
    b"keep": ChipDouble._keep,
    b"return": ChipDouble._return,
    b"drop": ChipDouble._drop,
}
