"""Bundles: what is written is read, and whatever is wrong with a file is said by its name."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save as to_bytes
from safetensors.numpy import save_file

from device.errors import BundleError
from device.safu.bundle import FORMAT, Bundle, Header, load, pack, save, unpack
from device.safu.integer_reference import IntegerModel
from device.safu.mixed_code import MixedCode, features_of
from device.safu.model import Architecture, Safu, Weights
from device.safu.quantise import quantise
from device.safu.slow import SlowModel

ARCHITECTURE = Architecture(4, 6, 4, block=2, recall=True, hidden=3, activation="tanh")
ARRAYS = {
    name: np.random.default_rng(0).random(shape).astype(np.float32) for name, shape in ARCHITECTURE.shapes().items()
}
HEADER = Header(ARCHITECTURE, ("a", "b", "c", "d"), parent=1, absorbed=(3, 5), figures={"accuracy": 0.5})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "model.safu"
    save(file, Bundle(HEADER, Safu(ARCHITECTURE, Weights(**ARRAYS))))
    return file


def write(path: Path, header: object, arrays: dict[str, np.ndarray] | None = None) -> None:
    save_file(ARRAYS if arrays is None else arrays, path, metadata={"safu": json.dumps(header)})


def test_what_is_written_is_read(path: Path) -> None:
    bundle = load(path)
    assert bundle.header == HEADER
    assert isinstance(bundle.model, Safu)
    for name, array in bundle.model.weights.arrays().items():
        assert isinstance(array, np.memmap)
        assert (array == ARRAYS[name]).all()


GOOD = {"format": FORMAT, **asdict(HEADER), "absorbed": "3,5"}
LIES: list[tuple[object, str]] = [
    ({**GOOD, "format": 2}, "format 2; this safu reads format 1"),
    ({key: value for key, value in GOOD.items() if key != "format"}, "cannot be read"),
    ([1], "cannot be read"),
    ({**GOOD, "architecture": {**GOOD["architecture"], "hidden": 7}}, "should be of shape"),
    ({**GOOD, "architecture": {**GOOD["architecture"], "hidden": "7"}}, "hidden should not be '7'"),
    ({**GOOD, "architecture": {**GOOD["architecture"], "block": -1}}, "block should not be -1"),
    ({**GOOD, "architecture": {**GOOD["architecture"], "activation": "gelu"}}, "'gelu' is none of"),
    ({**GOOD, "architecture": {**GOOD["architecture"], "layers": 2}}, "makes no sense"),
    ({**GOOD, "vocabulary": ["a"]}, "1 entries of the vocabulary"),
    ({**GOOD, "surprise": 1}, "makes no sense"),
    ({**GOOD, "absorbed": [3, 5]}, "no range of numbers"),
    ({**GOOD, "absorbed": "1-999999999"}, "too long"),
    ({**GOOD, "actions": [1, 2, 3, 4]}, "actions should be a list of str"),
    ({**GOOD, "belief": [float("inf"), 1.0]}, "belief"),
    ({**GOOD, "belief": ["1"]}, "belief"),
    ({**GOOD, "version": True}, "house, version and parent"),
    ({**GOOD, "house": 7}, "house, version and parent"),
]


@pytest.mark.parametrize(("header", "complaint"), LIES)
def test_lying_headers_are_refused(tmp_path: Path, header: object, complaint: str) -> None:
    file = tmp_path / "liar.safu"
    write(file, header)
    with pytest.raises(BundleError, match=complaint) as caught:
        load(file)
    assert str(file) in str(caught.value)


def test_strange_arrays_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "odd.safu"
    write(file, GOOD, {**ARRAYS, "more": np.zeros(2, np.float32)})
    with pytest.raises(BundleError, match="more"):
        load(file)
    write(file, GOOD, {**ARRAYS, "bias": np.full(4, np.nan, np.float32)})
    with pytest.raises(BundleError, match="bias has numbers that are not finite"):
        load(file)
    write(file, GOOD, {**ARRAYS, "bias": np.zeros(4, np.float64)})
    with pytest.raises(BundleError, match="bias as F64"):
        load(file)
    save_file(ARRAYS, file)
    with pytest.raises(BundleError, match="no safu header"):
        load(file)
    with pytest.raises(BundleError, match="no model bundle"):
        load(tmp_path / "missing.safu")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.data())
def test_damage_is_refused_or_harmless(path: Path, data: st.DataObject) -> None:
    whole = path.read_bytes()
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for _ in range(data.draw(st.integers(0, 3))):
        if damaged:
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    file = path.with_name("damaged.safu")
    file.write_bytes(damaged)
    with contextlib.suppress(BundleError):  # anything else that comes out is a defect
        assert load(file).header.architecture == ARCHITECTURE


def test_a_bundle_that_cannot_be_written_leaves_the_old_one(path: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot be written"):
        save(tmp_path / "nowhere" / "model.safu", load(path))
    better = replace(HEADER, parent=7)
    save(path, Bundle(better, load(path).model))
    assert load(path).header.parent == 7


SMALL = Architecture(0, 0, 3, document=8, hidden=4, activation="tanh")
INTEGERS = quantise(
    SMALL,
    Weights(**{n: np.random.default_rng(1).normal(size=shape).astype("f4") for n, shape in SMALL.shapes().items()}),
)
OF_A_HOUSE = Header(
    SMALL, actions=("a\ton", "a\toff", "\tnothing"), features=("on", "off"), names=("lamp",), house="h", version=2,
    belief=(0.5, 0.75), absorbed=(1, 2, 3, 9),
)  # fmt: skip


def test_integers_there_and_back() -> None:
    data = pack(Bundle(OF_A_HOUSE, INTEGERS))
    assert data == pack(Bundle(OF_A_HOUSE, INTEGERS)), "always the same bytes"
    bundle = unpack(data, "it")
    assert bundle.header == OF_A_HOUSE
    assert isinstance(bundle.model, IntegerModel)
    for name, array in INTEGERS.arrays().items():
        assert (bundle.model.arrays()[name] == array).all()


@pytest.mark.parametrize(
    ("name", "wrong", "complaint"),
    [
        ("bias", np.zeros(2, np.int32), "bias should be of shape"),
        ("inputs", np.zeros((4, 8), np.int32), "inputs should be of shape"),
        ("input_shifts", np.full(4, 60, np.int32), "factors of the inputs"),
        ("output_multipliers", np.full(3, -1, np.int32), "factors of the outputs"),
        ("bias", np.full(3, 2**31 - 1, np.int32), "could reach"),
        ("more", np.zeros(1, np.int32), "a model of integers has"),
    ],
)
def test_integers_that_do_not_fit_are_refused(name: str, wrong: np.ndarray, complaint: str) -> None:
    header = {"format": FORMAT, **asdict(OF_A_HOUSE), "absorbed": ""}
    data = to_bytes({**INTEGERS.arrays(), name: wrong}, metadata={"safu": json.dumps(header)})
    with pytest.raises(BundleError, match=complaint):
        unpack(data, "it")


def test_the_slow_model_of_a_bundle_answers() -> None:
    slow = SlowModel(Bundle(OF_A_HOUSE, INTEGERS))
    shares = slow.predict_one(("lamp", "on"))
    assert set(shares) == {("a", "on"), ("a", "off"), ("", "nothing")}
    assert sum(shares.values()) == pytest.approx(1, abs=1e-3)
    units = np.zeros((1, 8), np.int64)
    code = MixedCode(OF_A_HOUSE.features, 8)
    for feature in features_of(("lamp", "on")):
        bits = code.encode(feature)
        units[0, list(bits)] += 2 // len(bits)
    assert list(shares.values()) == (INTEGERS.probabilities(units, np.array([2]))[0] / 2**15).tolist()
    assert [number for number in range(12) if slow.has_absorbed(number)] == [1, 2, 3, 9]
    later = SlowModel(Bundle(replace(OF_A_HOUSE, absorbed=(5, 7)), INTEGERS))
    assert [number for number in range(9) if later.has_absorbed(number)] == [1, 2, 3, 4, 5, 7], "older ones too"
    assert slow.knows(("lamp", "on"), {"lamp"})
    assert not slow.knows(("garage", "on"), {"lamp", "garage"})
    with pytest.raises(BundleError, match="not the model of a household"):
        SlowModel(Bundle(replace(OF_A_HOUSE, actions=("a", "b", "c")), INTEGERS))
