"""Models in files: safetensors, and a JSON header that says what they are. Never pickle.

The header is one string of the safetensors metadata: format version, architecture, vocabulary, actions, parent,
absorbed lessons, figures. Weights are mapped into memory, so that pages nobody uses cost nothing. Whatever does not fit
together, is truncated, or comes from another version is refused by name. Left out: signatures.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from device.errors import BundleError
from device.safu.contexts import Floats
from device.safu.hidden import ACTIVATIONS
from device.safu.model import Architecture, Safu, Weights

FORMAT = 1
SUFFIX = ".safu"


@dataclass(frozen=True, slots=True)
class Header:
    """What a bundle says of itself."""

    architecture: Architecture
    vocabulary: tuple[str, ...] = ()
    """Tokens by rank."""
    actions: tuple[str, ...] = ()
    """Outputs by column; those of a language model are its vocabulary."""
    parent: str = ""
    """The bundle that it was trained on from."""
    absorbed: tuple[int, ...] = ()
    """Lessons it has learned already."""
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model and what it says of itself."""

    header: Header
    model: Safu


def save(path: Path, bundle: Bundle) -> None:
    """Write a bundle, whole or not at all. Raises `BundleError` if the disk does not take it."""
    arrays = {name: np.ascontiguousarray(a, np.float32) for name, a in bundle.model.weights.arrays().items()}
    header = {"format": FORMAT, **asdict(bundle.header)}
    beside = path.with_name(path.name + ".part")
    try:
        save_file(arrays, beside, metadata={"safu": json.dumps(header)})
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        beside.replace(path)
    except (OSError, SafetensorError) as error:
        beside.unlink(missing_ok=True)
        raise BundleError(f"{path} cannot be written: {error}") from error


def load(path: Path) -> Bundle:
    """Open a bundle, its arrays mapped into memory. Raises `BundleError`, saying what is wrong with which file."""
    try:
        with safe_open(path, framework="numpy") as file:  # checks every offset and shape against the file
            header = _header(path, (file.metadata() or {}).get("safu"))
        arrays = _mapped(path)
    except (OSError, SafetensorError) as error:
        raise BundleError(f"{path} is no model bundle, or a damaged one: {error}") from error
    try:
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                raise ValueError(f"{name} has numbers that are not finite")
        return Bundle(header, Safu(header.architecture, Weights(**arrays)))
    except (TypeError, ValueError) as error:
        raise BundleError(f"{path} does not hold what its header says: {error}") from error


def _mapped(path: Path) -> dict[str, Floats]:
    """The arrays of a safetensors file that was checked: 8 bytes of length, a JSON header, then the numbers."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        entries = json.loads(file.read(length))
    arrays: dict[str, Floats] = {}
    for name, entry in entries.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] != "F32":
            raise BundleError(f"{path} holds {name} as {entry['dtype']}; this safu reads 32-bit floats")
        offset = 8 + length + entry["data_offsets"][0]
        arrays[name] = np.memmap(path, "<f4", "r", offset, tuple(entry["shape"]))
    return arrays


def _header(path: Path, text: str | None) -> Header:
    if text is None:
        raise BundleError(f"{path} is a safetensors file, but no model bundle: it has no safu header")
    try:
        raw = json.loads(text)
        version = raw.pop("format")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise BundleError(f"{path} has a header that cannot be read: {error}") from error
    if version != FORMAT:
        raise BundleError(f"{path} is of format {version}; this safu reads format {FORMAT}", hint="update safu")
    try:
        return _parse(raw)
    except (TypeError, ValueError, KeyError) as error:
        raise BundleError(f"{path} has a header that makes no sense: {error}") from error


def _parse(raw: dict[str, Any]) -> Header:
    architecture = Architecture(**raw.pop("architecture"))
    for name, kind in get_type_hints(Architecture).items():
        value = getattr(architecture, name)
        right = {bool: (bool,), int: (int,), float: (int, float)}.get(kind, (str,))
        if type(value) not in right or (right != (str,) and value < 0):
            raise ValueError(f"{name} should not be {value!r}")
    if architecture.activation not in ACTIVATIONS:
        raise ValueError(f"activation {architecture.activation!r} is none of {', '.join(ACTIVATIONS)}")
    for name in ("vocabulary", "actions", "absorbed"):
        raw[name] = tuple(raw[name])
    header = Header(architecture, **raw)
    for name, size in (("vocabulary", architecture.vocabulary), ("actions", architecture.outputs)):
        found = getattr(header, name)
        if found and len(found) != size:
            raise ValueError(f"{len(found)} entries of the {name}, but the architecture has {size}")
    return header
