"""Always training: hear of lessons, wait until it is quiet, make a challenger, offer it if it passes.

One thread does it all, so letters wait while a round runs. One trainer works for a home at a time: it holds a lease in
the database; one that dies loses it within two minutes, unless it comes back in the same folder (`holder.py`). A
database or broker that goes away is waited for; what was missed meanwhile is asked for again. Left out: letters
(`home.py`), rounds (`rounds.py`).
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from rich.progress import Progress

from device.errors import StoreError, TrainerError
from device.home.bus import Bus
from device.keys import KeyRing
from device.letters import topic_to_device, topic_to_trainer
from device.settings import Settings
from trainer.beside import Beside, Here
from trainer.home import DeviceAtHome
from trainer.rounds import run_round
from trainer.store import Store

log = logging.getLogger(__name__)

LEASE_S = 120.0
_RENEW_S = 20.0
_STORE_AGAIN_S = 5.0
_LOOK_S = 0.05
_MEET_S = 2.0
_NOBODY = "no device is known yet; type: safu-trainer pair"
_LONGEST_WAIT_S = 60.0
"""A house that never falls silent is trained for all the same, this long after the first lesson."""


@dataclass(slots=True)
class Watch:
    """A trainer at work. `clock` is monotonic; `wall` is what a lease is measured by."""

    bus: Bus
    store: Store
    rings: Callable[[], Mapping[str, KeyRing]]
    """By node, as they are now: a device may be paired at any time."""
    settings: Settings
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    progress: Progress | None = None
    beside: Beside = field(default_factory=Here)
    """Who does half of a round."""
    holder: str = field(default_factory=lambda: secrets.token_hex(8))
    _homes: dict[str, DeviceAtHome] = field(default_factory=dict)
    _trained: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _due_s: dict[str, float] = field(default_factory=dict)
    _generation: int = 0
    _met_s: float = float("-inf")
    _renewed_s: float = float("-inf")
    _store_failed_s: float = float("-inf")
    _trouble: str = ""

    def run(self, until: Callable[[], bool]) -> None:
        """Work until told to stop. Raises `TrainerError` if another trainer works for this home."""
        try:
            while not until():
                self.step()
                time.sleep(_LOOK_S)
        finally:
            self._release()

    def step(self) -> None:
        """Whatever is to be done now. Raises `TrainerError` if another trainer works for this home."""
        now_s = self.clock()
        if now_s - self._store_failed_s < _STORE_AGAIN_S:
            return
        try:
            self._hold_lease(now_s)
            self._meet_devices(now_s)
            self._exchange_letters(now_s)
            for home in self._homes.values():
                if self._is_due(home, now_s):
                    self._train(home)
        except StoreError as error:
            self._store_failed_s = now_s
            self._generation = -1  # letters were lost with it: greet everybody anew
            if str(error) != self._trouble:
                log.warning("%s", error)
            self._trouble = str(error)
        else:
            self._trouble = self._trouble if self._trouble == _NOBODY else ""

    def _hold_lease(self, now_s: float) -> None:
        if now_s - self._renewed_s < _RENEW_S:
            return
        if not self.store.take_lease("trainer", self.holder, self.wall(), LEASE_S):
            raise TrainerError(
                "another trainer works with this database",
                hint=f"stop it, or wait {LEASE_S:.0f} s if it died; a home has one trainer",
            )
        self._renewed_s = now_s

    def _meet_devices(self, now_s: float) -> None:
        """Those that were paired since we last looked, or paired anew."""
        if now_s - self._met_s < _MEET_S:
            return
        self._met_s = now_s
        known = self.rings()
        if not known and not self._homes and self._trouble != _NOBODY:
            self._trouble = _NOBODY
            log.warning("%s", _NOBODY)
        for node, ring in known.items():
            topic = topic_to_trainer(node)
            if topic not in self._homes or self._homes[topic].ring != ring:
                self._homes[topic] = DeviceAtHome(node, ring, self.store, partial(self._publish, topic_to_device(node)))
                self.bus.subscribe([topic])
                self._homes[topic].greet()
                log.info("watching %s", node)

    def _release(self) -> None:
        try:
            self.store.release_lease("trainer", self.holder)
        except StoreError as error:
            log.warning("%s", error)

    def _exchange_letters(self, now_s: float) -> None:
        if self.bus.generation != self._generation and self.bus.connected:
            self._generation = self.bus.generation
            for home in self._homes.values():
                home.greet()
        for message in self.bus.drain():
            if message.topic in self._homes and not message.retained:
                self._homes[message.topic].take(message.payload, now_s)
        for home in self._homes.values():
            home.tick(now_s)

    def _publish(self, topic: str, letter: bytes) -> None:
        self.bus.publish(topic, letter)  # what is lost is asked for again

    def _is_due(self, home: DeviceAtHome, now_s: float) -> bool:
        """Lessons have changed, all of them are here, and it has been quiet for a while."""
        if home.changed_s is None:
            return False
        first_s = self._due_s.setdefault(home.node, home.changed_s)
        quiet_s = now_s - home.changed_s
        is_time = quiet_s >= self.settings.trainer.wait_ms / 1000 or now_s - first_s >= _LONGEST_WAIT_S
        return is_time and home.is_complete

    def _train(self, home: DeviceAtHome) -> None:
        home.changed_s = None
        self._due_s.pop(home.node, None)
        ids = tuple(taught.lesson.id for taught in self.store.lessons(home.node) if taught.lesson.weight)
        if ids == self._trained.get(home.node) or ids in [r.lesson_ids for r in self.store.models(home.node)[-1:]]:
            return  # nothing was taught, something was confirmed
        self._trained[home.node] = ids
        try:
            record = run_round(
                self.store,
                home.node,
                home.ring,
                self.settings,
                progress=self.progress,
                after=home.newest,
                beside=self.beside,
            )
        except StoreError:
            self._trained.pop(home.node)
            home.changed_s = self.clock()  # once more, when the database is back
            raise
        except TrainerError as error:
            log.info("%s: %s", home.node, error)
            return
        verdict = "passes" if record.accepted else "does not pass"
        log.info("%s: model %d %s: %s", home.node, record.version, verdict, "; ".join(record.reasons))
        self._renewed_s = float("-inf")
