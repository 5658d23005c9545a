"""Samples to frames: every 20 ms the level of 20 mel bands, in steps of 0.376 dB, one byte each.

    8 kHz, 25 ms -> difference (0.97) -> Hamming window -> FFT of 256 -> energy -> mel bands -> 8 log2

All in integers: the FFT is one of 128 complex points, in 16 bits with a common exponent a frame (block floating
point), so that a whisper has as many digits as a shout. 50 frames a second are enough: what follows looks at every
20 ms only. Left out: other rates (`decimator.py` halves 16 kHz).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from device.acoustic.arithmetic import STEPS, Int64s, Ints, floor_log2, rounded, shift_right, steps_of

RATE_HZ = 8_000
HOP = 160
WINDOW = 200
FRAME_MS = 1000 * HOP // RATE_HZ
BANDS = 20
_POINTS = 256
_HALF = _POINTS // 2
_STAGES = 7
_EMPHASIS = 31_785
"""0.97 with 15 fractional bits."""
_LARGEST = 13_572
"""A butterfly multiplies by 1 + sqrt(2) at most; more than this would leave 16 bits."""
_QUIETEST = 15 * STEPS
"""This level is byte 0: about 75 dB below full scale; byte 255 is a sine at full scale."""

Frames = npt.NDArray[np.uint8]
"""(T, BANDS)"""


def frames_of(samples: Ints, before: int = 0) -> Frames:
    """(T, BANDS) of int16 samples at 8 kHz: one frame for every `HOP` samples that have `WINDOW` behind their start.

    `before` is the sample before the first.
    """
    if len(samples) < WINDOW:
        return np.zeros((0, BANDS), np.uint8)
    lagged = np.concatenate([[before], samples[:-1]])
    steeper = samples.astype(np.int64) - shift_right(_EMPHASIS * lagged.astype(np.int64), 15)
    windows = np.lib.stride_tricks.sliding_window_view(steeper, WINDOW)[::HOP]
    windowed = shift_right(windows * _hamming(), 15)  # (T, WINDOW), 17 bits
    energies, exponents = _energies(windowed)
    bands = np.stack([energies[:, low:high] @ weights for low, high, weights in _mel()], axis=1)  # (T, BANDS), 32 bits
    levels = np.where(bands > 0, steps_of(bands) + STEPS * exponents[:, np.newaxis] - _QUIETEST, 0)
    return np.clip(levels, 0, 255).astype(np.uint8)


def _energies(windowed: Int64s) -> tuple[Int64s, Int64s]:
    """(T, HALF + 1) energies of 21 bits, and the (T,) powers of two that they are to be multiplied by."""
    padded = np.pad(windowed, ((0, 0), (0, _POINTS - WINDOW)))
    real, imaginary, shifts = _fft(padded[:, 0::2], padded[:, 1::2])
    real, imaginary = _of_reals(real, imaginary)
    return (real**2 + imaginary**2) >> 8, 2 * shifts + 8


def _fft(real: Int64s, imaginary: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """128 complex points, decimation in time; the result is to be multiplied by 2^shifts."""
    order = _bit_reversed()
    real, imaginary = real[:, order], imaginary[:, order]
    shifts = np.zeros(len(real), np.int64)
    for stage in range(_STAGES):
        real, imaginary, more = _fitted(real, imaginary)
        shifts += more
        real, imaginary = _butterflies(real, imaginary, 1 << stage)
    real, imaginary, more = _fitted(real, imaginary)
    return real, imaginary, shifts + more


def _fitted(real: Int64s, imaginary: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """Each frame times the power of two that makes its greatest part as large as it may be."""
    greatest = np.maximum(np.maximum(np.abs(real).max(axis=1), np.abs(imaginary).max(axis=1)), 1)
    shifts = floor_log2(greatest) - 13
    down, up = np.maximum(shifts, 0), np.maximum(-shifts, 0)
    shifts += greatest << up > _LARGEST << down
    down, up = np.maximum(shifts, 0)[:, np.newaxis], np.maximum(-shifts, 0)[:, np.newaxis]
    return shift_right(real, down) << up, shift_right(imaginary, down) << up, shifts


def _butterflies(real: Int64s, imaginary: Int64s, size: int) -> tuple[Int64s, Int64s]:
    """One stage: pairs of transforms of `size` points become transforms of twice as many."""
    cosine, sine = _twiddles(size)
    shape = (len(real), -1, 2, size)
    a, b = real.reshape(shape), imaginary.reshape(shape)
    turned = shift_right(a[:, :, 1] * cosine + b[:, :, 1] * sine, 15)
    turned_b = shift_right(b[:, :, 1] * cosine - a[:, :, 1] * sine, 15)
    a = np.stack([a[:, :, 0] + turned, a[:, :, 0] - turned], axis=2)
    b = np.stack([b[:, :, 0] + turned_b, b[:, :, 0] - turned_b], axis=2)
    return a.reshape(len(real), -1), b.reshape(len(real), -1)


def _of_reals(real: Int64s, imaginary: Int64s) -> tuple[Int64s, Int64s]:
    """(T, HALF + 1): half the spectrum of 256 reals from that of their even and odd halves as 128 complex points."""
    at = np.arange(_HALF + 1) % _HALF
    mirrored = -at % _HALF
    even, even_b = real[:, at] + real[:, mirrored], imaginary[:, at] - imaginary[:, mirrored]
    odd, odd_b = imaginary[:, at] + imaginary[:, mirrored], real[:, mirrored] - real[:, at]
    cosine, sine = _twiddles(_HALF, one_more=1)
    turned = shift_right(odd * cosine + odd_b * sine, 15)
    turned_b = shift_right(odd_b * cosine - odd * sine, 15)
    return shift_right(even + turned, 2), shift_right(even_b + turned_b, 2)


@cache
def _twiddles(size: int, one_more: int = 0) -> tuple[Int64s, Int64s]:
    """Cosines and sines of 0 to half a circle in `size` parts, 15 fractional bits."""
    angles = np.pi * np.arange(size + one_more) / size
    return _q15(np.cos(angles)), _q15(np.sin(angles))


@cache
def _hamming() -> Int64s:
    return _q15(np.hamming(WINDOW))


@cache
def _bit_reversed() -> Int64s:
    return np.array([int(f"{place:0{_STAGES}b}"[::-1], 2) for place in range(_HALF)])


@cache
def _mel() -> tuple[tuple[int, int, Int64s], ...]:
    """Of each band the first bin, the last plus one, and weights with 7 fractional bits; triangles, 100 to 3800 Hz."""
    mel = np.linspace(2595 * np.log10(1 + 100 / 700), 2595 * np.log10(1 + 3800 / 700), BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    bins = np.arange(_HALF + 1) * RATE_HZ / _POINTS
    bands = []
    for low, centre, high in zip(edges, edges[1:], edges[2:], strict=False):
        weights = np.rint(
            128 * np.maximum(0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)))
        )
        first, *_, last = np.flatnonzero(weights)
        bands.append((int(first), int(last) + 1, weights[first : last + 1].astype(np.int64)))
    return tuple(bands)


def _q15(reals: npt.NDArray[np.float64]) -> Int64s:
    return np.minimum(rounded(reals * 2**15), 2**15 - 1)
