"""What a chip knows, in Python: the model of an image, and what it has learned on top of that, in the same integers.

Actions that the model does not know can be named, as many as there is room for; without a model, all are. "Nothing" is
the model's own, or else the first one that is named. Left out: lines (`double.py`), the arithmetic
(`device/safu/integer_counts.py`, `device/safu/integer_reference.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from device.errors import BundleError, ChipRefusalError
from device.safu.integer_counts import IntegerCounts, LessonError, heard
from device.safu.integer_reference import MAX_WORDS, IntegerModel, softmax_of
from device.safu.intents_image import IntentsImage
from device.safu.slow import SlowModel
from device.safu.text import digests, words_of

NOTHING = "\t"
LONGEST_NAME = 63
"""Bytes of the name of an action that a chip was told."""
_CONTROL = frozenset({*range(32), 127}) - {9}


@dataclass(frozen=True, slots=True)
class Room:
    """What a chip has memory for, beside its model."""

    rows: int = 256
    phrases: int = 16
    names: int = 8
    """Actions that it can be told; the first one is "nothing" where the model has none."""


class Brain:
    """Raises `BundleError` for bytes that are no image."""

    def __init__(self, image: bytes | None, room: Room) -> None:
        self.image = image
        self._unpacked = IntentsImage.unpack(image) if image is not None else None
        self._code = self._unpacked.code if self._unpacked is not None else None
        self._room = room
        known = self._unpacked.actions if self._unpacked else ()
        self.actions = known if NOTHING in known else (*known, NOTHING)
        self._most = len(known) + room.names
        self._nothing = self.actions.index(NOTHING)
        try:
            self._counts = IntegerCounts(room.rows, self._most, room.phrases, self._nothing)
        except ValueError as error:
            raise BundleError(str(error)) from error

    def name(self, action: str) -> None:
        """Make room for one action more, unless it is known. Raises `ChipRefusalError`."""
        if action in self.actions:
            return
        name = action.encode("utf-8", "surrogateescape")
        if len(name) > LONGEST_NAME or b"\t" not in name or any(byte in _CONTROL for byte in name):
            raise ChipRefusalError("SAFU_BAD_ARGUMENT")
        if len(self.actions) == self._most:
            raise ChipRefusalError("SAFU_NO_ROOM")
        self.actions = (*self.actions, action)

    def shares(self, words: bytes, *, ended: bool) -> dict[str, int]:
        """How likely each action is, of 2^15."""
        logits = self._counts.predict_one(heard(words, ended=ended), self._slow(words, ended=ended))
        shares = softmax_of(np.array([logits], np.int32))[0].tolist()
        return dict(zip(self.actions, shares, strict=False))

    def best(self, words: bytes, *, ended: bool) -> tuple[str, int]:
        """The likeliest action other than nothing, the first of those; nothing where there is no other."""
        shares = self.shares(words, ended=ended)
        others = [action for action in self.actions if action != NOTHING] or [NOTHING]
        action = max(others, key=lambda each: shares[each])
        return action, shares[action]

    def learn_one(self, words: bytes, action: str) -> None:
        """Raises `ChipRefusalError`, and then nothing has changed."""
        try:
            self._counts.learn_one(heard(words), self.actions.index(action))
        except LessonError as error:
            raise ChipRefusalError(error.status) from error

    def unlearn_one(self, words: bytes, action: str) -> None:
        """The inverse, of the lesson learned last."""
        self._counts.unlearn_one(heard(words), self.actions.index(action))

    def _slow(self, words: bytes, *, ended: bool) -> list[int]:
        if self._unpacked is None or self._code is None:
            return []
        listed = words_of(words)[:MAX_WORDS]
        rows, units = self._code.units_of_digests(digests(listed, ended=ended))
        logits: list[int] = self._unpacked.model.logits_of(rows, units, len(listed))[0].tolist()
        return logits


def image_of(slow: SlowModel) -> bytes:
    """The image of a household's model. Raises `BundleError` for a model that no chip can hold, or should."""
    header, model = slow.bundle.header, slow.bundle.model
    if NOTHING not in header.actions:
        raise BundleError("it has not learned yet what means nothing, and would take all talk for a wish")
    try:
        if not isinstance(model, IntegerModel):
            raise ValueError("it is not of integers")
        return IntentsImage.of(model, header.features, header.actions, version=header.version).pack()
    except ValueError as error:
        raise BundleError(f"no chip can hold this model: {error}") from error
