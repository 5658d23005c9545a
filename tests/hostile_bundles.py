"""Bundles that a trainer, or somebody in its name, might sign: each kind a function of a random generator.

Left out: letters (`hostile.py`).
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from safetensors.numpy import save as to_safetensors

from device.keys import new_ring
from device.model_store import MAX_BUNDLE_BYTES
from device.safu.bundle import FORMAT
from device.safu.integer_reference import IntegerModel
from tests.small_models import HOUSE, LESSONS, SmallModels, rings

PATHS = ("../../x", "/tmp/safu-x", "..", "a/../../b", "x\x00y", "C:\\x", "~root", "%2e%2e/x", "\u202e../x", "-rf", "")
NEXT = 3
"""The version that would be accepted."""
MISSING = len(LESSONS) + 1
"""A lesson that the trainer waits for."""
Signed = tuple[bytes, bytes]


def _resigned(models: SmallModels, data: bytes) -> Signed:
    return data, models.trainer.sign(data)


def _rebuilt(models: SmallModels, header: Any = None, **arrays: Any) -> Signed:
    """The next version with some of its header or arrays replaced, correctly signed; an array of None is left out."""
    bundle = models.bundles[2]
    assert isinstance(bundle.model, IntegerModel)
    own = {"format": FORMAT, **asdict(replace(bundle.header, version=NEXT, parent=2))}
    text = header if isinstance(header, str) else json.dumps({**own, **(header or {})})
    whole = {name: array for name, array in {**bundle.model.arrays(), **arrays}.items() if array is not None}
    data = to_safetensors({n: np.ascontiguousarray(a) for n, a in whole.items()}, metadata={"safu": text})
    return _resigned(models, data)


def _architecture(models: SmallModels, **changes: Any) -> dict[str, Any]:
    return {"architecture": {**asdict(models.bundles[2].header.architecture), **changes}}


def flip_bits(chance: random.Random, models: SmallModels) -> Signed:
    data, signature = models.signed(NEXT)
    damaged = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 100])):
        damaged[chance.choice([chance.randrange(8), chance.randrange(len(data))])] ^= 1 << chance.randrange(8)
    return bytes(damaged) if bytes(damaged) != data else data[:-1], signature


def truncate(chance: random.Random, models: SmallModels) -> Signed:
    data, signature = models.signed(NEXT)
    cut = data[: chance.choice([0, 7, 8, chance.randrange(len(data))])]
    return (cut, signature) if chance.random() < 0.5 else _resigned(models, cut)


def append(chance: random.Random, models: SmallModels) -> Signed:
    return _resigned(models, models.data(NEXT) + chance.randbytes(chance.randint(1, 1_000)))


def downgrade(chance: random.Random, models: SmallModels) -> Signed:
    return models.signed(chance.choice([1, 2]))


def wrong_key(chance: random.Random, models: SmallModels) -> Signed:
    data = models.data(NEXT)
    return data, chance.choice([new_ring(), models.device, rings()[1]]).sign(data)


def another_house(chance: random.Random, models: SmallModels) -> Signed:
    data = models.data(NEXT, house=chance.choice(["other", "", HOUSE.upper(), HOUSE + " ", "../" + HOUSE]))
    return data, chance.choice([models.trainer, rings()[1]]).sign(data)


def oversize(chance: random.Random, models: SmallModels) -> Signed:
    if chance.random() < 0.5:
        return _resigned(models, bytes(MAX_BUNDLE_BYTES + chance.randint(1, 100_000)))
    return _rebuilt(models, {"names": ["x" * 100] * chance.randint(10_000, 20_000)})


def too_many(chance: random.Random, models: SmallModels) -> Signed:
    name = chance.choice(["features", "actions", "vocabulary"])
    listed = [f"{number}\ton" for number in range(chance.choice([5, 2_815, 20_000]))]
    return _rebuilt(models, {name: [*listed, *listed[:5]] if name == "features" else listed})


def absurd_shape(chance: random.Random, models: SmallModels) -> Signed:
    name = chance.choice(["outputs", "document", "hidden", "block", "radial", "vocabulary", "dimensions"])
    value: Any = chance.choice([-1, 2**31, 2**63, 10**30, 1.5, "64", None, [], True])
    return _rebuilt(models, _architecture(models, **{name: value}))


def absurd_offsets(chance: random.Random, models: SmallModels) -> Signed:
    data = models.data(NEXT)
    length = int.from_bytes(data[:8], "little")
    entries = json.loads(data[8 : 8 + length])
    entry = entries[chance.choice([name for name in entries if name != "__metadata__"])]
    place = chance.choice(["data_offsets", "shape", "dtype"])
    values: dict[str, list[Any]] = {
        "data_offsets": [[0, 2**63], [5, 1], [-1, 3], [0], [0, 0], "x", [2**64, 2**64 + 1], [1, 2]],
        "shape": [[2**40, 2**40], [-1], [], [0], "x", [1.5]],
        "dtype": ["F4", "F8_E4M3", "BF16", "I64", "U8", "object", 7, "F64"],
    }
    entry[place] = chance.choice(values[place])
    header = json.dumps(entries).encode()
    claimed = chance.choice([len(header), len(header), 2**63, len(data) * 2, 0])
    return _resigned(models, claimed.to_bytes(8, "little") + header + data[8 + length :])


def nested(chance: random.Random, models: SmallModels) -> Signed:
    deep = "[" * chance.choice([500, 5_000, 100_000])
    if chance.random() < 0.5:
        return _rebuilt(models, deep)
    header = f'{{"x": {deep}'.encode()
    return _resigned(models, len(header).to_bytes(8, "little") + header)


def path_names(chance: random.Random, models: SmallModels) -> Signed:
    path = chance.choice(PATHS)
    places = [{"house": path}, {"version": path}, {"parent": path}, {"actions": [path] * 4}, {"format": path}]
    return _rebuilt(models, chance.choice([*places, {"absorbed": [path]}, {"features": path}, {"names": path}]))


def strange_header(chance: random.Random, models: SmallModels) -> Signed:
    texts = ["", "null", "7", "[]", "{}", '{"format": 1}', '"x"', '{"format": 2}', "{" * 10, "NaN"]
    odd = [{"surprise": 1}, {"absorbed": [1.5]}, {"names": {"a": 1}}, {"features": "abcdef"}, {"actions": None}]
    return _rebuilt(models, chance.choice([*texts, *odd, _architecture(models, decay=math.nan)]))


def strange_version(chance: random.Random, models: SmallModels) -> Signed:
    version: Any = chance.choice([0, -1, 2**31, 2**63, 10**30, 10**300, True, 3.0, "3", None, [3]])
    return _rebuilt(models, {"version": version} if chance.random() < 0.7 else {"parent": chance.choice([3, 9, -1])})


def bad_signature(chance: random.Random, models: SmallModels) -> Signed:
    data, good = models.signed(NEXT)
    other = models.signed(2)[1]
    return data, chance.choice([b"", bytes(64), good[:-1], good + b"x", other, chance.randbytes(64), good[::-1]])


def overflow(chance: random.Random, models: SmallModels) -> Signed:
    bundle = models.bundles[2]
    assert isinstance(bundle.model, IntegerModel)
    arrays = bundle.model.arrays()
    wrong: dict[str, list[int]] = {
        "hidden_bias": [2**31 - 1, -(2**31), 2**30 + 1],
        "bias": [2**31 - 1, -(2**31), 2**30 + 1],
        "input_multipliers": [-1, 2**15, 2**31 - 1],
        "output_multipliers": [-1, 2**15, 2**31 - 1],
        "input_shifts": [0, -1, 47, 2**31 - 1],
        "output_shifts": [0, -1, 47, -(2**31)],
    }
    name = chance.choice(list(wrong))
    array = arrays[name].copy()
    array[chance.randrange(len(array))] = chance.choice(wrong[name])
    return _rebuilt(models, **{name: array})


def not_a_number(chance: random.Random, models: SmallModels) -> Signed:
    name = chance.choice(["inputs", "bias", "outputs"])
    shape = models.bundles[2].model.arrays()[name].shape if isinstance(models.bundles[2].model, IntegerModel) else ()
    value = chance.choice([math.nan, math.inf, -math.inf, 1e38])
    return _rebuilt(models, **{name: np.full(shape, value, np.float32)})


def wrong_type(chance: random.Random, models: SmallModels) -> Signed:
    bundle = models.bundles[2]
    assert isinstance(bundle.model, IntegerModel)
    arrays = bundle.model.arrays()
    name = chance.choice(list(arrays))
    kinds = [np.float64, np.float32, np.float16, np.int64, np.int16, np.uint8, np.bool_]
    changed = [arrays[name].astype(chance.choice(kinds)), None, arrays[name][:-1], arrays[name][..., np.newaxis]]
    chosen = chance.randrange(5)
    return _rebuilt(models, **({name: changed[chosen]} if chosen < 4 else {"more": np.zeros(3, np.int8)}))


def twice(chance: random.Random, models: SmallModels) -> Signed:
    name = chance.choice(["features", "actions", "absorbed"])
    listed = list(getattr(models.bundles[2].header, name))
    listed[0] = listed[-1]
    return _rebuilt(models, {name: listed})


def no_tab(chance: random.Random, models: SmallModels) -> Signed:
    listed = list(models.bundles[2].header.actions)
    listed[0] = chance.choice(["lamp on", "", "lamp\ton\tnow", "\t\t", "lamp"])
    return _rebuilt(models, {"actions": listed})


def forgotten_lessons(chance: random.Random, models: SmallModels) -> Signed:
    return models.signed(NEXT, absorbed=(1, chance.choice([MISSING, 99, -1, 10**12])))


BUNDLES: dict[str, Callable[[random.Random, SmallModels], Signed]] = {
    f"bundle: {make.__name__.replace('_', ' ')}": make
    for make in (
        *(flip_bits, truncate, append, downgrade, wrong_key, another_house, oversize, too_many, absurd_shape),
        *(absurd_offsets, nested, path_names, strange_header, strange_version, bad_signature, overflow, not_a_number),
        *(wrong_type, twice, no_tab, forgotten_lessons),
    )
}
