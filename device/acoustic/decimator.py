"""16 kHz to 8 kHz, in pieces of any size: a low-pass filter of 47 integers, then every second sample.

Flat to 3.4 kHz, 60 dB down from 4.6 kHz on: what could come back lies above the highest band that is looked at.
Left out: every other rate (`device/audio/resample.py` makes 16 kHz of them).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from device.acoustic.arithmetic import Int64s, rounded, shift_right

_TAPS = 47
_TAP_BITS = 15
_EDGE = 0.5
"""Middle of the transition as a share of the half rate before."""
_KAISER_BETA = 5.65


class Decimator:
    """Holds the samples between two pieces. The result lags by 23 samples of the input: 1.4 ms."""

    def __init__(self) -> None:
        self._held = np.zeros(_TAPS - 1, np.int64)

    def halve(self, samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        """int16 at 16 kHz to int16 at 8 kHz; of an odd number the last waits for the next piece."""
        heard = np.concatenate([self._held, samples.astype(np.int64)])
        made = max(0, (len(heard) - _TAPS + 2) // 2)
        windows = np.lib.stride_tricks.sliding_window_view(heard, _TAPS)[: 2 * made : 2] if made else heard[:0, None]
        self._held = heard[2 * made :]
        filtered = shift_right(windows @ _taps(), _TAP_BITS) if made else np.zeros(0, np.int64)
        return np.clip(filtered, -(2**15), 2**15 - 1).astype(np.int16)


@cache
def _taps() -> Int64s:
    """(TAPS,), in sum 1."""
    places = np.arange(_TAPS) - _TAPS // 2
    taps = _EDGE * np.sinc(_EDGE * places) * np.kaiser(_TAPS, _KAISER_BETA)
    whole = rounded(taps / taps.sum() * 2**_TAP_BITS)
    whole[_TAPS // 2] += (1 << _TAP_BITS) - whole.sum()
    return whole
