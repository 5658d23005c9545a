"""The wheels of the backends install on arm64, and the backends answer there as they do here.

A Debian of that architecture is unpacked, not installed, and its Python run by qemu in a root of its own; neither /proc
nor /sys is mounted there, with which the runtimes would look for the host's processor. A minute and a half, most of it
downloads. Speed on arm64 is not proven, nor that a Raspberry Pi's delegate rounds as qemu's does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.assembly import backend_for
from device.safu.integer_reference import Ints
from device.settings import read_settings
from tests.integer_models import made, ordinary

pytestmark = pytest.mark.prove

QEMU = shutil.which("qemu-aarch64-static")
REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("numpy", "onnx", "onnxruntime", "ai-edge-litert")
DEBIAN = "python3-minimal,libpython3.11-stdlib,libgomp1,libatomic1,libstdc++6"
PLATFORMS = ("manylinux2014", "manylinux_2_27", "manylinux_2_28")
"""Debian 12 has glibc 2.36."""
ANSWER = """
import sys
sys.path[:0] = ["/safu", "/wheels"]
import numpy as np
from device.backends.litert import LiteRtBackend
from device.backends.onnx import OnnxBackend
from device.safu.integer_reference import IntegerModel
from device.safu.model import Architecture
given = np.load("/given.npz")
rows, hidden, actions = (int(size) for size in given["sizes"])
architecture = Architecture(0, 0, actions, document=rows, hidden=hidden, activation="tanh")
model = IntegerModel.of_arrays(architecture, {name: given[name] for name in given["names"]})
for name, make in {"numpy": lambda model: model, "onnx": OnnxBackend, "litert": LiteRtBackend}.items():
    backend = make(model)
    commands = zip(given["units"], given["words"])
    answers = [backend.probabilities_of(np.flatnonzero(u), u[u > 0], int(n)) for u, n in commands]
    np.save(f"/{name}.npy", np.concatenate(answers))
"""
MODEL = made()
UNITS, WORDS = ordinary(MODEL, 300)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is a Debian of arm64, with our device, the wheels, and the answers of each backend."""
    if os.getuid() or QEMU is None or shutil.which("debootstrap") is None:
        pytest.skip("needs root, and: apt-get install debootstrap qemu-user-static")
    folder = tmp_path_factory.mktemp("arm64")
    fetched, made_root, wheels = folder / "fetched", folder / "root", folder / "wheels"
    options = ("--arch=arm64", "--foreign", "--variant=minbase", f"--include={DEBIAN}")
    run("debootstrap", *options, "bookworm", fetched)
    made_root.mkdir()
    for package in fetched.glob("var/cache/apt/archives/*.deb"):
        run("dpkg-deb", "-x", package, made_root)
    named = [f"{package}=={version(package)}" for package in PACKAGES]
    of_arm64 = [option for name in PLATFORMS for option in ("--platform", f"{name}_aarch64")]
    of_python = ("--python-version", "3.11", "--implementation", "cp", "--only-binary=:all:")
    run(sys.executable, "-m", "pip", "download", "--quiet", "--dest", wheels, *of_python, *of_arm64, *named)
    for wheel in wheels.glob("*.whl"):
        zipfile.ZipFile(wheel).extractall(made_root / "wheels")
    shutil.copytree(REPOSITORY / "device", made_root / "safu" / "device")
    shutil.copy(QEMU, made_root / "qemu")
    arrays: dict[str, Any] = MODEL.arrays()
    sizes = (MODEL.inputs.shape[1], *MODEL.outputs.shape[::-1])
    np.savez(made_root / "given.npz", units=UNITS, words=WORDS, sizes=sizes, names=list(arrays), **arrays)
    run("chroot", made_root, "/qemu", "/usr/bin/python3.11", "-c", ANSWER)
    return made_root


def run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]}: {done.stdout[-1000:]}{done.stderr[-2000:]}"


def here(name: str) -> Ints:
    backend = backend_for(read_settings(environment={}, overrides={"model.backend": name}))(MODEL)
    answers = [backend.probabilities_of(np.flatnonzero(u), u[u > 0], int(n)) for u, n in zip(UNITS, WORDS, strict=True)]
    return np.concatenate(answers)


@pytest.mark.parametrize("name", ["numpy", "onnx"])
def test_arm64_answers_as_this_machine_does(root: Path, name: str) -> None:
    np.testing.assert_array_equal(np.load(root / f"{name}.npy"), here(name))


def test_litert_is_a_step_apart_in_few_commands(root: Path) -> None:
    """It rounds twice there, as it does here without XNNPACK."""
    there, wanted = np.load(root / "litert.npy"), here("litert")
    assert np.abs(there - wanted).max() < 0.1 * 2**15
    assert (there != wanted).any(axis=1).mean() < 0.1
    assert (there.argmax(axis=1) == wanted.argmax(axis=1)).mean() > 0.99
