"""The model of an anticipator whose brain is a chip: the chip answers, and a double of its model stands by.

The chip answers once it has the model and the lessons that it should have. What must be answered in the meantime, or
would change what the chip knows, such as how heavy a correction must be, is asked of the double: the same integers, so
the same answers. Of a model that was not delivered there is no double; then the chip is asked all the same, and while
it is away nothing is known. A chip has little room, and learns whole lessons only: not what its model has absorbed, nor
what weighs less than half of one. The trainer has them all.
Left out: bringing the lessons there (`chip.py`), words and numbers (`device/anticipator.py`).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy

from device.anticipator import SafuAnticipator
from device.chip.brain import Brain
from device.chip.chip import Chip, ChipLesson
from device.chip.lines import NOTHING_NAME
from device.errors import ChipError, ChipRefusalError, UtteranceError
from device.messages import FULL_LESSON
from device.safu.action_heads import NOTHING_KEY, ActionKey
from device.safu.slow import SlowModel, action_of, action_text
from device.settings import DecisionSettings

log = logging.getLogger(__name__)


class ChipModel:
    """A `Model`. Without a chip it is the double alone; without a double it is the chip alone."""

    def __init__(self, chip: Chip | None, double: Brain | None) -> None:
        self._chip = chip
        self._double = double
        self._taught: Counter[str] = Counter()
        """Sixteenths of lessons by device and by command."""
        if chip is not None:
            chip.want_lessons([])

    def __deepcopy__(self, memo: dict[int, object]) -> ChipModel:
        """To try something out: what the copy learns, the chip does not."""
        copy = ChipModel(None, deepcopy(self._double, memo))
        copy._taught = Counter(self._taught)
        return copy

    @property
    def belief(self) -> tuple[float, ...]:
        """All of it: there is nothing beside the model on the chip."""
        return ()

    def predict_one(self, words: Sequence[str], *, ended: bool = True) -> dict[ActionKey, float]:
        """The likeliest action alone where the chip answers: it has no time for the others."""
        text = " ".join(words)
        if self._chip is not None and self._knows_best(self._chip):
            try:
                heard = self._chip.hear(text, ended=ended)
                return {} if heard.action == NOTHING_NAME else {action_of(heard.action): heard.share}
            except (ChipError, ValueError) as error:
                log.warning("%s", error)
        if self._double is None:
            return {}
        shares = self._double.shares(text.encode(), ended=ended)
        return {action_of(action): share / 2**15 for action, share in shares.items()}

    def _knows_best(self, chip: Chip) -> bool:
        """Whether to ask the chip: if there is a double, only once the two are alike."""
        return not chip.trouble and (self._double is None or (chip.acts_by(self._double.image) and chip.has_lessons))

    def learn_one(self, words: Sequence[str], action: ActionKey, weight: int, *, absorbed: bool = False) -> None:
        """Teach the double now and the chip soon."""
        self._taught.update({f"device {action[0]}": weight, f"command {action[1]}": weight})
        if absorbed or 2 * weight < FULL_LESSON:
            return
        text, name = " ".join(words), action_text(action)
        try:
            if self._double is not None:
                self._double.name(name)
                self._double.learn_one(text.encode(), name)
        except ChipRefusalError as error:
            log.info("a lesson waits for the next model: %s", error.message)
            return
        if self._chip is not None:
            self._chip.teach(ChipLesson(text, NOTHING_NAME if action == NOTHING_KEY else name))

    def learn_name(self, words: Sequence[str]) -> None:
        """Names are part of the model on the chip."""

    def suppose(self, words: Sequence[str], action: ActionKey, weight: int) -> None:
        """So are phrasings."""

    def agreeing(self, action: ActionKey) -> int:
        return min(self._taught[f"device {action[0]}"], self._taught[f"command {action[1]}"])

    def explain(self, words: Sequence[str], action: ActionKey) -> list[tuple[str, float]]:  # noqa: ARG002
        """A chip does not say why."""
        return []


class ChipAnticipator(SafuAnticipator):
    """An `Anticipator` that asks a chip; without `chip`, what the chip would say with the model `slow`."""

    def __init__(
        self, decision: DecisionSettings, slow: SlowModel | None, chip: Chip | None, double: Brain | None
    ) -> None:
        self._chip = chip
        self._double = double
        super().__init__(decision, blank=True, slow=slow)

    def _new_model(self) -> ChipModel:
        return ChipModel(self._chip, deepcopy(self._double))

    def commands_in(self, words: Sequence[str], *, ended: bool) -> list[tuple[str, ...]]:
        """See `Anticipator.commands_in`. Raises `UtteranceError` while there is no chip: the words were for it."""
        if self._chip is not None:
            image = self._double.image if self._double is not None else None
            is_ready = self._chip.acts_by(image)
            trouble = self._chip.trouble or ("" if is_ready else "the chip has not yet got the model that is to act")
            if trouble:
                raise UtteranceError(trouble)
        return super().commands_in(words, ended=ended)
