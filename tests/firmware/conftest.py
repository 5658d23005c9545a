"""The runtime as tests call it: compiled once for each compiler."""

from __future__ import annotations

import ctypes
import shutil
from collections.abc import Iterator

import pytest

from firmware_export.host import library


@pytest.fixture(scope="session", params=["gcc", "clang"])
def chip(request: pytest.FixtureRequest) -> Iterator[ctypes.CDLL]:
    """The runtime; skips by name where the compiler is absent."""
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    with library(request.param) as made:
        yield made
