"""A chip as `safu doctor` and the settings see it."""

from __future__ import annotations

import socket
import threading

import pytest

from device.assembly import chip_link
from device.checks.parts import check_chip
from device.chip.double import ChipDouble
from device.chip.flash import Flash
from device.errors import SettingsError
from device.settings import ChipSettings, Settings, read_settings
from tests.brokers import HOST, free_port


def test_the_doctor_finds_a_chip_and_what_it_has() -> None:
    with socket.create_server((HOST, 0)) as listening:
        threading.Thread(target=serve, args=[listening], daemon=True).start()
        settings = Settings(chip=ChipSettings(socket=f"{HOST}:{listening.getsockname()[1]}"))
        finding = check_chip(settings)
    assert finding.ok, finding
    assert finding.what.endswith("model 0, 0 lessons")


def test_the_doctor_misses_a_chip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device.checks.parts.CONNECT_S", 0.2)
    finding = check_chip(Settings(chip=ChipSettings(socket=f"{HOST}:{free_port()}")))
    assert (finding.ok, "is not there" in finding.what) == (False, True)
    assert "plugged in" in finding.hint


def test_settings_name_one_chip() -> None:
    assert read_settings(environment={"SAFU_CHIP_SERIAL": "/dev/ttyACM0", "SAFU_CHIP_BAUD": "9600"}).chip.baud == 9600
    for chip in (ChipSettings(), ChipSettings(serial="/dev/ttyACM0", socket="hub:5555")):
        with pytest.raises(SettingsError, match="where is the chip"):
            chip_link(Settings(chip=chip))


def serve(listening: socket.socket) -> None:
    """One chip for one caller."""
    chip = ChipDouble(Flash())
    caller, _ = listening.accept()
    with caller:
        while data := caller.recv(1_000):
            caller.sendall(chip.read(data))
