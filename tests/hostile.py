"""What somebody might send who means harm, or a broken disk: to the device, to its trainer, to one that pairs.

Every kind of mutation is a function of a random generator, so that a failure can be repeated by its seed. None may be
accepted, raise, write outside the storage folder or take much memory. Kinds marked `HARMLESS` are well formed, only
their names are strange: they may be taken as the texts that they are.
"""

from __future__ import annotations

import json
import math
import random
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from device.home.local_bus import LocalBroker, LocalBus
from device.host import KEYS, TrainerHost
from device.journal import SqliteJournal
from device.keys import KeyRing, new_ring, save_ring
from device.letters import GREETING, MAX_LETTER_BYTES, Correspondence, Letter
from device.messages import Lesson
from device.model_store import State
from device.pairing import new_code, seal_with
from device.settings import Settings, TrainerSettings
from tests.hostile_bundles import BUNDLES, MISSING, NEXT, PATHS
from tests.living import Living
from tests.small_models import DEVICES, LESSONS, SmallModels, rings
from trainer.commands.pair import pair_once
from trainer.home import DeviceAtHome
from trainer.household_store import keys_folder, open_store
from trainer.store import Taught

HARMLESS = frozenset({"lesson: path tricks", "device: path tricks"})


class Target:
    """A device with a model and its trainer, who have greeted each other."""

    def __init__(self, folder: Path, models: SmallModels) -> None:
        self.models = models
        self.outside = folder
        self.folder = folder / "below" / "storage"
        self.journal = SqliteJournal(":memory:")
        for lesson in LESSONS:
            self.journal.record_lesson(lesson)
        save_ring(self.folder / "device" / KEYS, models.device)
        self._living = Living(blank=True)
        self.host = TrainerHost(self.folder / "device", self.journal, self._living.anticipator)
        assert self.host._paired is not None
        self.models_here = self.host._paired.store
        for version in (1, 2):
            self.models_here.install(*models.signed(version), MISSING)
        self.models_here.keep()
        self.settings = Settings(trainer=TrainerSettings(folder=str(self.folder / "trainer")))
        self.store = open_store(self.settings)
        self.store.put_lessons("safu", [Taught(lesson, 1.0) for lesson in LESSONS])
        self.store.put_devices("safu", list(DEVICES.values()))
        self.posted: list[bytes] = []
        self.home = DeviceAtHome("safu", models.trainer, self.store, self.posted.append)
        self.trainers = Correspondence(models.trainer)  # the hostile ends of both conversations
        self.devices = Correspondence(models.device)
        self.greet()
        self.devices_before = self.store.devices("safu")
        self.predictions = self.predict()
        self.files = self.files_outside()

    def greet(self) -> None:
        self.host.take(self.trainers.write(Letter(GREETING)))
        assert self.host._paired is not None
        self.trainers.read(self.host._paired.letters.write(Letter(GREETING, {"answer": True})))
        self.host.take(self.trainers.write(Letter(GREETING, {"answer": True})))
        self.home.take(self.devices.write(Letter(GREETING)), 0.0)
        self.devices.read(self.posted.pop())
        kept = {"ids": f"1-{MISSING}", "undone": ""}
        self.home.take(self.devices.write(Letter("kept", kept)), 0.0)

    def close(self) -> None:
        self.store.close()
        self.journal.close()
        self._living.journal.close()

    def predict(self) -> list[dict[Any, float]]:
        acting = self.models_here.acting
        return [acting.predict_one(lesson.words) for lesson in LESSONS] if acting else []

    def files_outside(self) -> set[Path]:
        return {file for file in self.outside.rglob("*") if self.folder not in (file, *file.parents)}

    def check(self, kind: str) -> None:
        """That nothing of it was taken."""
        assert self.models_here.state == State(acting=2, before=None, since=MISSING, newest=2)
        assert self.predict() == self.predictions
        assert self.files_outside() == self.files
        if kind in HARMLESS:
            self.store.drop_lessons("safu", [MISSING])
            return
        assert self.store.lesson_ids("safu") == [lesson.id for lesson in LESSONS]
        assert {**self.devices_before, **self.store.devices("safu")}.keys() >= self.devices_before.keys()
        assert self.store.models("safu") == []
        if self.outside.joinpath("below", "storage", "trainer", "keys").exists():
            raise AssertionError("a stranger is paired")


ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1.5,
    math.inf,
    math.nan,
    10**400,
    2**63,
    "x",
    "../../x",
    [],
    {},
    [[1]],
    "\ud800",
)


def _damaged(chance: random.Random, letter: bytes) -> bytes:
    damaged = bytearray(letter)
    damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return chance.choice([bytes(damaged), letter[: chance.randrange(len(letter))], b"", chance.randbytes(100)])


def _nonsense(chance: random.Random, ring: KeyRing) -> bytes:
    """Sealed with the right key, but not what a letter is."""
    head: dict[str, Any] = {"from": "x", "to": "", "number": 1, "kind": GREETING, "facts": {}}
    head[chance.choice(["number", "facts"])] = chance.choice([None, math.inf, math.nan, "x", [1], "../../x"])
    texts = [json.dumps(head), "", "[]", "[" * 100_000, "7" * 5_000, "\x00", '{"from": ' * 10_000]
    return ring.seal(chance.choice(texts).encode() + b"\n")


def to_device(kind: str, chance: random.Random, target: Target) -> bytes:
    """One letter for the device."""
    models, end = target.models, target.trainers
    data, signature = models.signed(NEXT)
    whole = Letter("bundle", {"signature": signature.hex()}, data)
    if kind == "letter: damaged":
        return _damaged(chance, end.write(whole))
    if kind == "letter: replayed":
        old = end.write(Letter("offer", {"version": 1}))
        target.host.take(old)
        return old
    if kind == "letter: of another session":
        other = Correspondence(models.trainer)
        other._peer = chance.choice(["", "x", end._own])
        return other.write(replace(whole, kind="bundle")) if other._peer else _to_nobody(models.trainer, whole)
    if kind == "letter: of another key":
        other = Correspondence(chance.choice([rings()[1], replace(new_ring(), peer=models.trainer.peer)]))
        other._peer = end._peer
        return other.write(whole)
    if kind == "letter: too long":
        return models.trainer.seal(bytes(MAX_LETTER_BYTES + chance.randint(0, 1_000)))
    if kind == "letter: nonsense":
        return _nonsense(chance, models.trainer)
    odd = chance.choice(ODD)
    facts = chance.choice([{"version": odd}, {"signature": odd}, {"ids": odd}, {"ids": "1-999999999999999"}, {}])
    return end.write(Letter(chance.choice(["offer", "bundle", "wanted", "x", "../../x", "kept"]), facts, data[:100]))


def _to_nobody(ring: KeyRing, letter: Letter) -> bytes:
    head = {"from": "x", "to": "", "number": 10**9, "kind": letter.kind, "facts": letter.facts}
    return ring.seal(json.dumps(head).encode() + b"\n" + letter.body)


TO_DEVICE = ("damaged", "replayed", "of another session", "of another key", "too long", "nonsense", "odd facts")


def to_trainer(kind: str, chance: random.Random, target: Target) -> bytes:
    """One letter for the trainer."""
    models, end = target.models, target.devices
    row: list[Any] = [MISSING, 1.0, "desk lamp on", ["lamp", "on", None], 16, "flip"]
    device: dict[str, Any] = {**asdict(DEVICES["lamp"]), "commands": ["on"], "id": "new"}
    good = Letter("lessons", {"lessons": [row]})
    if kind == "lesson: damaged":
        return _damaged(chance, end.write(good))
    if kind == "lesson: replayed":
        old = end.write(Letter("lessons", {"lessons": []}))
        target.home.take(old, 0.0)
        return old
    if kind == "lesson: of another key":
        other = Correspondence(chance.choice([rings()[0], replace(new_ring(), peer=models.device.peer)]))
        other._peer = end._peer
        return other.write(good)
    if kind == "lesson: nonsense":
        return _nonsense(chance, models.device)
    if kind == "lesson: path tricks":
        path = chance.choice(PATHS)
        row[chance.choice([2, 5])] = path
        row[3] = chance.choice([[path, "on", None], ["lamp", path, None], ["lamp", "on", path]])
        return end.write(good)
    if kind == "device: path tricks":
        path = chance.choice(PATHS)
        return end.write(Letter("devices", {"devices": [{**device, "id": path, "name": path, "area": path}]}))
    if kind == "device: odd facts":
        name = chance.choice(list(device))
        changed = {**device, name: chance.choice([None, -1, math.inf, 10**400, [[1]], {"a": 1}, "x" * 600, [1, 2]])}
        changed["minimum"] = chance.choice([math.nan, math.inf, "0", None, 10**400, True])
        return end.write(Letter("devices", {"devices": chance.choice([[changed], changed, 7, [7], None])}))
    if kind == "lesson: not asked for":
        row[0] = chance.choice([99, -1, 0, 10**14])
        return end.write(good)
    if kind == "model: odd facts":
        facts: dict[str, Any] = {"acting": 0, "newest": 0, "before": None, "outcome": ""}
        facts[chance.choice(["acting", "newest"])] = chance.choice(ODD)
        return end.write(Letter(chance.choice(["model", "fetch"]), facts))
    row[:] = _odd_row(chance, row)
    return end.write(Letter("lessons", {"lessons": chance.choice([[row], [row] * 300, row, 7, None, [[]]])}))


def _odd_row(chance: random.Random, row: list[Any]) -> list[Any]:
    wrong: dict[int, list[Any]] = {
        0: [None, True, 1.5, "13", [13], math.inf, math.nan],
        1: [None, "x", [], math.inf, math.nan, 10**400],
        2: [None, 7, ["desk"], "x" * 1_001, {}],
        3: [None, [], ["lamp"], ["lamp", "on"], ["lamp", "on", [1]], ["x" * 501, "on", None], ["lamp", "on", math.nan]],
        4: [None, -1, 501, 2**63, 1.5, True, "16", math.inf],
        5: [None, 7, "x" * 501, []],
    }
    place = chance.choice(list(wrong))
    changed = [*row]
    changed[place] = chance.choice(wrong[place])
    return chance.choice([changed, changed, [*changed, 1], changed[:-1]])


TO_TRAINER = (
    *("lesson: damaged", "lesson: replayed", "lesson: of another key", "lesson: nonsense", "lesson: path tricks"),
    *("device: path tricks", "device: odd facts", "lesson: not asked for", "model: odd facts", "lesson: odd row"),
)

# -- all of them -------------------------------------------------------------------------------------------------------


def pair_as(chance: random.Random, target: Target) -> None:
    """Somebody answers to a code: with the wrong one, a strange name for its node, or a key that is none."""
    code, broker = new_code(), LocalBroker()
    bus, other = LocalBus(broker), LocalBus(broker)
    bus.subscribe(["safu/+/to_trainer"])
    node = chance.choice(["..", "x y", "a.b", "~", "%2e", "-.-", "..."])
    facts: list[dict[str, Any]] = [{}, {"public": "x"}, {"public": 7}, {"public": "../../x"}, {"public": "00" * 31}]
    strange: dict[str, dict[str, Any]] = {"safu": chance.choice(facts), node: {"public": new_ring().public}}
    for name, told in strange.items():
        other.publish(f"safu/{name}/to_trainer", seal_with(code, told))
    other.publish("safu/safu/to_trainer", seal_with(new_code(), {"public": new_ring().public}))
    other.publish("safu/safu/to_trainer", chance.randbytes(chance.randrange(100)))
    while bus.connected and pair_once(target.settings, bus, code):
        raise AssertionError("a stranger is paired")
    assert not keys_folder(target.settings).exists()


KINDS = (*BUNDLES, *(f"letter: {each}" for each in TO_DEVICE), *TO_TRAINER, "pairing")


def send(kind: str, chance: random.Random, target: Target) -> None:
    """One mutation of this kind. Raises whatever the receiver lets out."""
    if kind in BUNDLES:
        data, signature = BUNDLES[kind](chance, target.models)
        target.host.take(target.trainers.write(Letter("bundle", {"signature": signature.hex()}, data)))
    elif kind == "pairing":
        pair_as(chance, target)
    elif kind.startswith("letter: "):
        target.host.take(to_device(kind, chance, target))
    else:
        target.home.take(to_trainer(kind, chance, target), 0.0)
    target.host.tick(0, target._living.assistant.anticipator, DEVICES, lambda _: True)
    target.posted.clear()


def lesson_of(target: Target) -> Lesson:
    """A lesson as it should be, which the trainer takes."""
    row = [MISSING, 1.0, "desk lamp on", ["lamp", "on", None], 16, "flip"]
    target.home.take(target.devices.write(Letter("lessons", {"lessons": [row]})), 0.0)
    return target.store.lessons("safu")[-1].lesson
