"""Where the bytes go: the sections of an image, what changes in memory, and the files that were written.

Left out: code, which depends on the chip (`make firmware` measures it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from device.safu.image import Kind, unpack_image
from device.safu.integer_stream import LAYERS
from firmware_export.exportable import Exportable

_SECTIONS = {
    Kind.INTENTS: (
        "shape",
        "digests of exact features",
        "weights of the inputs",
        "weights of the outputs",
        "factors of the inputs",
        "factors of the outputs",
        "biases of the hidden units",
        "biases of the actions",
        "names of the actions",
    ),
    Kind.STREAM: (
        "shape",
        "vectors of the tokens",
        *(f"{part} of the {layer} layer" for part in ("weights", "multipliers", "biases") for layer in LAYERS),
        "names of the outputs",
    ),
}
"""In the order of an image."""


def image_sizes(exported: Exportable[Any]) -> dict[str, int]:
    """Bytes of flash that the model takes, by part, and all of it."""
    data = exported.image().pack()
    kind, sections = unpack_image(data)
    sizes = dict(zip(_SECTIONS[kind], map(len, sections), strict=True))
    return sizes | {"head and padding": len(data) - sum(sizes.values()), "model in flash": len(data)}


def table(exported: Exportable[Any], written: Mapping[str, Sequence[Path]]) -> Table:
    """All of it, in bytes; `written` are the files of each export."""
    found = Table("part", "bytes")
    for name, size in (image_sizes(exported) | exported.memory_sizes()).items():
        found.add_row(name, f"{size:,}")
    for name, files in written.items():
        found.add_row(f"files of {name}", f"{sum(path.stat().st_size for path in files):,}")
    for column in found.columns[1:]:
        column.justify = "right"
    return found
