"""The trainer as a bridge sees it: like any device's, only that a new model acts once the chip has it.

Until then the model before goes on answering. A model that the chip cannot take is sent back at once. On trial, the
chip answers with the new model, and a double says what the one before would have done; both learn every lesson, and the
rules are those of every device (`device/trial.py`). Left out: letters and files (`device/host.py`), lines (`chip.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from device.anticipator import SafuAnticipator
from device.chip.brain import Brain, Room, image_of
from device.chip.chip import Chip
from device.chip.model import ChipAnticipator
from device.errors import BundleError
from device.host import TrainerHost
from device.messages import Device
from device.protocols import Anticipator, Journal
from device.safu.slow import SlowModel
from device.settings import DecisionSettings, LearningSettings, Settings

log = logging.getLogger(__name__)


class ChipHost:
    """A `Host`."""

    def __init__(self, folder: Path, journal: Journal, chip: Chip, decision: DecisionSettings) -> None:
        self._chip = chip
        self._decision = decision
        told = Settings(decision=decision, learning=LearningSettings(blank=True))
        self._trainer = TrainerHost(folder, journal, self._make, told)

    def anticipator(self) -> Anticipator:
        self._want()
        return self._trainer.anticipator()

    def lessons_changed(self) -> None:
        self._trainer.lessons_changed()

    def forgotten(self) -> None:
        self._trainer.forgotten()

    def devices_changed(self) -> None:
        self._trainer.devices_changed()

    def take(self, payload: bytes) -> None:
        self._trainer.take(payload)

    def tick(
        self, now_ms: int, anticipator: Anticipator, devices: Mapping[str, Device], post: Callable[[bytes], bool]
    ) -> bool:
        """See `Host.tick`; also, in every frame, one step towards the chip being as it should be."""
        self._chip.tick()
        if self._chip.problem:
            self._trainer.give_back(self._chip.problem)
        if not self._trainer.tick(now_ms, anticipator, devices, post):
            return False
        self._want()
        return self._chip.has_model

    def standing(self) -> tuple[int, int, str] | None:
        return self._trainer.standing()

    def _want(self) -> None:
        """The model that acts, as an image; one without goes back, and if that cannot be, the chip keeps its own."""
        slow = self._trainer.acting
        if slow is None:
            self._chip.want_own_model(only=self._trainer.had_models)
            return
        try:
            version, is_settled = slow.header.version, not self._trainer.on_trial
            self._chip.want_model(image_of(slow), version, is_settled=is_settled)
        except BundleError as error:
            self._trainer.give_back(error.message)
            if self._trainer.acting is not slow:
                self._want()
                return
            log.warning("the chip goes on without model %d: %s", slow.header.version, error)
            self._chip.want_own_model(only=False)

    def _make(self, slow: SlowModel | None, _: SafuAnticipator | None) -> ChipAnticipator:
        """Always a new one: who acts has the chip, who stands by has not, and they change places."""
        chip = self._chip if slow is self._trainer.acting else None
        double = None
        if slow is not None:
            with suppress(BundleError):  # it was told when it was wanted
                double = Brain(image_of(slow), Room())
        return ChipAnticipator(self._decision, slow, chip, double)
