"""The trainer as the device sees it: nothing without keys, letters that wait for the broker, words that go for good."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from device.anticipator import SafuAnticipator
from device.assembly import anticipator as anticipator_of
from device.commands import pair as pair_command
from device.host import KEYS, MODELS, TrainerHost
from device.keys import new_ring, save_ring
from device.learn import hear_from_the_trainer, learn
from device.letters import GREETING, Correspondence, Letter
from device.messages import NOTHING, Action, Lesson
from device.model_store import ModelStore, State
from device.settings import ModelSettings, Settings, StorageSettings
from device.trial import PROVED, TrialAnticipator
from tests.living import Living
from tests.small_models import DEVICES, LESSONS, SmallModels

WORDS = tuple("movie night".split())


@dataclass
class Home:
    """A living device with a host, and the letters that it posts, opened by its trainer."""

    folder: Path
    models: SmallModels
    living: Living
    is_online: bool = True
    posted: list[bytes] = field(default_factory=list)
    now_ms: int = 0

    def __post_init__(self) -> None:
        self.trainer = Correspondence(self.models.trainer)
        self.host = TrainerHost(self.folder, self.living.journal, self.living.anticipator)
        self.living.assistant.host = self.host
        self.living.assistant.anticipator = self.host.anticipator()
        self.living.assistant.home.post = self.post  # type: ignore[method-assign]

    def pair(self) -> None:
        save_ring(self.folder / KEYS, self.models.device)

    def post(self, letter: bytes) -> bool:
        if self.is_online:
            self.posted.append(letter)
        return self.is_online

    def letters(self, ticks: int = 1) -> dict[str, Letter]:
        """What the device writes while a few seconds pass, by kind."""
        assistant = self.living.assistant
        for _ in range(ticks):
            assistant.now_ms += 960 - assistant.now_ms % 960
            hear_from_the_trainer(assistant)
        read = [self.trainer.read(letter) for letter in self.posted]
        self.posted.clear()
        return {letter.kind: letter for letter in read}

    def greet(self) -> dict[str, Letter]:
        """What a trainer does that starts; returns all that the device writes."""
        self.write(GREETING)
        answered = self.letters()
        self.write(GREETING, answer=True)
        return {**answered, **self.letters()}

    def write(self, kind: str, body: bytes = b"", **facts: object) -> None:
        self.host.take(self.trainer.write(Letter(kind, facts, body)))

    def deliver(self, version: int) -> dict[str, Letter]:
        data, signature = self.models.signed(version)
        self.write("offer", version=version, summary="better")
        assert self.letters()["fetch"].facts == {"version": version}
        self.write("bundle", data, signature=signature.hex())
        return self.letters()

    @property
    def on_trial(self) -> bool:
        return isinstance(self.living.assistant.anticipator, TrialAnticipator)

    @property
    def store(self) -> ModelStore:
        assert self.host._paired is not None
        return self.host._paired.store

    @property
    def state(self) -> State:
        return self.store.state


@pytest.fixture
def home(tmp_path: Path, small_models: SmallModels, blank: Living) -> Home:
    """Not yet paired."""
    made = Home(tmp_path / "state", small_models, blank)
    learn(blank.assistant, [Lesson(lesson.words, lesson.action, 16, "said") for lesson in LESSONS])
    return made


@pytest.fixture
def paired(home: Home) -> Home:
    home.pair()
    home.letters()
    home.greet()
    return home


def test_without_a_trainer_nothing_is_ever_sent(home: Home) -> None:
    assert home.letters(200) == {}
    assert home.host.standing() is None
    home.host.take(Correspondence(home.models.trainer).write(Letter(GREETING)))
    home.host.forgotten()
    assert home.letters(200) == {}
    assert not (home.folder / MODELS).exists()


def test_half_a_ring_is_no_trainer(home: Home, small_models: SmallModels) -> None:
    save_ring(home.folder / KEYS, new_ring())
    assert home.letters(100) == {}
    (home.folder / KEYS).write_text("{")
    assert home.letters(100) == {}


def test_a_ring_that_appears_is_noticed_and_one_that_goes_ends_it(home: Home) -> None:
    home.letters()
    home.pair()
    assert home.letters().keys() == {GREETING}
    assert home.greet().keys() == {GREETING, "kept", "devices", "model"}
    home.deliver(1)
    trials = [home.on_trial]
    settings = Settings(storage=StorageSettings(folder=str(home.folder)))
    assert pair_command.run(settings, argparse.Namespace(end=True, code=[])) == 0
    home.letters()
    assert home.host.standing() is None
    assert [*trials, home.on_trial] == [True, False]
    home.host.lessons_changed()
    assert home.letters(100) == {}


def test_lessons_are_told_and_sent_when_they_are_wanted(paired: Home) -> None:
    learn(paired.living.assistant, [Lesson(WORDS, Action("kitchen_light", "off"), 16, "said")])
    assert paired.letters()["kept"].facts == {"ids": "1-13", "undone": ""}
    paired.living.ask("undo", "2")
    assert paired.letters()["kept"].facts == {"ids": "1,3-13", "undone": "2"}
    paired.write("wanted", ids="2,12-13,99")
    rows = paired.letters()["lessons"].facts["lessons"]
    assert [row[0] for row in rows] == [12, 13]
    assert rows[1][2:] == ["movie night", ["kitchen_light", "off", None], 16, "said"]


def test_a_sentence_without_end_is_cut(paired: Home) -> None:
    learn(paired.living.assistant, [Lesson(("word",) * 5_000, NOTHING, 16, "said")])
    paired.write("wanted", ids="13")
    assert len(paired.letters()["lessons"].facts["lessons"][0][2]) == 1_000


def test_letters_wait_for_the_broker(paired: Home) -> None:
    paired.is_online = False
    learn(paired.living.assistant, [Lesson(WORDS, NOTHING, 16, "said")])
    paired.write("wanted", ids="1")
    paired.write("offer", version=1, summary="")
    paired.host.devices_changed()
    assert paired.letters(10) == {}
    paired.is_online = True
    assert paired.letters().keys() == {"kept", "lessons", "fetch", "devices"}
    assert paired.letters(10) == {}, "once"


def test_a_greeting_waits_for_the_broker_and_is_repeated_each_minute(home: Home) -> None:
    home.pair()
    home.is_online = False
    assert home.letters(5) == {}
    home.is_online = True
    assert home.letters().keys() == {GREETING}
    assert home.letters(60) == {}
    assert home.letters(5).keys() == {GREETING}


def test_a_model_is_installed_tried_and_kept(paired: Home) -> None:
    told = paired.deliver(1)["model"].facts
    assert (told["acting"], told["newest"], told["before"]) == (1, 1, 0)
    assert paired.host.standing() == (1, 1, "on trial, none stands by. model 1 is installed better")
    for _ in range(PROVED):
        learn(paired.living.assistant, [Lesson(("what", "a", "draught"), NOTHING, 16, "said")])
    told = paired.letters(2)["model"].facts
    assert (told["acting"], told["before"], told["outcome"]) == (1, None, "model 1 has proved itself and is kept")
    assert paired.host.anticipator().would_do(WORDS) is not None  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("backend", "runs", "close"),
    [("numpy", "IntegerModel", 0.0), ("onnx", "OnnxBackend", 0.0), ("litert", "LiteRtBackend", 0.1)],
)
def test_delivered_models_are_tried_and_kept_on_every_backend(
    paired: Home, backend: Any, runs: str, close: float
) -> None:
    for package in {"onnx": ["onnx", "onnxruntime"], "litert": ["ai_edge_litert"]}.get(backend, []):
        pytest.importorskip(package)
    by_numpy = paired.living.settings
    paired.living.settings = replace(by_numpy, model=ModelSettings(backend=backend))
    paired.deliver(1)
    paired.deliver(2)
    assert paired.on_trial
    for _ in range(PROVED):
        learn(paired.living.assistant, [Lesson(("what", "a", "draught"), NOTHING, 16, "said")])
    assert paired.letters(2)["model"].facts["outcome"] == "model 2 has proved itself and is kept"
    acting = paired.living.assistant.anticipator
    assert isinstance(acting, SafuAnticipator)
    assert acting._slow is not None
    assert type(acting._slow._backend).__name__ == runs
    reference = anticipator_of(by_numpy, paired.store.acting)
    for each in (acting, reference):
        each.rebuild(DEVICES, LESSONS)
    for lesson in LESSONS:
        found, wanted = (each.predict_one(lesson.words) for each in (acting, reference))
        assert found.leading == wanted.leading
        assert dict(found.ranked) == pytest.approx(dict(wanted.ranked), abs=close)


def test_an_older_offer_is_not_fetched(paired: Home) -> None:
    paired.deliver(2)
    paired.write("offer", version=1, summary="")
    told = paired.letters()
    assert "fetch" not in told
    assert told["model"].facts["newest"] == 2


def test_what_is_refused_is_told(paired: Home) -> None:
    paired.write("bundle", b"nonsense", signature="00" * 64)
    told = paired.letters()["model"].facts
    assert told["outcome"].startswith("refused: the signature is not that of the other side")
    assert told["acting"] == 0


def test_a_model_that_knows_forgotten_lessons_comes_too_late(paired: Home) -> None:
    paired.living.ask("forget", "much too bright")
    paired.letters()
    assert "not here any more" in paired.deliver(1)["model"].facts["outcome"]
    assert paired.state.acting == 0


def test_forget_drops_the_model_and_its_files(paired: Home) -> None:
    paired.deliver(1)
    paired.deliver(2)
    assert "lessons erased with it: 1" in paired.living.ask("forget", "much too bright")
    told = paired.letters(2)
    assert told["model"].facts["outcome"] == "the model went with the words that were forgotten"
    assert paired.state == State(acting=0, before=None, since=12, newest=2)
    assert [file.name for file in (paired.folder / MODELS).iterdir()] == ["state.json"]
    assert not paired.on_trial
    paired.living.ask("forget", "words that nobody said")
    assert "model" not in paired.letters(2)


def test_a_restart_finds_the_trial_where_it_was(paired: Home) -> None:
    paired.deliver(1)
    learn(paired.living.assistant, [Lesson(("what", "a", "draught"), NOTHING, 16, "said")] * 3)
    trial = paired.living.assistant.anticipator
    again = TrainerHost(paired.folder, paired.living.journal, paired.living.anticipator).anticipator()
    assert isinstance(trial, TrialAnticipator)
    assert isinstance(again, TrialAnticipator)
    again.rebuild(paired.living.assistant.devices or {}, paired.living.journal.lessons())
    assert (again.judged, again.too_many, again.verdict) == (trial.judged, trial.too_many, trial.verdict) == (3, 0, "")


def test_only_a_model_that_comes_begins_anew(paired: Home) -> None:
    """One that has been at work knows all lessons, whether it stands by, is kept or returns."""
    before = paired.living.assistant.anticipator
    paired.deliver(1)
    trial = paired.living.assistant.anticipator
    assert isinstance(trial, TrialAnticipator)
    assert trial._before is before
    for _ in range(PROVED):
        learn(paired.living.assistant, [Lesson(("what", "a", "draught"), NOTHING, 16, "said")])
    paired.letters(2)
    assert paired.living.assistant.anticipator is trial._acting
    fresh = TrainerHost(paired.folder, paired.living.journal, paired.living.anticipator).anticipator()
    fresh.rebuild(paired.living.assistant.devices or {}, paired.living.journal.lessons())
    for lesson in LESSONS:
        assert trial._acting.predict_one(lesson.words) == fresh.predict_one(lesson.words)


def test_a_letter_is_answered_in_the_next_frame(paired: Home) -> None:
    paired.write("wanted", ids="1")
    paired.living.assistant.now_ms += 32
    hear_from_the_trainer(paired.living.assistant)
    assert [paired.trainer.read(letter).kind for letter in paired.posted] == ["lessons"]
