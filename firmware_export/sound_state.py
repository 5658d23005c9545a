"""The state of a switch that learns sounds as a chip keeps it: `runtime/safu_switch.h`, little-endian.

A computer can teach, and a chip go on from there. Left out: the way back (a computer replays its lessons).
"""

from __future__ import annotations

import struct

import numpy as np

from device.acoustic.rejection import _REMEMBERED
from device.acoustic.streams import CEPSTRA
from device.acoustic.switch import HEARING, AcousticSwitch
from device.errors import ExportError

_ROW = 16
_MOST = 255


def packed(switch: AcousticSwitch) -> bytes:
    """All that a chip keeps. Raises `ExportError` if it has more columns or codewords than a chip can count."""
    codewords = switch.codebook.codewords.shape[1]
    if len(switch.lessons) > _MOST or codewords > _MOST:
        raise ExportError(f"a chip has at most {_MOST} columns and {_MOST} codewords")
    margins = list(switch.threshold._margins)
    errors = switch.codebook._errors.astype(np.uint64)
    return b"".join(
        [
            struct.pack("<4B", switch.actions, switch.background, codewords, switch.codebook.used),
            (errors & 0xFFFFFFFF).astype("<u4").tobytes(),
            (errors >> 32).astype("<u4").tobytes(),
            struct.pack("<I", switch.codebook._vectors),
            np.array(margins + [0] * (_REMEMBERED - len(margins)), "<i2").tobytes(),
            struct.pack("<BxH", len(margins), HEARING),
            switch.lessons.astype("<u4").tobytes(),
            _whole_words(switch.counts.halvings.tobytes()),
            _rows(switch).tobytes(),
            _whole_words(switch.counts.cells.tobytes()),
        ]
    )


def _whole_words(data: bytes) -> bytes:
    return data.ljust(-(-len(data) // 4) * 4, b"\0")


def _rows(switch: AcousticSwitch) -> np.ndarray:
    """(streams, codewords, _ROW): a codeword and its square."""
    words = switch.codebook.codewords
    squares = (words.astype(np.int32) ** 2).sum(axis=2).astype("<u4")
    rows = np.zeros((*words.shape[:2], _ROW), np.uint8)
    rows[..., :CEPSTRA] = words.view(np.uint8)
    rows[..., CEPSTRA:] = squares.view(np.uint8).reshape(*words.shape[:2], 4)[..., : _ROW - CEPSTRA]
    return rows
