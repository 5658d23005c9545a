"""A bridge in a house: the chip acts, hands teach it, corrections correct it, models reach it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from device.chip.flash import Flash, Slot
from device.chip.model import ChipAnticipator
from device.home.local_bus import LocalBus
from device.host import KEYS
from device.keys import save_ring
from device.letters import GREETING, Correspondence, Letter
from device.messages import NOTHING, Action, Lesson
from device.trial import PROVED, TOO_MANY, TrialAnticipator
from tests.chip.bridged import Bridged
from tests.chip.talking_models import LESSONS, LIGHT_OFF, LIGHT_ON
from tests.small_models import SmallModels


@pytest.fixture
def blank(tmp_path: Path) -> Iterator[Bridged]:
    """A chip that knows nothing yet."""
    made = Bridged(tmp_path, Flash())
    yield made
    made.close()


@pytest.fixture
def knowing(tmp_path: Path, images: dict[int, bytes]) -> Iterator[Bridged]:
    """A chip that was flashed with a model."""
    made = Bridged(tmp_path, Flash(Slot(images[1], 1)))
    yield made
    made.close()


def test_a_blank_chip_learns_from_a_hand_and_acts_by_itself(blank: Bridged) -> None:
    assert blank.say("make it cosy").startswith("nothing")
    blank.flip(LIGHT_ON)
    blank.pass_time(30_000)
    assert blank.chip.info is not None
    blank.flip(LIGHT_OFF)
    blank.pass_time(30_000)
    for _ in range(2):  # once may be a coincidence: the words name no device
        blank.say("make it cosy")
        blank.flip(LIGHT_ON)
        blank.pass_time(30_000)
        blank.flip(LIGHT_OFF)
        blank.pass_time(30_000)
    blank.until_ready()
    assert blank.say("make it cosy").startswith("acted: kitchen_light on")
    assert blank.house.states["kitchen_light"] == LIGHT_ON


def test_what_a_hand_flips_back_is_not_done_again(knowing: Bridged) -> None:
    assert knowing.say("kitchen light on please now").startswith("acted: kitchen_light on")
    knowing.flip(LIGHT_OFF)
    knowing.pass_time(10_000)  # nothing else was meant
    knowing.until_ready()
    assert knowing.say("kitchen light on please now").startswith("nothing")
    assert knowing.house.states["kitchen_light"] == LIGHT_OFF
    assert [lesson.kind for lesson in knowing.journal.lessons()] == ["correction"]


def test_what_a_chip_hears_itself_and_what_comes_over_mqtt_is_done(knowing: Bridged) -> None:
    knowing.plug.says(b"said kitchen light on\n")
    knowing.until(lambda: knowing.house.states["kitchen_light"] == LIGHT_ON)
    LocalBus(knowing.broker).publish("safu/safu/say", "kitchen light off")
    knowing.pass_time(320)
    assert knowing.house.states["kitchen_light"] == LIGHT_OFF


def test_an_undone_lesson_is_unlearned_by_the_chip(knowing: Bridged) -> None:
    knowing.say("kitchen light on please now")
    knowing.flip(LIGHT_OFF)
    knowing.pass_time(10_000)
    knowing.ask("undo", str(knowing.journal.lessons()[0].id))
    knowing.until_ready()
    assert knowing.chip.info is not None
    assert knowing.chip.info.lessons == 0
    assert knowing.say("kitchen light on please now").startswith("acted")


def test_a_bridge_without_its_chip_is_not_available_and_says_so(knowing: Bridged) -> None:
    assert knowing.retained("safu/safu/availability") == "online"
    assert "safu safu" in knowing.retained("homeassistant/device/safu_safu/config")
    knowing.plug.pull()
    knowing.until(lambda: knowing.retained("safu/safu/availability") == "offline")
    assert knowing.say("kitchen light on").startswith("sorry: the chip at a plug is not there")
    knowing.plug.push()
    knowing.until_ready()
    knowing.pass_time(32)
    assert knowing.retained("safu/safu/availability") == "online"
    assert knowing.say("kitchen light on").startswith("acted")


class Trainer:
    """The other end of a bridge's letters."""

    def __init__(self, folder: Path, bridged: Bridged, models: SmallModels) -> None:
        self.bridged, self.models = bridged, models
        self.letters = Correspondence(models.trainer)
        self.newest: dict[str, Letter] = {}
        """By kind."""
        folder.mkdir(exist_ok=True)
        save_ring(folder / KEYS, models.device)
        bridged.assistant.home.post = self._take  # type: ignore[method-assign, assignment]
        for lesson in LESSONS:
            bridged.learn(lesson)
        bridged.pass_time(1_000)
        self._write(GREETING)
        bridged.pass_time(1_920)

    def _write(self, kind: str, body: bytes = b"", **facts: object) -> None:
        assert self.bridged.assistant.host is not None
        self.bridged.assistant.host.take(self.letters.write(Letter(kind, facts, body)))

    def deliver(self, version: int, **header: Any) -> None:
        data, signature = self.models.signed(version, **header)
        self._write("offer", version=version, summary="better")
        self.bridged.pass_time(1_920)
        self._write("bundle", data, signature=signature.hex())

    def _take(self, sealed: bytes) -> bool:
        letter = self.letters.read(sealed)
        self.newest[letter.kind] = letter
        return True

    @property
    def outcome(self) -> str:
        """What became of the newest model."""
        return str(self.newest["model"].facts["outcome"])


@pytest.fixture
def trainer(tmp_path: Path, models: SmallModels) -> Iterator[Trainer]:
    """Of a bridge whose chip was blank."""
    folder = tmp_path / "state"
    bridged = Bridged(folder, Flash())
    yield Trainer(folder, bridged, models)
    bridged.close()


def test_lessons_reach_the_trainer(trainer: Trainer) -> None:
    assert trainer.newest["kept"].facts["ids"] == "1-15"


def test_a_model_of_the_trainer_reaches_the_chip_and_is_kept(trainer: Trainer, images: dict[int, bytes]) -> None:
    trainer.deliver(1)
    trainer.bridged.until_ready()
    flash = trainer.bridged.plug.flash
    assert flash.acting is not None
    assert (flash.acting.image, flash.trial) == (images[1], True)
    for _ in range(PROVED):
        trainer.bridged.learn(Lesson(("how", "was", "your", "day"), NOTHING, 16, "said"))
    trainer.bridged.until(lambda: not flash.trial)
    assert trainer.outcome == "model 1 has proved itself and is kept"
    assert trainer.bridged.say("movie night").startswith(("acted", "already"))


def test_a_model_that_makes_mistakes_is_sent_back(trainer: Trainer, images: dict[int, bytes]) -> None:
    trainer.deliver(1)
    trainer.bridged.until_ready()
    for _ in range(PROVED):
        trainer.bridged.learn(Lesson(("how", "was", "your", "day"), NOTHING, 16, "said"))
    trainer.bridged.until_ready()
    actions = trainer.models.bundles[2].header.actions
    trainer.deliver(2, actions=(*actions[1:], actions[0]))
    trainer.bridged.until_ready()
    trial = trainer.bridged.assistant.anticipator
    assert isinstance(trial, TrialAnticipator)
    assert getattr(trial._before, "_chip", "is no anticipator of a chip") is None, "who stands by has none"
    for lesson in LESSONS[: TOO_MANY + 4]:
        trainer.bridged.learn(lesson)
    trainer.bridged.until_ready()
    flash = trainer.bridged.plug.flash
    assert flash.acting is not None
    assert (flash.acting.image, flash.trial) == (images[1], False)
    assert trainer.outcome == "model 2 made too many mistakes; 1 acts again"
    acting = trainer.bridged.assistant.anticipator
    assert isinstance(acting, ChipAnticipator)
    assert acting._chip is trainer.bridged.chip, "which answers again"


def test_a_model_that_the_chip_has_no_room_for_goes_back_at_once(trainer: Trainer) -> None:
    trainer.bridged.plug.slot_bytes = 1_000
    trainer.bridged.plug.cut_power()
    trainer.bridged.until_ready()
    trainer.deliver(1)
    trainer.bridged.until(lambda: "model 1 cannot be used" in trainer.outcome)
    assert trainer.bridged.plug.flash.acting is None
    trainer.bridged.until_ready()


def test_a_model_that_takes_all_talk_for_a_wish_goes_back_at_once(trainer: Trainer) -> None:
    actions = [text for text in trainer.models.bundles[1].header.actions if text != "\t"]
    trainer.deliver(1, actions=("radio\ton", *actions))
    trainer.bridged.until(lambda: "it has not learned yet what means nothing" in trainer.outcome)
    trainer.bridged.until_ready()
    assert trainer.bridged.plug.flash.acting is None


def test_while_a_model_is_on_its_way_the_chip_goes_on_answering(trainer: Trainer) -> None:
    trainer.bridged.learn(Lesson(("make", "it", "cosy"), Action("kitchen_light", "on"), 16, "said"))
    trainer.bridged.until_ready()
    trainer.deliver(1)
    flash = trainer.bridged.plug.flash
    trainer.bridged.until(lambda: len(flash.incoming) > 0)
    assert flash.acting is None
    assert trainer.bridged.say("make it cosy").startswith("acted")
    trainer.bridged.plug.cut_power()
    trainer.bridged.until_ready()
    assert flash.acting is not None


def test_forgotten_words_take_the_model_with_them(trainer: Trainer) -> None:
    trainer.deliver(1)
    trainer.bridged.until_ready()
    trainer.bridged.ask("forget", "movie night")
    trainer.bridged.until_ready()
    assert trainer.bridged.plug.flash.acting is None
