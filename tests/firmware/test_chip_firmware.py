"""A whole chip on every core: it answers as its double does, and a bridge brings it lessons and a model."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from device.chip.brain import Room
from device.chip.chip import Chip, ChipLesson
from device.chip.double import ChipDouble
from device.chip.flash import Flash, Slot
from device.chip.link import ChipLink
from device.chip.port import SocketPort
from firmware_export.chip_firmware import ChipSizes, at_socket, for_core
from firmware_export.cores import CORES, Core
from firmware_export.emulator import run
from tests.brokers import HOST, free_port
from tests.contracts.test_chip import OTHER, OWN, delivery
from tests.waiting import wait_until

SMALL = ChipSizes(
    Room(rows=32, phrases=3, names=3), memory_bytes=2_560, page_bytes=256, saved_pages=10, slot_bytes=2_304
)
SCRIPT = (
    "info\nhear turn on the lamp\npartial turn on\nactions\nteach lamp 1 \N{SNOWMAN}on\nhear turn on the lamp\nundo\n"
    "name blind\topen\nhear let the sun in\nlearn blind open\nhear let the sun in\nsave\n@7 nonsense\nblank\n"
    + delivery(OTHER, 4)
    + "info\nhear turn on the lamp\nmodel keep\nmodel return\nmodel drop\ninfo\nhear turn on the lamp\n"
)


@pytest.fixture(params=CORES)
def core(request: pytest.FixtureRequest) -> Core:
    """Skips by name what is not installed."""
    found = CORES[request.param]
    if missing := found.missing():
        pytest.skip(f"{' and '.join(missing)} not installed")
    return found


def test_it_answers_as_its_double_does(core: Core, tmp_path: Path) -> None:
    answer = run(for_core(core, tmp_path, OWN, SMALL), SCRIPT.encode())
    double = ChipDouble(Flash(Slot(OWN, 3)), SMALL.room, slot_bytes=SMALL.slot_bytes)
    assert answer.output.decode() == (double.greeting() + double.read(SCRIPT.encode())).decode()


def test_a_bridge_brings_it_lessons_and_a_model_over_a_socket(tmp_path: Path) -> None:
    if missing := CORES["m4"].missing():
        pytest.skip(f"{' and '.join(missing)} not installed")
    port = free_port()
    link = ChipLink("QEMU", lambda: SocketPort((HOST, port)), answer_s=5.0)
    with closing(link), at_socket(tmp_path, OWN, SMALL, port) as running:
        chip = Chip(link)
        chip.want_lessons([ChipLesson("let the sun in", "blind\topen")])
        chip.want_model(OTHER, 4, is_settled=True)
        try:
            wait_until(lambda: stepped(chip).is_safe, "the chip", 60.0)
            assert chip.info is not None
            assert (chip.info.version, chip.info.lessons) == (4, 1)
            assert chip.hear("let the sun in", ended=True).action == "blind\topen"
        finally:
            running.kill()


def stepped(chip: Chip) -> Chip:
    chip.tick()
    return chip
