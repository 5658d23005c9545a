"""Images for chips, and a chip in a plug with a bridge's view of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from device.chip.brain import image_of
from device.chip.chip import Chip
from device.chip.flash import Flash, Slot
from device.chip.link import ChipLink
from device.chip.plug import Plug
from device.safu.slow import SlowModel
from tests.waiting import wait_until

if TYPE_CHECKING:
    from tests.small_models import SmallModels


@pytest.fixture(scope="session")
def models() -> SmallModels:
    """Two versions of a small real model that also knows talk, trained once."""
    pytest.importorskip("torch")
    from tests.chip import talking_models

    return talking_models.make()


@pytest.fixture(scope="session")
def images(models: SmallModels) -> dict[int, bytes]:
    """Of both versions."""
    return {version: image_of(SlowModel(bundle)) for version, bundle in models.bundles.items()}


@dataclass
class Plugged:
    """A chip in a plug, and the bridge's view of it."""

    plug: Plug
    link: ChipLink
    chip: Chip

    def until(self, condition: Callable[[Chip], object], what: str = "the chip") -> None:
        """Step until it is so."""

        def stepped() -> object:
            self.chip.tick()
            return condition(self.chip)

        wait_until(stepped, what)

    def erase(self) -> None:
        """Its firmware has no model of its own any more."""
        self.plug.flash.own = None
        self.plug.cut_power()

    def overheard(self) -> list[bytes]:
        """What the bridge writes from now on, as it writes it."""
        asked: list[bytes] = []

        def answers(data: bytes) -> bytes:
            asked.append(data)
            return self.plug.double.read(data)

        self.plug.answers = answers
        return asked

    def restart_bridge(self) -> None:
        """What it knows is gone."""
        self.link.close()
        self.link = ChipLink("a plug", self.plug.open, answer_s=0.3)
        self.chip = Chip(self.link)


@pytest.fixture
def plugged(images: dict[int, bytes]) -> Iterator[Plugged]:
    plug = Plug(Flash(Slot(images[1], 1)))
    link = ChipLink("a plug", plug.open, answer_s=0.3)
    made = Plugged(plug, link, Chip(link))
    yield made
    made.link.close()
