"""`safu_slots.c` and `safu_models.c` on this machine, over a flash whose power can be cut after any byte.

The flash is a double of `port.h`: like the real one it erases pages to 0xff and writes erased words, each once. Once
its power is cut nothing changes any more; `restarted` is the same flash with power. Left out: what is kept there.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_bool, c_char_p, c_int, c_size_t, c_uint32, c_void_p
from dataclasses import dataclass

_NOTES = 4
_Erase = CFUNCTYPE(c_bool, c_size_t)
_Write = CFUNCTYPE(c_bool, c_size_t, c_void_p, c_size_t)


class FlashError(Exception):
    """What a slot refuses; `status` is what it says."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class _Flash(Structure):
    """`safu_flash`"""

    _fields_ = (("bytes", c_void_p), ("size", c_size_t), ("page", c_size_t), ("erase", _Erase), ("write", _Write))


class FlashDouble:
    """Raises `AssertionError` when it is asked whether it was misused (`was_used_well`)."""

    def __init__(self, size: int, page: int, data: bytes | None = None, *, power: int = 2**62, order: int = 1) -> None:
        self.size, self.page = size, page
        self.cells = (ctypes.c_uint8 * size).from_buffer_copy(b"\xff" * size if data is None else data)
        self.power = power
        """Bytes until it is cut."""
        self._order = order
        """1: pages are erased from their beginning; -1: from their end."""
        self._misuse = ""
        self.struct = _Flash(ctypes.addressof(self.cells), size, page, _Erase(self._erase), _Write(self._write))

    def restarted(self) -> FlashDouble:
        """The same bytes, with power."""
        return FlashDouble(self.size, self.page, bytes(self.cells), order=self._order)

    def was_used_well(self) -> None:
        """Raises `AssertionError` if something was written where it was not erased, or at an odd place."""
        if self._misuse:
            raise AssertionError(self._misuse)

    def _erase(self, at: int) -> bool:
        if at % self.page or at >= self.size:
            self._misuse = f"there is no page at {at}"
            return False
        done = min(self.power, self.page)
        self._set(at if self._order > 0 else at + self.page - done, b"\xff" * done)
        return done == self.page

    def _write(self, at: int, data: int, size: int) -> bool:
        if at % 4 or size % 4 or at + size > self.size:
            self._misuse = f"{size} bytes at {at}"
            return False
        done = min(self.power, size)
        if bytes(self.cells[at : at + done]) != b"\xff" * done:
            self._misuse = f"written twice at {at}"
        self._set(at, ctypes.string_at(data, done))
        return done == size

    def _set(self, at: int, data: bytes) -> None:
        ctypes.memmove(ctypes.addressof(self.cells) + at, data, len(data))
        self.power -= len(data)


class _Slots(Structure):
    """`safu_slots`"""

    _fields_ = (
        ("flash", c_void_p),
        ("at", c_size_t),
        ("slot", c_size_t),
        ("newest", c_uint32),
        ("sequence", c_uint32),
        ("has_saved", c_bool),
    )


class _Chip:
    """What slots and models have in common."""

    def __init__(self, made: ctypes.CDLL, flash: FlashDouble) -> None:
        self._library, self._flash = made, flash
        made.safu_status_name.restype = c_char_p

    def _check(self, status: int) -> None:
        if status:
            raise FlashError(self._library.safu_status_name(c_int(status)).decode())


class HostSlots(_Chip):
    """What was learned. Raises `FlashError`."""

    def __init__(self, made: ctypes.CDLL, flash: FlashDouble, at: int, size: int) -> None:
        super().__init__(made, flash)
        made.safu_slots_open.argtypes = [POINTER(_Slots), POINTER(_Flash), c_size_t, c_size_t]
        made.safu_slots_load.argtypes = [POINTER(_Slots), c_void_p, c_size_t, c_void_p]
        made.safu_slots_save.argtypes = [POINTER(_Slots), c_void_p, c_size_t, c_void_p]
        made.safu_slots_room.restype = c_size_t
        self._slots = _Slots()
        self._check(made.safu_slots_open(self._slots, flash.struct, at, size))

    @property
    def room(self) -> int:
        """Bytes that may be saved."""
        return int(self._library.safu_slots_room(byref(self._slots)))

    def load(self, size: int) -> tuple[bytes, list[int]]:
        """The first `size` bytes of what was saved last, zeros where there was less, and the words beside it."""
        memory, note = ctypes.create_string_buffer(size), (c_uint32 * _NOTES)()
        self._check(self._library.safu_slots_load(self._slots, memory, size, note))
        return memory.raw, list(note)

    def save(self, data: bytes, note: Sequence[int] = (0,) * _NOTES) -> None:
        """Safe when it returns."""
        self._check(self._library.safu_slots_save(self._slots, data, len(data), (c_uint32 * _NOTES)(*note)))

    def forget(self) -> None:
        """What was saved before is what is loaded."""
        self._check(self._library.safu_slots_forget(byref(self._slots)))


class _Models(Structure):
    """`safu_models`"""

    _fields_ = (
        ("flash", c_void_p),
        *((name, c_size_t) for name in ("at", "slot", "taken")),
        ("has_begun", c_bool),
    )


class _Model(Structure):
    """`safu_stored`"""

    _fields_ = (("bytes", c_void_p), *((name, c_uint32) for name in ("size", "crc", "version")))


@dataclass(frozen=True, slots=True)
class Standing:
    """What the slots hold: images, and the version that is being sent and how much of it is here."""

    acting: bytes
    is_on_trial: bool
    before: bytes
    incoming: int
    taken: int


class HostModels(_Chip):
    """Models. Raises `FlashError`."""

    def __init__(self, made: ctypes.CDLL, flash: FlashDouble, at: int, size: int) -> None:
        super().__init__(made, flash)
        made.safu_models_open.argtypes = [POINTER(_Models), POINTER(_Flash), c_size_t, c_size_t]
        made.safu_models_begin.argtypes = [POINTER(_Models), *[c_uint32] * 3, POINTER(c_size_t)]
        made.safu_models_data.argtypes = [POINTER(_Models), c_size_t, c_void_p, c_size_t]
        made.safu_models_room.restype = c_size_t
        made.safu_models_incoming.restype = c_bool
        made.safu_models_acting.restype = made.safu_models_before.restype = _Model
        self._models = _Models()
        self._check(made.safu_models_open(self._models, flash.struct, at, size))

    @property
    def room(self) -> int:
        """The greatest image that fits."""
        return int(self._library.safu_models_room(byref(self._models)))

    def standing(self) -> Standing:
        """What is where."""
        is_on_trial, incoming, at = c_bool(), _Model(), c_size_t()
        acting = self._library.safu_models_acting(byref(self._models), byref(is_on_trial))
        before = self._library.safu_models_before(byref(self._models))
        is_sent = self._library.safu_models_incoming(byref(self._models), byref(incoming), byref(at))
        version, taken = (incoming.version, at.value) if is_sent else (0, 0)
        return Standing(_image(acting), is_on_trial.value, _image(before), version, taken)

    def begin(self, size: int, crc: int, version: int) -> int:
        """Where to go on."""
        at = c_size_t()
        self._check(self._library.safu_models_begin(self._models, size, crc, version, at))
        return at.value

    def data(self, at: int, data: bytes) -> None:
        """The next bytes."""
        self._check(self._library.safu_models_data(self._models, at, data, len(data)))

    def check(self) -> bytes:
        """The image that was sent."""
        at, size = c_void_p(), c_size_t()
        self._check(self._library.safu_models_check(byref(self._models), byref(at), byref(size)))
        return ctypes.string_at(at, size.value)

    def try_it(self) -> None:
        """It acts, on trial."""
        self._do(self._library.safu_models_try)

    def keep(self) -> None:
        """It is no longer on trial."""
        self._do(self._library.safu_models_keep)

    def return_(self) -> None:
        """The one before acts."""
        self._do(self._library.safu_models_return)

    def _do(self, step: Callable[..., int]) -> None:
        self._check(step(byref(self._models)))


def _image(model: _Model) -> bytes:
    return ctypes.string_at(model.bytes, model.size) if model.bytes else b""
