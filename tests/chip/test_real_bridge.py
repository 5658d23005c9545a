"""The whole way: `safu bridge`, a real broker, and the chip in C at a pseudo terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from device.chip.lines import Info, parse_heard, parse_info
from device.chip.link import ChipLink
from device.home.mqtt import MqttBus
from device.home.virtual import VirtualHouse
from device.host import KEYS
from device.journal import SqliteJournal
from device.journal_folder import FILE
from device.keys import save_ring
from device.letters import GREETING, Correspondence, Letter, topic_to_device, topic_to_trainer
from device.messages import NOTHING, Lesson
from device.settings import BrokerSettings
from device.trial import PROVED
from firmware_export.chip_firmware import ChipSizes, for_host
from tests.chip.real import RealChip
from tests.chip.talking_models import FAN_ON, LESSONS, LIGHT_OFF, LIGHT_ON
from tests.small_models import SmallModels
from tests.waiting import wait_until

pytest.importorskip("serial")
PATIENCE_S = 60.0


class Household:
    """A broker, a house, a chip at a serial port, and a bridge that can be killed."""

    def __init__(self, folder: Path, broker: tuple[str, int], program: Path) -> None:
        self.folder = folder / "state"
        self.folder.mkdir()
        self._address = f"{broker[0]}:{broker[1]}"
        settings = BrokerSettings(host=broker[0], port=broker[1])
        self.house, self.bus = VirtualHouse(MqttBus(settings)), MqttBus(settings)
        self.bus.subscribe(["safu/safu/lesson", "safu/safu/availability", topic_to_trainer("safu")])
        wait_until(lambda: self.bus.connected)
        self.chip = RealChip(program, folder / "flash")
        self.chip.start()
        self._log = (folder / "log").open("w+b")
        self._bridge: subprocess.Popen[bytes] | None = None
        self.seen: list[tuple[str, bytes]] = []

    def start(self) -> None:
        command = [sys.executable, "-m", "device", "bridge", "--serial", self.chip.port, "--broker", self._address]
        command += ["--storage", str(self.folder)]
        self._bridge = subprocess.Popen(command, stdout=self._log, stderr=self._log)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._bridge is not None:
            self._bridge.send_signal(how)
            self._bridge.wait(30)
            self._bridge = None

    def close(self) -> None:
        self.end(signal.SIGKILL)
        self.chip.close()
        self.house.close()
        self.bus.close()
        self._log.close()

    def saw(self, topic: str, payload: bytes = b"") -> bool:
        """Whether the broker has shown this by now."""
        self.seen += [(message.topic, message.payload) for message in self.bus.drain()]
        return any(shown == topic and payload in what for shown, what in self.seen)

    def say(self, text: str) -> None:
        self.bus.publish("safu/safu/say", text)

    def ask_chip(self, *requests: str) -> list[str]:
        """The last lines of its answers, while no bridge runs."""
        link = ChipLink(self.chip.port, self.chip.open, answer_s=10.0)
        with closing(link):
            wait_until(lambda: link.connected)
            return [link.ask(request)[-1] for request in requests]

    def info(self) -> Info:
        return parse_info(self.ask_chip("info")[0])

    @property
    def log(self) -> str:
        self._log.flush()
        self._log.seek(0)
        return self._log.read().decode()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, images: dict[int, bytes]) -> Path:
    """A chip whose firmware has the first model in it."""
    return for_host(tmp_path_factory.mktemp("chip"), images[1], ChipSizes())


@pytest.fixture
def household(tmp_path: Path, mosquitto: tuple[str, int], program: Path) -> Iterator[Household]:
    made = Household(tmp_path, mosquitto, program)
    yield made
    made.close()


def until(condition: Callable[[], object], what: str) -> None:
    wait_until(condition, what, PATIENCE_S)


def test_the_chip_acts_a_hand_corrects_it_and_the_chip_has_learned(household: Household) -> None:
    household.start()
    until(lambda: household.saw("safu/safu/availability", b"online"), "the bridge")

    def told() -> bool:
        household.say("kitchen light on for the cat")
        time.sleep(0.2)  # people do not repeat themselves faster
        return household.house.states["kitchen_light"] == LIGHT_ON

    until(told, "the light")
    household.house.flip(LIGHT_OFF)  # no ...
    household.house.flip(FAN_ON)  # ... this was meant
    until(lambda: household.saw("safu/safu/lesson", b"correction"), "the lesson")
    household.end()
    heard, info = household.ask_chip("hear kitchen light on for the cat", "info")
    assert parse_heard(heard).action == "ceiling_fan\ton"
    assert parse_info(info).lessons == 1
    household.chip.kill()
    household.chip.start()
    assert parse_heard(household.ask_chip("hear kitchen light on for the cat")[0]).action == "ceiling_fan\ton"
    household.start()
    household.say("nothing")
    until(lambda: household.house.states["ceiling_fan"] == FAN_ON, "the fan")


def test_a_model_arrives_through_power_cuts_and_kills_and_is_kept(
    household: Household, models: SmallModels, images: dict[int, bytes]
) -> None:
    save_ring(household.folder / KEYS, models.device)
    with closing(SqliteJournal(household.folder / FILE)) as journal:
        for lesson in LESSONS:
            journal.record_lesson(lesson)
    household.start()
    deliver(household, models, 2)
    until(lambda: household.chip.flash_in_use() > 50_000, "a part of it")
    household.chip.kill()
    household.chip.start()
    until(lambda: household.chip.flash_in_use() > 100_000, "half of it")
    household.end(signal.SIGKILL)
    household.start()
    until(lambda: "model 2, 0 lessons" in household.log, "the model")
    household.end()
    info = household.info()
    assert (info.version, info.trial, info.incoming) == (2, 1, 0)
    with closing(SqliteJournal(household.folder / FILE)) as journal:
        for _ in range(PROVED):
            journal.record_lesson(Lesson(("dinner", "is", "ready"), NOTHING, 16, "said"))
    household.start()
    until(lambda: "has proved itself" in household.log, "the verdict")
    until(lambda: "the chip keeps model 2" in household.log, "the chip")
    household.end()
    info = household.info()
    assert (info.version, info.trial) == (2, 0)


def deliver(household: Household, models: SmallModels, version: int) -> None:
    """As a trainer does, by letters."""
    letters = Correspondence(models.trainer)
    data, signature = models.signed(version)

    def write(kind: str, body: bytes = b"", **facts: object) -> None:
        household.bus.publish(topic_to_device("safu"), letters.write(Letter(kind, facts, body)))

    def opened() -> bool:
        write(GREETING)
        time.sleep(0.2)
        for message in household.bus.drain():
            with suppress(Exception):
                letters.read(message.payload)
        return letters.is_open

    until(opened, "the bridge")
    write("offer", version=version, summary="")
    write("bundle", data, signature=signature.hex())


def test_a_bridge_that_was_given_no_chip_or_none_that_is_says_so(tmp_path: Path) -> None:
    def said(*arguments: str) -> str:
        command = [sys.executable, "-m", "device", "bridge", "--storage", str(tmp_path), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ}, timeout=60, check=False)
        assert done.returncode == 2
        return done.stderr

    assert "safu bridge --serial /dev/ttyACM0" in said()
    assert "names no port" in said("--socket", "localhost")
