"""Are the backend of the settings, and the chip, there?"""

from __future__ import annotations

from device.assembly import backend_for, chip_link
from device.checks.finding import Finding
from device.checks.patience import CONNECT_S, wait
from device.chip.lines import parse_info
from device.errors import BackendError, ChipError
from device.settings import Settings


def check_backend(settings: Settings) -> Finding:
    """Is what runs delivered models installed?"""
    try:
        backend_for(settings)
    except BackendError as error:
        return Finding(False, f"backend: {error.message}", error.hint)
    return Finding(True, f"backend: {settings.model.backend} runs the models that a trainer delivers")


def check_chip(settings: Settings) -> Finding:
    """Does the chip of the settings answer, and what has it?"""
    where = settings.chip.serial or settings.chip.socket
    link = chip_link(settings)
    try:
        wait(lambda: link.connected, CONNECT_S)
        info = parse_info(link.ask("info")[-1])
    except ChipError as error:
        return Finding(False, f"chip: {error.message}", error.hint or "is it plugged in, and no safu bridge running?")
    finally:
        link.close()
    return Finding(True, f"chip at {where}: model {info.version}, {info.lessons} lessons")
