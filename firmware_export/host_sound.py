"""The acoustic switch in C on this machine: samples to frames to sounds to actions, called from Python.

It is how the C is compared with `device/acoustic` without a board. Left out: boards (`sound.py`).
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, byref, c_bool, c_int16, c_int32, c_size_t, c_uint8, c_uint16, c_uint32, c_void_p
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.acoustic.decimator import _TAPS
from device.acoustic.end_pointer import LONGEST, LOOK_BACK, Sound
from device.acoustic.spectrum import BANDS, HOP, WINDOW, Frames
from device.acoustic.windows import Window
from device.errors import ExportError

Samples = npt.NDArray[np.int16]

_MEMORY = (c_void_p, c_size_t)
_SOUND_FRAMES = LOOK_BACK + LONGEST + 2


class _Decimator(Structure):
    """`safu_decimator`"""

    _fields_ = (("held", c_int16 * (2 * _TAPS)), ("count", c_uint16))


class _Spectrum(Structure):
    """`safu_spectrum`"""

    _fields_ = (("samples", c_int16 * (1 + WINDOW)), ("count", c_uint16))


class HostDecimator:
    """`device.acoustic.decimator.Decimator`, as a chip does it."""

    def __init__(self, made: ctypes.CDLL) -> None:
        made.safu_decimator_hear.argtypes = [POINTER(_Decimator), c_void_p, c_size_t, c_void_p]
        made.safu_decimator_hear.restype = c_size_t
        self._library, self._decimator = made, _Decimator()
        made.safu_decimator_begin(byref(self._decimator))

    def halve(self, samples: Samples) -> Samples:
        """int16 at 16 kHz to int16 at 8 kHz."""
        given, made = np.ascontiguousarray(samples), np.zeros(len(samples) // 2 + 1, np.int16)
        halved = self._library.safu_decimator_hear
        return made[: halved(self._decimator, given.ctypes.data, len(given), made.ctypes.data)]


class HostSpectrum:
    """`device.acoustic.spectrum.frames_of`, in pieces of any size."""

    def __init__(self, made: ctypes.CDLL) -> None:
        made.safu_spectrum_hear.argtypes = [POINTER(_Spectrum), c_void_p, c_size_t, c_void_p, POINTER(c_bool)]
        made.safu_spectrum_hear.restype = c_size_t
        self._library, self._spectrum = made, _Spectrum()
        made.safu_spectrum_begin(byref(self._spectrum))

    def frames_of(self, samples: Samples) -> Frames:
        """(T, BANDS): those that these samples complete."""
        given, frames = np.ascontiguousarray(samples), np.zeros((len(samples) // HOP + 1, BANDS), np.uint8)
        at, made, is_ready = 0, 0, c_bool()
        while at < len(given):
            where, to = given[at:].ctypes.data, frames[made:].ctypes.data
            at += self._library.safu_spectrum_hear(self._spectrum, where, len(given) - at, to, is_ready)
            made += is_ready.value
        return frames[:made]


class _Sound(Structure):
    """`safu_sound`"""

    _fields_ = (
        ("began", c_uint32),
        ("count", c_uint16),
        ("room", c_uint8 * BANDS),
        ("frames", c_uint8 * BANDS * _SOUND_FRAMES),
    )

    @classmethod
    def of(cls, sound: Sound) -> _Sound:
        """Raises `ValueError` if it is longer than any that a chip hears."""
        if len(sound.frames) > _SOUND_FRAMES:
            raise ValueError(f"a sound has at most {_SOUND_FRAMES} frames, not {len(sound.frames)}")
        made = cls(sound.began, len(sound.frames))
        made.room[:] = sound.room.tolist()
        ctypes.memmove(made.frames, sound.frames.tobytes(), sound.frames.size)
        return made

    def heard(self) -> Sound:
        """As Python has it."""
        frames = np.ctypeslib.as_array(self.frames)[: self.count].copy()
        return Sound(np.ctypeslib.as_array(self.room).copy(), frames, self.began)


class _EndPointer(Structure):
    """`safu_end_pointer`"""

    _fields_ = (
        ("sound", _Sound),
        ("room", c_uint16 * BANDS),
        *((name, c_uint32) for name in ("heard", "too_long")),
        *((name, c_uint16) for name in ("began", "last_loud", "peak", "before")),
        ("settling", c_uint8),
        ("is_sounding", c_bool),
    )


class HostEndPointer:
    """`device.acoustic.end_pointer.EndPointer`, as a chip does it."""

    def __init__(self, made: ctypes.CDLL) -> None:
        made.safu_end_pointer_hear.argtypes = [POINTER(_EndPointer), c_void_p]
        made.safu_end_pointer_hear.restype = POINTER(_Sound)
        self._library, self._pointer = made, _EndPointer()
        made.safu_end_pointer_begin(byref(self._pointer))

    @property
    def too_long(self) -> int:
        """Sounds that were dropped because they did not end."""
        return int(self._pointer.too_long)

    def hear(self, frame: Frames) -> Sound | None:
        """Take one (BANDS,) frame."""
        given = np.ascontiguousarray(frame)
        found = self._library.safu_end_pointer_hear(self._pointer, given.ctypes.data)
        return found.contents.heard() if found else None


class _Window(Structure):
    """`safu_window`"""

    _fields_ = (("begin", c_uint8), ("end", c_uint8))


class _Meaning(Structure):
    """`safu_meaning`"""

    _fields_ = (("margin", c_int32), ("window", _Window), ("action", c_uint8), ("is_accepted", c_bool))


class _Switch(Structure):
    """`safu_switch`, of which nothing is looked at."""

    _fields_ = (("parts", c_void_p * 32),)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a window of a sound may mean."""

    action: int
    window: Window
    margin: int
    is_accepted: bool


class HostSwitch:
    """`device.acoustic.switch.AcousticSwitch`, as a chip does it. Raises `ExportError` for what a chip cannot hold."""

    _MOST = 16

    def __init__(self, made: ctypes.CDLL, actions: int, background: int = 20, codewords: int = 128) -> None:
        made.safu_switch_bytes.restype = made.safu_switch_work_bytes.restype = c_size_t
        made.safu_switch_begin.argtypes = [POINTER(_Switch), *_MEMORY, *_MEMORY, *[c_uint32] * 3]
        made.safu_switch_resume.argtypes = [POINTER(_Switch), *_MEMORY, *_MEMORY]
        made.safu_switch_predict.argtypes = [POINTER(_Switch), POINTER(_Sound), c_void_p, c_uint32]
        made.safu_switch_learn_one.argtypes = [POINTER(_Switch), POINTER(_Sound), c_uint32]
        made.safu_switch_learn_background.argtypes = [POINTER(_Switch), POINTER(_Sound)]
        made.safu_switch_correct.argtypes = [POINTER(_Switch), POINTER(_Sound)]
        shape = (actions, background, codewords)
        self._library, self._switch = made, _Switch()
        self._state = np.full(made.safu_switch_bytes(*shape) // 4, 0xA5A5A5A5, np.uint32)
        self._work = np.full(made.safu_switch_work_bytes(*shape) // 4, 0x5A5A5A5A, np.uint32)
        self._check(made.safu_switch_begin(self._switch, *self._memory(), *shape))

    def resume(self, state: bytes) -> None:
        """Go on from what was saved."""
        self._state = np.frombuffer(state, np.uint32).copy()
        self._check(self._library.safu_switch_resume(self._switch, *self._memory()))

    def state(self) -> bytes:
        """Its memory."""
        return self._state.tobytes()

    @property
    def work_bytes(self) -> int:
        """Of memory beside the state."""
        return self._work.nbytes

    def predict_one(self, sound: Sound) -> list[Meaning]:
        """What a sound means: the best window first, then those that lie beside it."""
        found = (_Meaning * self._MOST)()
        count = self._library.safu_switch_predict(self._switch, _Sound.of(sound), found, self._MOST)
        return [
            Meaning(each.action, (each.window.begin, each.window.end), each.margin, each.is_accepted)
            for each in found[:count]
        ]

    def learn_one(self, sound: Sound, action: int) -> bool:
        """A sound meant that action. False: there is no word in it, or no such action."""
        return self._is_learned(self._library.safu_switch_learn_one(self._switch, _Sound.of(sound), action))

    def learn_background(self, sound: Sound) -> bool:
        """Nobody meant it."""
        return self._is_learned(self._library.safu_switch_learn_background(self._switch, _Sound.of(sound)))

    def correct(self, sound: Sound) -> bool:
        """It was taken for an action, and was none."""
        return self._is_learned(self._library.safu_switch_correct(self._switch, _Sound.of(sound)))

    def _memory(self) -> tuple[int, int, int, int]:
        return self._state.ctypes.data, self._state.nbytes, self._work.ctypes.data, self._work.nbytes

    def _is_learned(self, status: int) -> bool:
        return status == 0

    def _check(self, status: int) -> None:
        if status:
            name = self._library.safu_status_name(ctypes.c_int(status)).decode()
            raise ExportError(f"the chip refuses the switch: {name}")
