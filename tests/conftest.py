"""Fixtures that several folders need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import brokers
from tests.living import Living

if TYPE_CHECKING:
    from tests.small_models import SmallModels


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Host and port of a real broker of this test's own."""
    if not brokers.INSTALLED:
        pytest.skip("mosquitto is not installed")
    folder = tmp_path / "broker"
    folder.mkdir()
    with brokers.mosquitto(folder) as address:
        yield address


@pytest.fixture
def living() -> Iterator[Living]:
    """An assistant on its first day."""
    made = Living(blank=False)
    yield made
    made.journal.close()


@pytest.fixture
def blank() -> Iterator[Living]:
    """An assistant that knows nothing."""
    made = Living(blank=True)
    yield made
    made.journal.close()


@pytest.fixture(scope="session")
def small_models() -> SmallModels:
    """Two versions of a small real model, trained once."""
    pytest.importorskip("torch")
    from tests import small_models

    return small_models.make()
