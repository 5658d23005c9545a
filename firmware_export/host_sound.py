"""The acoustic switch in C on this machine: samples to frames to sounds to actions, called from Python.

It is how the C is compared with `device/acoustic` without a board. Left out: boards (`sound.py`).
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, byref, c_bool, c_int16, c_size_t, c_uint16, c_void_p

import numpy as np
import numpy.typing as npt

from device.acoustic.decimator import _TAPS
from device.acoustic.spectrum import BANDS, HOP, WINDOW, Frames

Samples = npt.NDArray[np.int16]


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
