"""What a trainer makes of one device's letters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from device.letters import GREETING, Correspondence, Letter
from device.settings import DecisionSettings, LearningSettings, Settings, TrainerSettings, decisive
from tests.small_models import rings
from trainer.home import DeviceAtHome
from trainer.household_store import open_store
from trainer.replay import as_at_home
from trainer.rounds import champion_of
from trainer.store import ModelRecord, Store


@dataclass
class Writer:
    """A device that writes what a test likes."""

    store: Store
    posted: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        ours, theirs = rings()
        self._letters = Correspondence(ours)
        self.home = DeviceAtHome("safu", theirs, self.store, self.posted.append)
        self.write(GREETING)
        self._letters.read(self.posted.pop())

    def write(self, kind: str, **facts: object) -> None:
        self.home.take(self._letters.write(Letter(kind, facts)), 0.0)

    def tells(self, acting: int, before: int | None, newest: int) -> None:
        self.write("model", acting=acting, before=before, since=0, newest=newest, outcome="")

    def outcomes(self) -> list[str]:
        return [record.outcome for record in self.store.models("safu")]


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    """Of a device for which three models have passed."""
    store = open_store(Settings(trainer=TrainerSettings(folder=str(tmp_path))))
    for version in (1, 2, 3):
        store.put_model(ModelRecord("safu", version, version - 1, 0.0, 0, "", (), {}, True, (), b"s"), b"b", b"j")
    yield Writer(store)
    store.close()


def test_the_past_is_lived_again_by_the_settings_of_the_device(writer: Writer) -> None:
    own = Settings(decision=DecisionSettings(never="gate"), learning=LearningSettings(blank=True))
    writer.write("devices", devices=[], settings={**decisive(own), "decision.of_tomorrow": 7})
    assert as_at_home(Settings(), writer.store, "safu") == own
    assert as_at_home(Settings(), writer.store, "elsewhere") == Settings()


@pytest.mark.parametrize("settings", [{"decision.final_probability": 7}, {"learning.blank": "x"}, 7, ["x"], None])
def test_settings_that_none_can_have_are_dropped(writer: Writer, settings: object) -> None:
    writer.write("devices", devices=[], settings={"learning.blank": True})
    writer.write("devices", devices=[], settings=settings)
    assert writer.store.settings("safu") in ({"learning.blank": True}, {})
    writer.write("devices", devices=[])
    assert as_at_home(Settings(), writer.store, "safu") == Settings()


def champion(writer: Writer) -> int:
    record = champion_of(writer.store, "safu")
    return record.version if record else 0


def test_what_the_device_has_is_the_champion(writer: Writer) -> None:
    writer.tells(acting=2, before=0, newest=2)
    writer.tells(acting=3, before=2, newest=3)
    assert (writer.outcomes(), champion(writer)) == (["", "installed", "installed"], 3)
    writer.tells(acting=2, before=None, newest=3)
    assert (writer.outcomes(), champion(writer)) == (["", "installed", "returned"], 2)


def test_two_on_trial_go_back_together(writer: Writer) -> None:
    writer.tells(acting=1, before=None, newest=1)
    writer.tells(acting=2, before=1, newest=2)
    writer.tells(acting=3, before=1, newest=3)
    writer.tells(acting=1, before=None, newest=3)
    assert (writer.outcomes(), champion(writer)) == (["kept", "returned", "returned"], 1)


def test_a_device_without_a_model_has_no_champion(writer: Writer) -> None:
    writer.tells(acting=3, before=0, newest=3)
    writer.tells(acting=0, before=None, newest=3)
    assert champion(writer) == 0
