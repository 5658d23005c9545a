"""One round: from the lessons in the store to a challenger, a verdict, and, if it passes, a signed model.

    lessons -> split -> challenger on the older ones -> gate (knows? no worse on the newer ones than the champion?)
            -> the same once more on all lessons -> gate (knows?) -> signature -> registry

The newer lessons also say how far the device should believe such a model: that goes with it.

Half of it can be done beside the other half (`beside.py`): what the champion would have answered, and the model of all
lessons, which is thrown away if the verdict is no. Both are the same wherever they are made.

The champion is judged by its own challenger of that day, which has not seen today's newer lessons either; the device
gets the model of all lessons. Every round is recorded, also one that failed. The same lessons, devices and seed make
the same bytes. Left out: when a round is due (`watch.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version as version_of

from rich.progress import Progress
from threadpoolctl import threadpool_limits

from device.anticipator import SafuAnticipator
from device.errors import TrainerError
from device.keys import KeyRing
from device.messages import Device, Lesson
from device.safu.bundle import Bundle, Header, pack, unpack
from device.safu.model import Architecture
from device.safu.slow import SlowModel
from device.settings import Settings
from trainer.beside import Beside, Here
from trainer.gate import Verdict, judge, knowledge, split
from trainer.household import Example, examples_of, fit
from trainer.replay import Answer, as_at_home, replay
from trainer.store import ERASED, ModelRecord, Store

_TURNED_DOWN = ("returned", ERASED)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a round makes."""

    judged: Bundle
    """Trained on the older lessons only."""
    final: Bundle
    """Trained on all."""
    verdict: Verdict


def challenge(
    lessons: Sequence[Lesson],
    devices: Mapping[str, Device],
    header: Header,
    champion: SlowModel | None,
    settings: Settings,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    beside: Beside | None = None,
) -> Challenge:
    """Train on these lessons, judge, train on all. Raises `TrainerError` if there is nothing to learn yet."""
    examples = examples_of(lessons, devices)
    older, newer = split(lessons)
    first = [example for example in examples if example.lesson_id in {lesson.id for lesson in older}]
    if len({example.meaning for example in first}) < 2:
        raise TrainerError("there are too few lessons yet: some must be left to judge by")
    beside = beside or Here()
    before = beside.begin(lived, champion, devices, older, newer, settings)
    of_all = beside.begin(trained, examples, devices, header, seed)
    judged = fit(first, devices, header, seed=seed, progress=progress)
    with _shown(progress, "judging"):
        verdict, belief = assess(judged, first, lambda: before()[0], devices, older, newer, settings)
    if not verdict.accepted:
        return Challenge(judged, judged, verdict)
    with _shown(progress, "training on all"):
        final, doubts = of_all()
    final = replace(final, header=replace(final.header, belief=belief))
    return Challenge(judged, final, replace(verdict, accepted=not doubts, reasons=(*verdict.reasons, *doubts)))


@contextmanager
def _shown(progress: Progress | None, what: str) -> Iterator[None]:
    """Nobody knows how long it takes, but that it goes on."""
    task = progress.add_task(what, total=None) if progress else None
    yield
    if progress and task is not None:
        progress.remove_task(task)


def trained(
    examples: Sequence[Example], devices: Mapping[str, Device], header: Header, seed: int
) -> tuple[Bundle, list[str]]:
    """A model of these examples, and what speaks against it."""
    bundle = fit(examples, devices, header, seed=seed)
    return bundle, knowledge(SlowModel(bundle), examples)


def assess(
    challenger: Bundle,
    examples: Sequence[Example],
    champion: Callable[[], Sequence[Answer]],
    devices: Mapping[str, Device],
    older: Sequence[Lesson],
    newer: Sequence[Lesson],
    settings: Settings,
) -> tuple[Verdict, tuple[float, ...]]:
    """What the gate says of a challenger that should know `examples`, and how far the device should believe it.

    `champion` gives the champion's answers to the newer lessons.
    """
    slow = SlowModel(challenger)
    doubts = knowledge(slow, examples)
    if doubts:
        return Verdict(False, tuple(doubts)), ()
    new, belief = lived(slow, devices, older, newer, settings)
    return judge(new, champion(), cost_of(settings)), belief


def cost_of(settings: Settings) -> float:
    """Right actions that make up for a wrong one: the device acts when it is so sure that this pays."""
    probability = settings.decision.final_probability
    return probability / max(1e-9, 1 - probability)


def lived(
    slow: SlowModel | None,
    devices: Mapping[str, Device],
    older: Sequence[Lesson],
    newer: Sequence[Lesson],
    settings: Settings,
) -> tuple[list[Answer], tuple[float, ...]]:
    """The device's answers to the newer lessons with this slow model or with none, and how far it was believed then."""
    anticipator = SafuAnticipator(settings.decision, blank=settings.learning.blank, slow=slow)
    answers = replay(anticipator, devices, older, newer)
    return answers, anticipator.belief


def run_round(
    store: Store,
    node: str,
    ring: KeyRing,
    settings: Settings,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    after: int = 0,
    beside: Beside | None = None,
) -> ModelRecord:
    """One round for one device, recorded. Raises `TrainerError` if there is nothing to learn yet, `StoreError`.

    `after` is the newest version that the device has seen, perhaps from another trainer or a database that is gone.
    """
    beside = beside or Here()
    started_s = time.process_time() + beside.cpu_s
    lessons, devices = [taught.lesson for taught in store.lessons(node)], store.devices(node)
    settings = as_at_home(settings, store, node)
    before = champion_of(store, node)
    number = 1 + max((after, *(record.version for record in store.models(node))))
    parent = before.version if before else 0
    header = Header(Architecture(0, 0, 0), house=ring.house, version=number, parent=parent)
    twin = SlowModel(unpack(store.judged(node, parent), f"model {parent}")) if before else None
    with threadpool_limits(1):
        made = challenge(lessons, devices, header, twin, settings, seed=seed, progress=progress, beside=beside)
    cpu_s = time.process_time() + beside.cpu_s - started_s
    data = pack(made.final) if made.verdict.accepted else b""
    record = ModelRecord(
        node=node,
        version=number,
        parent=parent,
        created=time.time(),
        seed=seed,
        software=version_of("safu"),
        lesson_ids=tuple(lesson.id for lesson in lessons if lesson.weight),
        figures={**made.verdict.figures, "cpu_s": cpu_s, "bytes": float(len(data))},
        accepted=made.verdict.accepted,
        reasons=made.verdict.reasons,
        signature=ring.sign(data) if data else b"",
        devices=tuple(devices.values()),
    )
    store.put_model(record, data, pack(made.judged) if data else b"")
    return record


def champion_of(store: Store, node: str) -> ModelRecord | None:
    """The newest model that passed and that is still there and not sent back; unanswered offers count."""
    passed = [record for record in store.models(node) if record.accepted]
    return next((r for r in reversed(passed) if not r.outcome.startswith(_TURNED_DOWN)), None)


def reproduce(store: Store, node: str, version: int, house: str) -> bytes:
    """The bytes of a model, made anew from its lessons and seed. Raises `TrainerError` if lessons are gone."""
    record = next((r for r in store.models(node) if r.version == version), None)
    if record is None:
        raise TrainerError(f"there is no model {version} of {node}")
    kept = {taught.lesson.id: taught.lesson for taught in store.lessons(node)}
    gone = [number for number in record.lesson_ids if number not in kept]
    if gone:
        raise TrainerError(f"{len(gone)} lessons of model {version} were forgotten since, so it cannot be made again")
    devices = {device.id: device for device in record.devices}
    belief = unpack(store.bundle(node, version), f"model {version}").header.belief
    header = Header(Architecture(0, 0, 0), house=house, version=version, parent=record.parent, belief=belief)
    examples = examples_of([kept[number] for number in record.lesson_ids], devices)
    with threadpool_limits(1):
        return pack(fit(examples, devices, header, seed=record.seed))
