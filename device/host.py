"""The trainer on the host, as the device sees it: lessons go there, models come from there.

    we                                          the trainer
    hello {}                              <->   hello {answer}          whoever starts greets; who is greeted answers
                                          <-    hello {answer}          the trainer answers an answer, too
    kept {ids, undone}                     ->                           after every change, and after an answer
    devices {devices, settings}            ->                           the same; settings: those that decide
                                          <-    wanted {ids}
    lessons {lessons}                      ->
                                          <-    offer {version, summary}
    fetch {version}                        ->
                                          <-    bundle {signature} + bytes
    model {acting, before, newest, outcome} ->                          what became of it; also after an answer

Every letter may get lost: the trainer compares what we keep with what it has, and asks. What was undone or forgotten
here disappears there, because it is no longer among the kept. Without a key ring there is no trainer, and nothing is
ever sent. Left out: what the trainer does (`trainer/watch.py`), which model is better (`trial.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from device.anticipator import SafuAnticipator
from device.errors import BundleError, JournalError, PairingError
from device.keys import load_ring
from device.letters import GREETING, LONGEST_SENTENCE, Correspondence, Letter
from device.messages import Device
from device.model_store import NONE, ModelStore
from device.protocols import Anticipator, Journal
from device.ranges import ids_of, ranges_of
from device.safu.slow import SlowModel
from device.settings import Settings, decisive
from device.trial import TrialAnticipator

log = logging.getLogger(__name__)

KEYS = "keys.json"
MODELS = "models"
_TICK_MS = 960
"""How often we look what is to be done, if nobody asks; a multiple of the length of a frame."""
_GREET_MS = 60_000
_LESSONS_A_LETTER = 100
_LONGEST_TOLD = 200

Make = Callable[[SlowModel | None, SafuAnticipator | None], SafuAnticipator]
"""An anticipator with this slow model, or with none; what was made of it before is at hand for who can use it again."""
Post = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class _Paired:
    """What there is once device and trainer know each other."""

    store: ModelStore
    letters: Correspondence


class TrainerHost:
    """A `Host`. `post` publishes a letter and says whether the broker was there."""

    def __init__(self, folder: Path, journal: Journal, make: Make, settings: Settings | None = None) -> None:
        self._folder = folder
        self._journal = journal
        self._make = make
        self._decisive = decisive(settings or Settings())
        self._paired: _Paired | None = None
        self._ring_read_ns = -1
        self._unsent: set[str] = set()
        """Kinds of letters that are to be written."""
        self._greeted_ms = -_GREET_MS
        self._has_new_model = False
        self._made: dict[int, SafuAnticipator] = {}
        """By version, those that are at work."""
        self._is_asked = False
        """A letter came: it is answered at once."""
        self._offered: dict[str, Any] = {}
        self._outcome = ""
        self._wanted: list[int] = []
        self._trouble = ""
        self._read_ring()

    # -- for the loop ----------------------------------------------------------------------------------------------

    def anticipator(self) -> Anticipator:
        """What the models here make: the acting one, beside the one before while that is still to be seen."""
        self._has_new_model = False
        if self._paired is None:
            return self._make(None, None)
        store, known = self._paired.store, self._made
        acting = self._make(store.acting, known.get(store.state.acting))
        self._made = {store.state.acting: acting}
        if store.state.before is None:
            return acting
        before = self._make(store.before(), known.get(store.state.before))
        self._made[store.state.before] = before
        return TrialAnticipator(acting, before, store.state.since)

    @property
    def acting(self) -> SlowModel | None:
        """The model that acts, if there is one."""
        return self._paired.store.acting if self._paired is not None else None

    @property
    def on_trial(self) -> bool:
        """Whether it is still to be seen if it is better than the one before."""
        return self._paired is not None and self._paired.store.on_trial

    @property
    def had_models(self) -> bool:
        """Whether any was ever installed, even if none acts."""
        return self._paired is not None and self._paired.store.state.newest > NONE

    def give_back(self, why: str) -> None:
        """The model on trial cannot be used here: the one before acts again, and the trainer is told."""
        if self._paired is None or not self.on_trial:
            return
        version = self._paired.store.state.acting
        try:
            self._paired.store.go_back()
        except BundleError as error:
            log.warning("%s", error)
            return
        self._tell(f"model {version} cannot be used: {why}")
        self._has_new_model = True

    def lessons_changed(self) -> None:
        """A lesson was kept, undone or forgotten."""
        self._unsent.add("kept")

    def forgotten(self) -> None:
        """Words were erased: a model that may hold pieces of them goes too. The next one comes without."""
        self._unsent.add("kept")
        if self._paired is None:
            return
        store = self._paired.store
        had_model = store.acting is not None or store.on_trial
        try:
            store.drop()
        except BundleError as error:
            log.warning("%s", error)  # the files are gone; the next start finds that out
        if had_model:
            self._tell("the model went with the words that were forgotten")
            self._has_new_model = True

    def devices_changed(self) -> None:
        """A device came, went or changed."""
        self._unsent.add("devices")

    def take(self, payload: bytes) -> None:
        """A letter came. What is not from our trainer is dropped; anybody can publish there."""
        if self._paired is None:
            return
        try:
            letter = self._paired.letters.read(payload)
            answer = _ANSWERS.get(letter.kind)
            if answer is not None:
                answer(self, self._paired, letter)
                self._is_asked = True
        except PairingError as error:
            log.debug("a letter was dropped: %s", error)
        except (ValueError, TypeError, KeyError, OverflowError, JournalError) as error:
            log.warning("a letter of the trainer was dropped: %s", error)

    def tick(self, now_ms: int, anticipator: Anticipator, devices: Mapping[str, Device], post: Post) -> bool:
        """Write what is to be written; return whether `anticipator` is to be called for anew."""
        if now_ms % _TICK_MS and not self._is_asked:
            return False
        self._is_asked = False
        self._read_ring()
        if self._paired is not None:
            self._settle(self._paired.store, anticipator)
            self._write(self._paired, now_ms, devices, post)
        return self._has_new_model

    def standing(self) -> tuple[int, int, str] | None:
        """The versions that acts and that was offered last, and what there is to say; None without a trainer."""
        if self._paired is None:
            return None
        state = self._paired.store.state
        on_trial = f"on trial, {state.before or 'none'} stands by. " if self._paired.store.on_trial else ""
        said = f"{on_trial}{self._outcome} {self._offered.get('summary', '')}"
        return state.acting, max(state.newest, int(self._offered.get("version", 0))), said.strip()[:_LONGEST_TOLD]

    # -- the trial -------------------------------------------------------------------------------------------------

    def _settle(self, store: ModelStore, anticipator: Anticipator) -> None:
        """Keep the model on trial, or send it back, once that is clear."""
        verdict = anticipator.verdict if isinstance(anticipator, TrialAnticipator) else ""
        if not verdict or self._has_new_model:
            return
        version = store.state.acting
        try:
            if verdict == "keep":
                store.keep()
                self._tell(f"model {version} has proved itself and is kept")
            else:
                store.go_back()
                self._tell(f"model {version} made too many mistakes; {store.state.acting or 'none'} acts again")
        except BundleError as error:  # it is tried again at every tick, but told once
            if self._trouble != str(error):
                self._trouble = str(error)
                log.warning("%s", error)
            return
        self._has_new_model = True

    def _tell(self, outcome: str) -> None:
        self._outcome = outcome
        self._unsent.add("model")
        log.info("%s", outcome)

    # -- letters ---------------------------------------------------------------------------------------------------

    def _write(self, paired: _Paired, now_ms: int, devices: Mapping[str, Device], post: Post) -> None:
        """What the broker does not take stays to be written."""
        letters, due = paired.letters, self._unsent
        if not letters.is_open:
            due = self._unsent & {GREETING}
            is_time = not due and now_ms - self._greeted_ms >= _GREET_MS
            if is_time and post(letters.write(Letter(GREETING))):
                self._greeted_ms = now_ms
        for kind in sorted(due):
            told = {"devices": _told(devices), "settings": self._decisive}
            facts = told if kind == "devices" else _FACTS[kind](self, paired)
            if post(letters.write(Letter(kind, facts))):
                self._unsent.discard(kind)

    def _answer_greeting(self, _: _Paired, letter: Letter) -> None:
        self._unsent |= {"kept", "devices", "model"} if letter.facts.get("answer") else {GREETING}

    def _answer_wanted(self, _: _Paired, letter: Letter) -> None:
        self._wanted = ids_of(str(letter.facts["ids"]))[:_LESSONS_A_LETTER]
        self._unsent.add("lessons")

    def _answer_offer(self, paired: _Paired, letter: Letter) -> None:
        self._offered = {"version": int(letter.facts["version"]), "summary": str(letter.facts.get("summary", ""))}
        is_newer = self._offered["version"] > paired.store.state.newest
        self._unsent.add("fetch" if is_newer else "model")

    def _answer_bundle(self, paired: _Paired, letter: Letter) -> None:
        try:
            kept = self._journal.kept_ids()
            here = {*kept, *self._journal.undone_ids()}
            signature = bytes.fromhex(str(letter.facts["signature"]))
            paired.store.install(letter.body, signature, max(kept, default=0), here)
        except (BundleError, PairingError, JournalError, ValueError) as error:
            self._tell(f"refused: {error}")
            return
        self._tell(f"model {paired.store.state.acting} is installed")
        self._has_new_model = True

    def _kept(self, _: _Paired) -> dict[str, Any]:
        return {"ids": ranges_of(self._journal.kept_ids()), "undone": ranges_of(self._journal.undone_ids())}

    def _lessons(self, _: _Paired) -> dict[str, Any]:
        rows = [
            [lesson.id, at, words[:LONGEST_SENTENCE], [a.device, a.command, a.value], lesson.weight, lesson.kind]
            for at, lesson in self._journal.taught(self._wanted)
            for a, words in [(lesson.action, " ".join(lesson.words))]
        ]
        return {"lessons": rows}

    def _fetch(self, _: _Paired) -> dict[str, Any]:
        return {"version": self._offered.get("version", 0)}

    def _model(self, paired: _Paired) -> dict[str, Any]:
        return {**asdict(paired.store.state), "outcome": self._outcome}

    def _greeting(self, _: _Paired) -> dict[str, Any]:
        return {"answer": True}

    # -- keys ------------------------------------------------------------------------------------------------------

    def _read_ring(self) -> None:
        """The key ring, again whenever `safu pair` has changed it."""
        file = self._folder / KEYS
        try:
            changed_ns = file.stat().st_mtime_ns
        except OSError:
            changed_ns = 0
        if changed_ns == self._ring_read_ns:
            return
        self._ring_read_ns = changed_ns
        self._made = {}
        try:
            ring = load_ring(file)
        except PairingError as error:
            log.warning("%s", error)
            ring = None
        self._paired = None
        if ring is not None and ring.peer is not None:
            self._paired = _Paired(ModelStore(self._folder / MODELS, ring), Correspondence(ring))
        self._greeted_ms = -_GREET_MS
        self._has_new_model = True


def _told(devices: Mapping[str, Device]) -> list[dict[str, Any]]:
    return [{**asdict(device), "commands": sorted(device.commands)} for device in devices.values()]


_ANSWERS: Mapping[str, Callable[[TrainerHost, _Paired, Letter], None]] = {
    GREETING: TrainerHost._answer_greeting,
    "wanted": TrainerHost._answer_wanted,
    "offer": TrainerHost._answer_offer,
    "bundle": TrainerHost._answer_bundle,
}
_FACTS: Mapping[str, Callable[[TrainerHost, _Paired], dict[str, Any]]] = {
    GREETING: TrainerHost._greeting,
    "kept": TrainerHost._kept,
    "lessons": TrainerHost._lessons,
    "fetch": TrainerHost._fetch,
    "model": TrainerHost._model,
}
