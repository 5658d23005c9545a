"""Any sample rate and number of channels to the one we hear with: a polyphase low-pass filter, numpy only.

The filter is a windowed sinc (Kaiser, 80 dB): flat to 0.87 of the lower of the two half rates, nothing left from
that half rate on, so that no tone above it comes back as another. Output sample 0 lies at input sample 0; the
filter looks 40 zero crossings ahead, which is 2.5 ms at 48 kHz. Measured on one core: 0.4 % of real time.
Left out: rates that change while sound flows.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from device.messages import SAMPLE_RATE_HZ

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 1_000, 768_000
"""Outside of these, a header lies; a filter for it could be gigabytes long."""

_CROSSINGS = 40
"""Zero crossings of the sinc on either side: what makes the transition 1 kHz wide at 16 kHz."""
_KAISER_BETA = 7.86
"""80 dB: below the noise of every microphone we know."""
_EDGE = 0.9375
"""Middle of the transition as a share of the half rate, so that it ends at the half rate."""
_BLOCK_SAMPLES = 1 << 15
"""Work on a long recording in pieces: the windows of all of it at once would be 240 times its size."""


class Resampler:
    """Mono samples at `rate_hz`, in pieces of any size, to int16 at 16 kHz. Holds the sound between two pieces."""

    def __init__(self, rate_hz: int) -> None:
        if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
            raise ValueError(f"{rate_hz} Hz is not a sample rate between {LOWEST_RATE_HZ} and {HIGHEST_RATE_HZ}")
        common = math.gcd(rate_hz, SAMPLE_RATE_HZ)
        self._up, self._down = SAMPLE_RATE_HZ // common, rate_hz // common
        self._taps = _low_pass(self._up, self._down)  # (up, taps)
        self._ahead = self._taps.shape[1] // 2
        self._held = np.zeros(self._ahead - 1, np.float32)
        self._held_from = 1 - self._ahead  # input position of the first held sample
        self._taken = self._made = 0

    def resample(self, samples: NDArray[np.floating | np.integer]) -> NDArray[np.int16]:
        """Return what can be said for sure after these samples: all but the last 40 zero crossings."""
        self._taken += len(samples)
        if self._up == self._down:
            self._made += len(samples)
            return _as_int16(samples)
        self._held = np.concatenate([self._held, samples.astype(np.float32)])
        return self._make(max(0, self._taken - self._ahead) * self._up // self._down)

    def finish(self) -> NDArray[np.int16]:
        """Return the rest, as if silence followed; in all `ceil(samples * 16000 / rate_hz)`."""
        if self._up == self._down:
            return np.zeros(0, np.int16)
        self._held = np.concatenate([self._held, np.zeros(self._ahead + 1, np.float32)])
        return self._make(-(-self._taken * self._up // self._down))

    def _make(self, until: int) -> NDArray[np.int16]:
        """Make the output samples up to number `until`, and drop the input nobody needs any more."""
        if until <= self._made:
            return np.zeros(0, np.int16)
        positions = np.arange(self._made, until, dtype=np.int64) * self._down
        first = positions // self._up - self._ahead + 1 - self._held_from  # (outputs,)
        windows = np.lib.stride_tricks.sliding_window_view(self._held, self._taps.shape[1])
        if self._up == 1:  # the common case, 48 kHz: no copies
            made = windows[first[0] : first[-1] + 1 : self._down] @ self._taps[0]
        else:
            made = np.einsum("nt,nt->n", windows[first], self._taps[positions % self._up])
        self._made = until
        needed = until * self._down // self._up - self._ahead + 1
        self._held = self._held[needed - self._held_from :]
        self._held_from = needed
        return _as_int16(made)


def to_mono(samples: NDArray[np.floating | np.integer]) -> NDArray[np.float32]:
    """The mean of the channels of `(frames, channels)`: it cannot clip."""
    if samples.shape[1] == 1:
        return samples[:, 0].astype(np.float32)
    mean: NDArray[np.float32] = samples.mean(axis=1, dtype=np.float32)
    return mean


def resample_all(samples: NDArray[np.floating | np.integer], rate_hz: int) -> NDArray[np.int16]:
    """A whole mono recording at 16 kHz.

    >>> len(resample_all(np.zeros(48_000), 48_000)), len(resample_all(np.zeros(8_001), 8_000))
    (16000, 16002)
    """
    resampler = Resampler(rate_hz)
    pieces = [resampler.resample(samples[at : at + _BLOCK_SAMPLES]) for at in range(0, len(samples), _BLOCK_SAMPLES)]
    return np.concatenate([*pieces, resampler.finish()])


def _low_pass(up: int, down: int) -> NDArray[np.float32]:
    """The filter, one row per phase between two input samples: `(up, taps)`."""
    cutoff = _EDGE * min(1.0, up / down)  # as a share of the input's half rate
    ahead = math.ceil(_CROSSINGS / min(1.0, up / down))
    offsets = np.arange(1 - ahead, ahead + 1)[None, :] - np.arange(up)[:, None] / up  # (up, taps), in input samples
    inside = np.clip(1 - (offsets / ahead) ** 2, 0, None)
    taps = cutoff * np.sinc(cutoff * offsets) * np.i0(_KAISER_BETA * np.sqrt(inside)) / np.i0(_KAISER_BETA)
    taps /= taps.sum(axis=1, keepdims=True)  # the same loudness at every phase
    filter_: NDArray[np.float32] = taps.astype(np.float32)
    return filter_


def _as_int16(samples: NDArray[np.floating | np.integer]) -> NDArray[np.int16]:
    whole: NDArray[np.int16] = np.clip(np.rint(samples), -32768, 32767).astype(np.int16)
    return whole
