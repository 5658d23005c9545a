"""A device and its trainer on one broker: lessons go there, a model comes back, is tried, kept or sent back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from device.errors import TrainerError
from device.home.local_bus import LocalBroker, LocalBus
from device.host import KEYS, TrainerHost
from device.keys import KeyRing, new_ring, public_key, save_ring
from device.learn import learn
from device.letters import GREETING, Correspondence, Letter, topic_to_device, topic_to_trainer
from device.messages import Action, Lesson
from device.settings import LearningSettings, Settings, TrainerSettings, decisive
from device.trial import TrialAnticipator
from tests.living import Living
from trainer.household_store import open_store
from trainer.rounds import champion_of, reproduce
from trainer.store import Store
from trainer.watch import Watch

KITCHEN_ON, KITCHEN_OFF = Action("kitchen_light", "on"), Action("kitchen_light", "off")
WAYS = {
    KITCHEN_ON: ["movie night is over", "let there be light", "i cannot see a thing", "it is dark in the kitchen"],
    KITCHEN_OFF: ["movie night", "good night kitchen", "it is much too bright", "we are done cooking"],
    Action("bedside_dimmer", "on"): ["time to read", "where is my book", "a little light by the bed please"],
    Action("bedside_dimmer", "off"): ["time to sleep", "the book is boring", "eyes shut everybody"],
}


class Pair:
    """A living device and a trainer, who know each other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broker = LocalBroker()
        self.living = Living(blank=True, broker=self.broker)
        ours, theirs = new_ring(), new_ring()
        self.device_ring = replace(ours, house="h", peer=public_key(theirs.public))
        self.trainer_ring = replace(theirs, house="h", peer=public_key(ours.public))
        save_ring(folder / "device" / KEYS, self.device_ring)
        assistant = self.living.assistant
        host = TrainerHost(folder / "device", self.living.journal, self.living.anticipator, self.living.settings)
        assistant.host, assistant.anticipator = host, host.anticipator()
        assistant.anticipator.rebuild(assistant.devices or {}, assistant.lessons)
        self.settings = Settings(
            learning=LearningSettings(blank=True), trainer=TrainerSettings(folder=str(folder / "trainer"))
        )
        self.store: Store = open_store(self.settings)
        self.now_s = 0.0
        self.start_trainer()

    def start_trainer(self) -> None:
        self.bus = LocalBus(self.broker)
        self.watch = Watch(self.bus, self.store, self.rings, self.settings, clock=lambda: self.now_s)

    def rings(self) -> dict[str, KeyRing]:
        return {"safu": self.trainer_ring}

    def live(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        for _ in range(int(seconds)):
            if until():
                return
            self.living.pass_time(960)
            self.now_s += 1
            self.watch.step()

    def teach(self, times: int = 1, ways: dict[Action, list[str]] = WAYS) -> None:
        for _ in range(times):
            for place in range(max(map(len, ways.values()))):
                for action, texts in ways.items():
                    words = tuple(texts[place % len(texts)].split())
                    self.learn(Lesson(words, action, 16, "said"))

    def learn(self, lesson: Lesson) -> None:
        learn(self.living.assistant, [lesson])

    @property
    def host(self) -> TrainerHost:
        assert isinstance(self.living.assistant.host, TrainerHost)
        return self.living.assistant.host

    @property
    def acting(self) -> int:
        standing = self.host.standing()
        assert standing is not None
        return standing[0]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path)
    yield made
    made.store.close()
    made.living.journal.close()


def test_lessons_go_and_a_model_comes_back_and_is_tried(home: Pair) -> None:
    home.teach(3)
    home.live(60, until=lambda: home.acting > 0)
    assert home.acting == 1, [record.reasons for record in home.store.models("safu")]
    assert [t.lesson.words for t in home.store.lessons("safu")] == [t.words for t in home.living.journal.lessons()]
    trial = home.living.assistant.anticipator
    assert isinstance(trial, TrialAnticipator)
    assert trial.predict_one(tuple("movie night".split())).ranked[0][0] == KITCHEN_OFF
    home.live(5)
    assert [r.outcome for r in home.store.models("safu")] == ["installed"]
    home.teach(3)
    home.live(5)
    assert next(r.outcome for r in home.store.models("safu")) == "kept"
    record = champion_of(home.store, "safu")
    assert record is not None
    assert reproduce(home.store, "safu", 1, "h") == home.store.bundle("safu", 1), "bit for bit"


def words_there(home: Pair) -> list[tuple[str, ...]]:
    return [taught.lesson.words for taught in home.store.lessons("safu")]


def test_what_is_undone_or_forgotten_here_is_gone_there(home: Pair) -> None:
    home.teach(1, {KITCHEN_ON: ["let there be light", "dawn"], KITCHEN_OFF: ["good night kitchen"]})
    home.live(5)
    assert ("dawn",) in words_there(home)
    home.living.ask("forget", "dawn")
    home.living.ask("undo", str(home.living.journal.lessons()[0].id))
    home.live(5)
    assert words_there(home) == [lesson.words for lesson in home.living.journal.lessons()]
    assert len(words_there(home)) == 2


def test_a_trainer_that_was_away_catches_up(home: Pair) -> None:
    home.watch.bus.close()
    home.teach(1, {KITCHEN_ON: [f"wish number {n}" for n in range(250)]})
    home.start_trainer()
    home.live(30, until=lambda: len(words_there(home)) == 250)
    assert words_there(home) == [lesson.words for lesson in home.living.journal.lessons()]


def test_the_trainer_knows_the_devices_and_says_why_it_waits(home: Pair, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "trainer")
    home.teach(1, {KITCHEN_ON: ["let there be light", "dawn"]})
    home.live(8)
    assert set(home.store.devices("safu")) == set(home.living.assistant.devices or {})
    assert home.store.settings("safu") == decisive(home.living.settings)
    assert "nothing to tell apart yet" in caplog.text
    assert home.store.models("safu") == []


def test_a_home_has_one_trainer(home: Pair) -> None:
    home.live(1)
    other = Watch(LocalBus(home.broker), home.store, home.rings, home.settings)
    with pytest.raises(TrainerError, match="another trainer"):
        other.step()


def test_strangers_cannot_teach_or_deliver(home: Pair) -> None:
    stranger = LocalBus(home.broker)
    ring = replace(new_ring(), house="h", peer=home.device_ring.own.verify_key)
    for topic in (topic_to_device("safu"), topic_to_trainer("safu")):
        for payload in (b"", b"{}", Correspondence(ring).write(Letter(GREETING))):
            stranger.publish(topic, payload)
    home.teach(1, {KITCHEN_ON: ["dawn"]})
    home.live(5)
    assert words_there(home) == [("dawn",)]
    assert home.acting == 0


def test_a_greeting_played_back_delays_no_lesson(home: Pair) -> None:
    home.live(5)
    player = LocalBus(home.broker)
    for topic, ring in ((topic_to_device("safu"), home.trainer_ring), (topic_to_trainer("safu"), home.device_ring)):
        player.publish(topic, Correspondence(ring).write(Letter(GREETING)))
    home.live(2)
    home.teach(1, {KITCHEN_ON: ["dawn"]})
    home.live(4)
    assert words_there(home) == [("dawn",)]


def test_what_was_said_never_crosses_the_broker_in_clear(home: Pair) -> None:
    spy = LocalBus(home.broker)
    spy.subscribe([topic_to_device("+"), topic_to_trainer("+")])
    home.teach(1, {KITCHEN_ON: ["supercalifragilistic"]})
    home.live(5)
    letters = [message.payload for message in spy.drain()]
    assert words_there(home) == [("supercalifragilistic",)]
    assert letters
    assert not any(b"supercali" in letter for letter in letters)


def test_a_database_that_goes_away_is_waited_for(home: Pair, caplog: pytest.LogCaptureFixture) -> None:
    home.live(2)
    file = Path(home.settings.trainer.database_url.removeprefix("sqlite:///"))
    away = file.with_name("away")
    for each in sorted(file.parent.glob(f"{file.name}*")):
        each.rename(each.with_name(each.name.replace(file.name, away.name)))
    home.teach(1, {KITCHEN_ON: ["dawn"]})
    home.live(8)
    assert "is tried again" in caplog.text
    for each in sorted(file.parent.glob("away*")):
        each.rename(each.with_name(each.name.replace("away", file.name)))
    home.live(20, until=lambda: words_there(home) == [("dawn",)])
    assert words_there(home) == [("dawn",)]


def test_a_device_may_be_paired_while_the_trainer_watches(home: Pair, caplog: pytest.LogCaptureFixture) -> None:
    home.watch.rings = dict
    home.teach(1, {KITCHEN_ON: ["dawn"]})
    home.live(4)
    assert caplog.text.count("no device is known yet") == 1
    assert home.store.nodes() == []
    home.watch.rings = home.rings
    home.live(6)
    assert words_there(home) == [("dawn",)]
