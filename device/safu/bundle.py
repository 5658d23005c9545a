"""Models as bytes: safetensors, and a JSON header that says what they are. Never pickle.

The header is one string of the safetensors metadata: format version, architecture, vocabulary, actions, house, version,
parent, absorbed lessons, figures. A model is of floats, mapped into memory so that pages nobody uses cost nothing, or,
as the trainer delivers it, of integers (`integer_reference.py`, `integer_stream.py`). Whatever does not fit together,
is truncated, or comes from another version is refused by name. Left out: signatures (`device/model_store.py`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, deserialize, safe_open
from safetensors.numpy import save as to_safetensors

from device.errors import BundleError
from device.ranges import ids_of, ranges_of
from device.safu.hidden import ACTIVATIONS
from device.safu.integer_reference import IntegerModel
from device.safu.integer_stream import IntegerStream
from device.safu.model import Architecture, Safu, Weights

FORMAT = 1
_LARGEST = 2**31
"""No part of an architecture is as large; nor is it NaN."""
SUFFIX = ".safu"
_TYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "I8": np.dtype("i1"), "I32": np.dtype("<i4")}
_MOST_BELIEF = 100.0
Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Header:
    """What a bundle says of itself."""

    architecture: Architecture
    vocabulary: tuple[str, ...] = ()
    """Tokens by rank."""
    actions: tuple[str, ...] = ()
    """Outputs by column; those of a language model are its vocabulary."""
    features: tuple[str, ...] = ()
    """Of the document's code: those with a row of their own, in this order."""
    names: tuple[str, ...] = ()
    """Words that devices were called when it was trained: of others it knows nothing."""
    house: str = ""
    """Whose it is; empty: anybody's."""
    version: int = 0
    """Of a house's models; rises."""
    parent: int = 0
    """The version that it replaces."""
    belief: tuple[float, ...] = ()
    """How far to believe the device's own parts and this model, as lessons taught that neither had seen."""
    absorbed: tuple[int, ...] = ()
    """Lessons that it knows by itself."""
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model and what it says of itself."""

    header: Header
    model: Safu | IntegerModel | IntegerStream


def pack(bundle: Bundle) -> bytes:
    """The bundle as bytes; the same bundle is always the same bytes."""
    model = bundle.model
    arrays = model.weights.arrays() if isinstance(model, Safu) else model.arrays()
    whole = {
        name: np.ascontiguousarray(a, np.float32 if a.dtype.kind == "f" else a.dtype) for name, a in arrays.items()
    }
    header = {"format": FORMAT, **asdict(bundle.header), "absorbed": ranges_of(bundle.header.absorbed)}
    return to_safetensors(whole, metadata={"safu": json.dumps(header)})


def unpack(data: bytes, name: str) -> Bundle:
    """The bundle of some bytes. Raises `BundleError`, saying what is wrong with what, which is called `name`."""
    try:
        deserialize(data)  # type: ignore[no-untyped-call]  # checks every offset and shape against the length
        return _read(np.frombuffer(data, np.uint8), name)
    except SafetensorError as error:
        raise BundleError(f"{name} is no model bundle, or a damaged one: {error}") from error


def save(path: Path, bundle: Bundle) -> None:
    """Write a bundle, whole or not at all. Raises `BundleError` if the disk does not take it."""
    write_whole(path, pack(bundle))


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all, for its owner's eyes. Raises `BundleError` if the disk does not take it."""
    beside = path.with_name(path.name + ".part")
    try:
        beside.touch(mode=0o600)
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise BundleError(f"{path} cannot be written: {error}") from error


def _sync_folder(folder: Path) -> None:
    """A name is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def load(path: Path) -> Bundle:
    """Open a bundle, its arrays mapped into memory. Raises `BundleError`, saying what is wrong with which file."""
    try:
        with safe_open(path, framework="numpy"):  # checks every offset and shape against the length
            pass
        return _read(np.memmap(path, np.uint8, "r"), str(path))
    except (OSError, SafetensorError) as error:
        raise BundleError(f"{path} is no model bundle, or a damaged one: {error}") from error


def _read(data: npt.NDArray[np.uint8], name: str) -> Bundle:
    """The bundle in bytes that are safetensors: 8 bytes of length, a JSON header, then the numbers."""
    length = int.from_bytes(data[:8].tobytes(), "little")
    entries = json.loads(data[8 : 8 + length].tobytes())
    header = _header(name, entries.pop("__metadata__", {}).get("safu"))
    try:
        arrays = {array: _view(data[8 + length :], entry, array, name) for array, entry in entries.items()}
        for array, values in arrays.items():
            if not np.isfinite(values).all():
                raise ValueError(f"{array} has numbers that are not finite")
        return Bundle(header, _model(header.architecture, arrays))
    except (TypeError, ValueError) as error:
        raise BundleError(f"{name} does not hold what its header says: {error}") from error


def _view(data: npt.NDArray[np.uint8], entry: Mapping[str, Any], array: str, name: str) -> npt.NDArray[Any]:
    if entry["dtype"] not in _TYPES:
        raise BundleError(f"{name} holds {array} as {entry['dtype']}; this safu reads {', '.join(_TYPES)}")
    begin, end = entry["data_offsets"]
    values: npt.NDArray[Any] = data[begin:end].view(_TYPES[entry["dtype"]])
    return values.reshape(entry["shape"])


def _model(architecture: Architecture, arrays: Arrays) -> Safu | IntegerModel | IntegerStream:
    if "inputs" in arrays:
        return IntegerModel.of_arrays(architecture, arrays)
    if "shifts" in arrays:
        return IntegerStream.of_arrays(architecture, arrays)
    if any(array.dtype.kind != "f" for array in arrays.values()):
        raise ValueError("a model of floats has only floats")
    return Safu(architecture, Weights(**arrays))


def _header(name: str, text: str | None) -> Header:
    if text is None:
        raise BundleError(f"{name} is a safetensors file, but no model bundle: it has no safu header")
    try:
        raw = json.loads(text)
        version = raw.pop("format")
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise BundleError(f"{name} has a header that cannot be read: {error}") from error
    if version != FORMAT:
        raise BundleError(f"{name} is of format {version}; this safu reads format {FORMAT}", hint="update safu")
    try:
        return _parse(raw)
    except (TypeError, ValueError, KeyError) as error:
        raise BundleError(f"{name} has a header that makes no sense: {error}") from error


def _parse(raw: dict[str, Any]) -> Header:
    architecture = Architecture(**raw.pop("architecture"))
    for name, kind in get_type_hints(Architecture).items():
        value = getattr(architecture, name)
        right = {bool: (bool,), int: (int,), float: (int, float)}.get(kind, (str,))
        if type(value) not in right or (right != (str,) and not 0 <= value < _LARGEST):
            raise ValueError(f"{name} should not be {value!r}")
    if architecture.activation not in ACTIVATIONS:
        raise ValueError(f"activation {architecture.activation!r} is none of {', '.join(ACTIVATIONS)}")
    for name in ("vocabulary", "actions", "features", "names"):
        listed = raw.get(name, [])
        if type(listed) is not list or any(type(each) is not str for each in listed):
            raise ValueError(f"{name} should be a list of str")
        raw[name] = tuple(listed)
    raw["absorbed"] = tuple(ids_of(str(raw.get("absorbed", ""))))
    belief = raw.get("belief", [])
    if type(belief) is not list or any(type(e) is not float or not 0 <= e < _MOST_BELIEF for e in belief):
        raise ValueError("belief should be a list of small numbers")
    raw["belief"] = tuple(belief)
    header = Header(architecture, **raw)
    if type(header.house) is not str or type(header.version) is not int or type(header.parent) is not int:
        raise ValueError("house, version and parent should be a text and two numbers")
    for name, size in (("vocabulary", architecture.vocabulary), ("actions", architecture.outputs)):
        found = getattr(header, name)
        if found and len(found) != size:
            raise ValueError(f"{len(found)} entries of the {name}, but the architecture has {size}")
    return header
