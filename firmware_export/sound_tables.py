"""The numbers and tables of the acoustic switch as C: `device/acoustic/*.py` decides, a chip has the same.

`python -m firmware_export.sound_tables` writes `runtime/safu_acoustic.h` and `runtime/safu_acoustic.c`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from device.acoustic import (
    arithmetic,
    codebook,
    counts,
    decimator,
    end_pointer,
    noise,
    rejection,
    spectrum,
    streams,
    switch,
)
from device.acoustic import windows as islands
from device.acoustic.arithmetic import decibels
from firmware_export.host import RUNTIME
from firmware_export.tables import listed

_PER_LINE = 14
_MADE = "/* Made by `python -m firmware_export.sound_tables` from device/acoustic. */\n"

Whole = npt.NDArray[np.int64]


def written() -> dict[str, str]:
    """Texts by name of file."""
    return {"safu_acoustic.h": _header(), "safu_acoustic.c": _source()}


def numbers() -> dict[str, int]:
    """What the parts of the runtime are told by name."""
    return {
        "STEPS": arithmetic.STEPS,
        "HOP": spectrum.HOP,
        "WINDOW": spectrum.WINDOW,
        "BANDS": spectrum.BANDS,
        "EMPHASIS": spectrum._EMPHASIS,
        "LARGEST": spectrum._LARGEST,
        "QUIETEST": spectrum._QUIETEST,
        "TAPS": decimator._TAPS,
        "LOOK_BACK": end_pointer.LOOK_BACK,
        "LONGEST": end_pointer.LONGEST,
        "FIRST": end_pointer._FIRST,
        "HANG": end_pointer._HANG,
        "START": end_pointer._START,
        "KEEP": end_pointer._KEEP,
        "MARGIN": end_pointer.MARGIN,
        "LOUD_BANDS": end_pointer.LOUD_BANDS,
        "ABOVE_ROOM": end_pointer._ABOVE_ROOM,
        "BELOW_PEAK": end_pointer._BELOW_PEAK,
        "QUIETEST_ROOM": end_pointer.QUIETEST_ROOM,
        "ROOM_BITS": end_pointer._ROOM_BITS,
        "FAST": end_pointer._FAST,
        "SLOW": end_pointer._SLOW,
        "SETTLED": end_pointer._SETTLED,
        "LAG": end_pointer._LAG,
        "LINES": len(islands._LINES),
        "WORD_LINE": islands._WORD_LINE,
        "GAP": islands._GAP,
        "SHORT_GAP": islands._SHORT_GAP,
        "LEAST": islands._LEAST,
        "AROUND": islands.AROUND,
        "AS_LOUD": islands._AS_LOUD,
        "NOISE_FRAMES": noise.FRAMES,
        "COPIES": len(noise._BELOW_DB),
        "PEAK_OVER_MEAN": noise._PEAK_OVER_MEAN,
        "STRIDE": noise._STRIDE,
        "STREAMS": len(streams.STREAMS),
        "CEPSTRA": streams.CEPSTRA,
        "FULL_WEIGHT": streams.FULL_WEIGHT,
        "CLIP": streams._CLIP,
        "FULL_EXCESS": streams._FULL,
        "REACH": streams._REACH,
        "LEAST_MOVEMENT": streams._LEAST_MOVEMENT,
        "MEAN_BITS": streams._MEAN_BITS,
        "STATIC_BITS": streams._SHIFTS[0],
        "PARTS": len(codebook.PARTS),
        "NEAREST": codebook._NEAREST,
        "GIVEN": codebook._GIVEN,
        "LEAST_GIVEN": codebook._LEAST_GIVEN,
        "SHARE_BITS": codebook.SHARE_BITS,
        "STRANGE_BITS": codebook.STRANGE_BITS,
        "TOKEN_SHIFT": codebook.SHARE_BITS + codebook._PLACE_BITS + codebook._WEIGHT_BITS - codebook.TOKEN_BITS,
        "SHARES": codebook._SHARES,
        "INHERITED_BITS": counts._INHERITED_BITS,
        "EIGHTHS": counts._EIGHTHS,
        "REMEMBERED": rejection._REMEMBERED,
        "REFUSED": rejection._REFUSED,
        "LEAST_MARGIN": rejection._LEAST,
        "MOST_MARGIN": rejection._MOST,
        "HEARING": switch.HEARING,
        "CORRECTIONS": switch.CORRECTIONS,
        "TEMPTING": switch.TEMPTING,
        "USUAL": switch.USUAL,
        "STRANGER": switch.STRANGER,
        "STRANGEST": switch.STRANGEST,
        "FEWEST_LESSONS": switch.FEWEST_LESSONS,
    }


def tables() -> list[tuple[str, str, Whole]]:
    """Type, name and values."""
    bands = spectrum._mel()
    cosine, sine = spectrum._twiddles(spectrum._HALF, one_more=1)
    return [
        ("uint32_t", "borders", arithmetic._borders()),
        ("uint16_t", "logs", arithmetic._log_table()),
        ("uint8_t", "sums", arithmetic._sum_table()),
        ("uint8_t", "rests", arithmetic._rest_table()),
        ("int16_t", "taps", decimator._taps()),
        ("int16_t", "hamming", spectrum._hamming()),
        ("uint32_t", "twiddles", (cosine & 0xFFFF) | (sine & 0xFFFF) << 16),
        ("uint8_t", "reversed", spectrum._bit_reversed()),
        ("uint8_t", "band_first", np.array([first for first, _, _ in bands])),
        ("uint8_t", "band_end", np.array([end for _, end, _ in bands])),
        ("uint8_t", "band_weights", np.concatenate([weights for _, _, weights in bands])),
        ("uint16_t", "water_lines", np.array(islands._LINES)),
        ("int8_t", "noise", noise._noise().ravel()),
        ("int8_t", "quiet_noise", noise._quiet_noise()),
        ("uint8_t", "noise_below", np.array([decibels(db) for db in noise._BELOW_DB])),
        ("int8_t", "cosines", streams._cosines().ravel()),
        ("uint16_t", "shares", codebook._table()),
        (
            "uint16_t",
            "cell_logs",
            arithmetic.log2_of(8 * np.arange(len(codebook.PARTS) * counts.FULL + 1) + counts._EIGHTHS),
        ),
    ]


def _header() -> str:
    named = "".join(f"    SAFU_{name} = {value},\n" for name, value in numbers().items())
    known = "".join(f"extern const {kind} safu_{name}[{len(values)}];\n" for kind, name, values in tables())
    guard = "SAFU_ACOUSTIC_H"
    return f"{_MADE}#ifndef {guard}\n#define {guard}\n\n#include <stdint.h>\n\nenum {{\n{named}}};\n\n{known}\n#endif\n"


def _source() -> str:
    parts = [_MADE, '#include "safu_acoustic.h"\n']
    for kind, name, values in tables():
        limits = np.iinfo(kind.removesuffix("_t"))
        if values.min() < limits.min or values.max() > limits.max:
            raise ValueError(f"safu_{name} does not fit into {kind}: {values.min()} to {values.max()}")
        parts.append(f"\nconst {kind} safu_{name}[{len(values)}] = {{\n{listed(values, _PER_LINE)}}};\n")
    return "".join(parts)


if __name__ == "__main__":
    for file, text in written().items():
        (RUNTIME / file).write_text(text, encoding="ascii")
