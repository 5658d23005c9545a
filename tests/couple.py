"""A real device and a real trainer, two processes on one broker, to be started, killed and started again."""

from __future__ import annotations

import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import IO

import numpy as np
import soundfile

from device.errors import JournalError
from device.home.bus import Message
from device.home.mqtt import MqttBus
from device.home.virtual import VirtualHouse
from device.host import KEYS, MODELS
from device.journal import SqliteJournal
from device.journal_folder import FILE
from device.keys import load_ring
from device.letters import topic_to_device
from device.messages import Action, Lesson
from device.model_store import ModelStore, State
from device.settings import BrokerSettings, Settings, TrainerSettings
from tests.waiting import wait_until
from trainer.household_store import open_store
from trainer.store import ModelRecord

HERE = Path(__file__).parents[1]
NODE = "safu"
_AVAILABILITY = f"safu/{NODE}/availability"
PAIR_S, START_S, VERDICT_S, SETTLE_S = 60.0, 60.0, 60.0, 240.0
_BUNDLE_BYTES = 50_000
"""A letter as long as this can only be a model."""
_SECRET = "zebra"
"""A word that is to be forgotten."""
_DEVICES = ("kitchen_light", "ceiling_fan")
_FILLERS = ("", "please", "now", "at once", "for me", "if you can", "dear", "quick")


class Couple:
    """Both sides, and the house they live in; `close` ends whatever runs.

    The device only observes, or it would soon do everything by itself, and nobody would teach it any more.
    """

    def __init__(self, folder: Path, broker: tuple[str, int], chance: random.Random) -> None:
        self.chance = chance
        self.device_folder, self.trainer_folder = folder / "device", folder / "trainer"
        self._broker = f"{broker[0]}:{broker[1]}"
        self._quiet = folder / "quiet.flac"
        soundfile.write(self._quiet, np.zeros(1_800 * 16_000, np.int16), 16_000)
        self._log: IO[bytes] = (folder / "log").open("wb")
        settings = BrokerSettings(host=broker[0], port=broker[1])
        self.house, self._witness = VirtualHouse(MqttBus(settings)), MqttBus(settings)
        self._witness.subscribe([f"safu/{NODE}/lesson", _AVAILABILITY, topic_to_device(NODE)])
        wait_until(lambda: self._witness.connected, "the broker")
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.at_work: set[str] = set()
        """Those of whom the broker has heard since they were started."""
        self.fillers = [*_FILLERS, _SECRET]
        self.acknowledged: set[int] = set()
        """Lessons that the device said to have kept."""
        self.bundles = 0
        """Models that were seen on their way."""
        self.words: dict[int, tuple[str, ...]] = {}
        """Of every lesson that was ever seen in the journal."""
        self.newest: list[int] = [0]
        """The newest version of the device, again and again."""
        self.made: list[int] = [0]
        """The same at the trainer."""

    def close(self) -> None:
        for side in list(self.running):
            self.kill(side)
        self.house.close()
        self._witness.close()
        self._log.close()

    # -- processes -------------------------------------------------------------------------------------------------

    def _command(self, side: str, *arguments: str) -> list[str]:
        where = ["--storage", self.device_folder] if side == "device" else ["--folder", self.trainer_folder]
        return [sys.executable, "-m", side, *arguments, "--broker", self._broker, *map(str, where)]

    def pair(self) -> None:
        """By the two commands, as people do."""
        command = self._command("trainer", "pair")
        with subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, stderr=self._log, text=True) as shown:
            try:
                line = shown.stdout.readline() if shown.stdout else ""
                code = re.findall(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}", line)[0]
                device = self._command("device", "pair", code)
                subprocess.run(device, cwd=HERE, check=True, timeout=PAIR_S, stdout=self._log, stderr=self._log)
                assert shown.wait(PAIR_S) == 0
            finally:
                shown.kill()

    def start(self, side: str) -> None:
        """Unless it runs."""
        known = self.running.get(side)
        if known is not None and known.poll() is None:
            return
        self.at_work.discard(side)
        last = ["watch"] if side == "trainer" else ["run", "--blank", "--observe", str(self._quiet)]
        environment = {"SAFU_TRAINER_WAIT_MS": "300", "PATH": "/usr/bin:/bin", "HOME": str(self.device_folder.parent)}
        self.running[side] = subprocess.Popen(
            self._command(side, *last), cwd=HERE, env=environment, stdout=self._log, stderr=self._log
        )

    def kill(self, side: str, how: signal.Signals = signal.SIGKILL) -> int:
        """Returns when it is gone."""
        process = self.running.pop(side)
        process.send_signal(how)
        return process.wait(30)

    # -- the house -------------------------------------------------------------------------------------------------

    def say_and_flip(self) -> None:
        """Somebody says what the device may not know yet, and goes to the switch. Nobody waits for an answer."""
        device = self.chance.choice(_DEVICES)
        before = self.house.states[device]
        wanted = Action(device, "on" if before.command == "off" else "off")
        name = device.replace("_", " ")
        words = f"{self.chance.choice(self.fillers)} {name} {wanted.command} {self.chance.choice(self.fillers)}"
        self._ask("say", words)
        time.sleep(self.chance.uniform(0.3, 0.5))  # people walk
        self.house.flip(wanted)

    def forget(self) -> None:
        self._ask("forget", _SECRET)

    def forget_for_good(self) -> None:
        """Nobody says it any more."""
        self.start("device")
        self.fillers.remove(_SECRET)
        self.forget()

    def tidy_up(self) -> None:
        """Undo what the kills made of it: a flip that nobody heard, or that was taken for one of other words."""
        with closing(SqliteJournal(self.device_folder / FILE)) as journal:
            lessons = journal.lessons()
        for lesson in [lesson for lesson in lessons if lesson.weight and not _is_meant(lesson)][-20:]:
            self._ask("undo", str(lesson.id))

    def _ask(self, verb: str, argument: str) -> None:
        with suppress(JournalError), closing(SqliteJournal(self.device_folder / FILE)) as journal:
            journal.ask(verb, argument)

    def wait_for_a_verdict(self) -> None:
        """Until a model was seen on its way, or one was turned down, or nobody has anything to judge."""
        seen, judged, until_s = self.bundles, len(self.records()), time.monotonic() + VERDICT_S
        while time.monotonic() < until_s and not any(not record.accepted for record in self.records()[judged:]):
            for _ in range(250):
                self.look()
                if self.bundles > seen:
                    return
                time.sleep(0.002)

    def look(self) -> None:
        """What the broker has shown since."""
        for message in self._witness.drain():
            self._note(message)

    def _note(self, message: Message) -> None:
        if message.topic == _AVAILABILITY:
            (self.at_work.add if message.payload == b"online" else self.at_work.discard)("device")
        elif message.topic == topic_to_device(NODE):
            self.at_work.add("trainer")
            self.bundles += len(message.payload) > _BUNDLE_BYTES
        else:
            self.acknowledged.add(int(re.findall(rb'"id": ?(\d+)', message.payload)[0]))

    # -- one round -------------------------------------------------------------------------------------------------

    def one_round(self) -> None:
        """Start whatever does not run, live for a while, kill -9 one side or both, look at what it left."""
        for side in ("device", "trainer"):
            self.start(side)
        victims = self.chance.choice([["device"], ["trainer"], ["trainer", "device"]])
        is_busy, is_early = self.chance.random() < 0.1, self.chance.random() < 0.5
        if is_busy or not is_early:  # else they may be killed while they start, which takes seconds on a busy machine
            wait_until(self._are_at_work, "both to be at work", START_S)
        if is_busy:
            for _ in range(8):
                self.say_and_flip()
            self.tidy_up()
            self.wait_for_a_verdict()
            time.sleep(self.chance.uniform(0.0, 0.3))  # it is being installed, or was, or was not yet
        else:
            killers = threading.Timer(self.chance.uniform(0.2, 2.5), self._kill_at_once, [victims])
            killers.start()
            while killers.is_alive():
                self.say_and_flip()
                if self.chance.random() < 0.1:
                    self.chance.choice([self.forget, self.tidy_up])()
        for side in victims:
            self.kill(side)
        self.look()
        if "device" in victims:
            self.check_device()
        if "trainer" in victims:
            self.check_trainer()

    def _are_at_work(self) -> bool:
        self.look()
        return len(self.at_work) == 2

    def _kill_at_once(self, victims: list[str]) -> None:
        for side in victims:
            self.running[side].kill()

    def check_device(self) -> None:
        """What a dead device has on its disk: every lesson it had acknowledged, and models that can act."""
        lessons = self.lessons(kept_only=False)
        self.words |= {number: words for number, words in lessons.items() if words}
        lost = self.acknowledged - lessons.keys()
        assert all(_SECRET in self.words.get(number, (_SECRET,)) for number in lost), lost
        assert not list(self.device_folder.glob("*damaged*"))
        store = self.models_as_they_are()
        assert store.state.acting == (store.acting.header.version if store.acting else 0)
        assert store.state.before is None or bool(store.before()) == bool(store.state.before)
        self.newest.append(store.state.newest)
        assert self.newest[-2] <= self.newest[-1], "versions only rise"

    def check_trainer(self) -> None:
        versions = [record.version for record in self.records()]
        self.made.append(max(versions, default=0))
        assert self.made[-2] <= self.made[-1], "versions only rise"

    # -- what is on the disks --------------------------------------------------------------------------------------

    def models_as_they_are(self) -> ModelStore:
        """Of a copy: opening a store puts things in order."""
        ring = load_ring(self.device_folder / KEYS)
        assert ring is not None
        copy = self.device_folder.parent / "copy" / MODELS
        shutil.rmtree(copy.parent, ignore_errors=True)
        if (self.device_folder / MODELS).exists():
            shutil.copytree(self.device_folder / MODELS, copy)
        store = ModelStore(copy, ring)
        assert not list(copy.parent.glob("damaged*"))
        return store

    def lessons(self, *, kept_only: bool = True) -> dict[int, tuple[str, ...]]:
        with closing(SqliteJournal(self.device_folder / FILE)) as journal:
            undone = [] if kept_only else [(number, ()) for number in journal.undone_ids()]
            return {**dict(undone), **{lesson.id: lesson.words for lesson in journal.lessons()}}

    def taught(self) -> list[Lesson]:
        """What the trainer has."""
        with closing(open_store(self._trainer_settings)) as store:
            return [taught.lesson for taught in store.lessons(NODE)]

    def records(self) -> list[ModelRecord]:
        with closing(open_store(self._trainer_settings)) as store:
            return store.models(NODE)

    def bundle(self, version: int) -> bytes:
        with closing(open_store(self._trainer_settings)) as store:
            return store.bundle(NODE, version)

    @property
    def _trainer_settings(self) -> Settings:
        return Settings(trainer=TrainerSettings(folder=str(self.trainer_folder)))

    # -- the end ---------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Leave both alone until nothing is left to be done, then end them in good order."""
        deadline_s = time.monotonic() + SETTLE_S
        while True:
            for side in ("device", "trainer"):
                self.start(side)
            while not self._is_settled():
                assert time.monotonic() < deadline_s, (self.models_as_they_are().state, self.records()[-3:])
                time.sleep(0.25)
            assert self.kill("device", signal.SIGTERM) == 0
            if self._is_settled():  # else somebody's silence became a lesson just now
                break
        assert self.kill("trainer", signal.SIGTERM) == 0

    def _is_settled(self) -> bool:
        """The trainer has every lesson and has judged them; the device has what passed, and the trainer knows."""
        taught, records = self.taught(), self.records()
        if {lesson.id for lesson in taught} != set(self.lessons()) or not records:
            return False
        weighty = tuple(lesson.id for lesson in taught if lesson.weight)
        passed = [r for r in records if r.accepted and r.outcome != "erased"]
        newest = self.models_as_they_are().state.newest
        if records[-1].lesson_ids != weighty:
            return False
        return not passed or (passed[-1].outcome != "" and newest >= passed[-1].version)  # a newer one may be erased

    def check_the_end(self) -> State:
        """Nothing lost, nothing more, nothing half installed, both of one mind. Returns what the device has."""
        with closing(SqliteJournal(self.device_folder / FILE)) as journal:
            kept = journal.lessons()
        told = [(lesson.id, lesson.words, lesson.action, lesson.weight, lesson.kind) for lesson in kept]
        assert told == [(t.id, t.words, t.action, t.weight, t.kind) for t in self.taught()]
        self.look()
        self.check_device()
        self.check_trainer()
        state = self.models_as_they_are().state
        named = {f"{version:06d}.{suffix}" for version in (state.acting, state.before) if version for suffix in _KINDS}
        assert {file.name for file in (self.device_folder / MODELS).iterdir()} == {"state.json", *named}
        for version in filter(None, (state.acting, state.before)):
            assert (self.device_folder / MODELS / f"{version:06d}.safu").read_bytes() == self.bundle(version)
        outcome = {0: "none", **{record.version: record.outcome for record in self.records()}}[state.newest]
        here = "installed" if state.before is not None else "kept"
        assert outcome in ({here, "none"} if state.acting == state.newest else {"returned", "erased"})
        return state

    def check_nothing_is_left_of_what_was_forgotten(self) -> None:
        """Neither in models nor in the trainer's database."""
        for file in (*(self.device_folder / MODELS).iterdir(), *self.trainer_folder.iterdir()):
            assert not file.is_file() or _SECRET.encode() not in file.read_bytes(), file


def _is_meant(lesson: Lesson) -> bool:
    """Whether it teaches what its words say."""
    return f"{lesson.action.device.replace('_', ' ')} {lesson.action.command}" in " ".join(lesson.words)


_KINDS = ("safu", "sig")
