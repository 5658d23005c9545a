"""Where the bytes go: the sections of an image, what a sentence takes, and the files that were written.

Left out: code, which depends on the chip (`make firmware` measures it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table

from device.safu.image import unpack_image
from device.safu.interleaved import padded
from firmware_export.exported import Exported

_SECTIONS = (
    "shape",
    "digests of exact features",
    "weights of the inputs",
    "weights of the outputs",
    "factors of the inputs",
    "factors of the outputs",
    "biases of the hidden units",
    "biases of the actions",
    "names of the actions",
)


def image_sizes(exported: Exported) -> dict[str, int]:
    """Bytes of flash that the model takes, by part, and all of it."""
    data = exported.image().pack()
    sizes = dict(zip(_SECTIONS, map(len, unpack_image(data)[1]), strict=True))
    return sizes | {"head and padding": len(data) - sum(sizes.values()), "model in flash": len(data)}


def memory_sizes(exported: Exported) -> dict[str, int]:
    """Bytes of memory while a command is heard."""
    return {"a sentence in memory": 6 * padded(exported.model.inputs.shape[0]), "its logits": 4 * len(exported.actions)}


def table(exported: Exported, written: Mapping[str, Sequence[Path]]) -> Table:
    """All of it, in bytes; `written` are the files of each export."""
    found = Table("part", "bytes")
    for name, size in (image_sizes(exported) | memory_sizes(exported)).items():
        found.add_row(name, f"{size:,}")
    for name, files in written.items():
        found.add_row(f"files of {name}", f"{sum(path.stat().st_size for path in files):,}")
    for column in found.columns[1:]:
        column.justify = "right"
    return found
