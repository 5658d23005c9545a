"""The chip as it is and as it should be: its model, its lessons, and one step towards that in every frame.

    the model    the one that should act does; or the one before it in its other slot is called back; or it is sent
    the lessons  those it has are the first of those it should have; else it forgets all and learns them again
    safe         once it has learned all, it is told to keep that in flash

What the chip has it says itself: a checksum of its model, and the mark of its lessons (`lines.py`). So a power cut, a
lost answer, another chip in its place and a bridge that was killed are all the same: look, and do what is missing.
Left out: what the lessons are (`model.py`), the trainer (`host.py`).
"""

from __future__ import annotations

import logging
import time
import zlib
from dataclasses import dataclass, replace

from device.chip.delivery import FLASH_S, Delivery
from device.chip.lines import Heard, Info, Taught, mark_of, parse_heard, parse_info, parse_taught
from device.chip.link import ChipLink
from device.errors import ChipError, ChipRefusalError

log = logging.getLogger(__name__)

_STEP_S = 0.016
"""Half a frame: what a chip may take of each."""
_LOOK_S = 0.3
"""A chip that is there says so in that time."""
_LOOK_EVERY_S = 2.0
_TOLD_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class ChipLesson:
    """What a chip is taught: text without numbers, as its model sees it."""

    words: str
    action: str


class Chip:
    """Belongs to the loop's thread. Nothing here raises because the chip is away, except `hear`."""

    def __init__(self, link: ChipLink) -> None:
        self._link = link
        self.info: Info | None = None
        """What the chip said of itself last; None while it is not there."""
        self.said: list[str] = []
        """What a chip with ears of its own has heard; whoever takes it out has it."""
        self._delivery: Delivery | None = None
        self._is_settled, self._only_own = True, False
        self._lessons: list[ChipLesson] = []
        self._marks = [Taught()]
        self._refused: ChipLesson | None = None
        """The lesson that it has just refused."""
        self._is_saved = True
        self._generation = 0
        self._looked_s = self._told_s = -_LOOK_EVERY_S
        self._trouble = ""

    @property
    def trouble(self) -> str:
        """Why the chip cannot be asked, in plain words; empty if it can."""
        if self.info is not None:
            return ""
        return f"the chip at {self._link.name} is not there: {self._trouble or self._link.trouble}"

    @property
    def problem(self) -> str:
        """Why the chip will never take the model that it should have; empty if it may."""
        return self._delivery.problem if self._delivery else ""

    @property
    def has_model(self) -> bool:
        """Whether the model acts that should."""
        info, wanted = self.info, self._delivery
        if info is None:
            return False
        if wanted is not None:
            return info.crc == wanted.crc
        return not self._only_own or (info.crc, info.before, info.incoming) == (info.own, 0, 0)

    def acts_by(self, image: bytes | None) -> bool:
        """Whether this model acts; None: its own, or the one that should."""
        if image is None:
            return self.has_model or (self.info is not None and self.info.crc == self.info.own)
        return self.info is not None and self.info.crc == zlib.crc32(image)

    @property
    def has_lessons(self) -> bool:
        """Whether it has learned what it should, and nothing else."""
        return self.info is not None and self.info.taught == self._marks[-1]

    @property
    def is_current(self) -> bool:
        """Whether it has the model and the lessons that it should have."""
        return self.has_model and self.has_lessons

    @property
    def is_safe(self) -> bool:
        """Whether all of that is in its flash."""
        return self.is_current and self._is_saved

    # -- what it should be -----------------------------------------------------------------------------------------

    def want_model(self, image: bytes, version: int, *, is_settled: bool) -> None:
        """The model that shall act; unless that is settled, it may have to make way for the one before."""
        self._is_settled, self._only_own = is_settled, False
        if self._delivery is None or self._delivery.image != image:
            self._delivery = Delivery(image, version)

    def want_own_model(self, *, only: bool) -> None:
        """The model that it came with; `only`: nothing may be left of any other."""
        self._delivery, self._only_own = None, only

    def want_lessons(self, lessons: list[ChipLesson]) -> None:
        """These, in this order, whatever it has learned before."""
        self._lessons, self._marks = [], [Taught()]
        for lesson in lessons:
            self.teach(lesson)

    def teach(self, lesson: ChipLesson) -> None:
        """One lesson more."""
        before = self._marks[-1]
        mark = mark_of(before.mark, lesson.action, lesson.words.encode())
        self._lessons.append(lesson)
        self._marks.append(Taught(before.lessons + 1, mark))

    # -- what it says ----------------------------------------------------------------------------------------------

    def hear(self, words: str, *, ended: bool) -> Heard:
        """What it makes of some words. Raises `ChipError` if it is away or does not know."""
        return parse_heard(self._ask(f"{'hear' if ended else 'partial'} {words}"))

    # -- one step towards it ---------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Once a frame."""
        for text in self._link.unasked():
            if text == "ready":
                self._lost("it has just started", at_once=True)
            elif text.startswith("said "):
                self.said.append(text.removeprefix("said "))
        if self._generation != self._link.generation or not self._link.connected:
            self._generation = self._link.generation
            self._lost("", at_once=True)
        try:
            if self.info is None:
                self._look()
            elif not self.has_model:
                self._bring_model()
            elif self.info.trial and self._is_settled and self._delivery is not None:
                self._ask("model keep", FLASH_S)
                log.info("the chip keeps model %d", self.info.version)
                self.info = replace(self.info, trial=0)
            else:
                self._bring_lessons()
        except ChipError as error:
            self._say_once(str(error))
            if not isinstance(error, ChipRefusalError):
                self._lost(error.message)

    def _lost(self, why: str, *, at_once: bool = False) -> None:
        """Look again, `at_once` or in a while."""
        self.info = None
        self._trouble = why
        if self._delivery is not None:
            self._delivery.interrupted()
        if at_once:
            self._looked_s = -_LOOK_EVERY_S

    def _look(self) -> None:
        now_s = time.monotonic()
        if self._link.connected and now_s - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = now_s
            self.info = parse_info(self._link.ask("info", _LOOK_S)[-1])
            self._is_saved = False  # nobody knows
            log.info("the chip at %s: model %d, %d lessons", self._link.name, self.info.version, self.info.lessons)

    def _bring_model(self) -> None:
        info, delivery = self.info, self._delivery
        if info is None or (delivery is not None and delivery.problem):
            return
        if delivery is None:
            self._ask("model drop", FLASH_S)
        elif info.before_crc == delivery.crc:
            self._ask("model return", FLASH_S)
        elif len(delivery.image) > info.slot:
            delivery.problem = f"it has {len(delivery.image)} bytes, a slot of the chip {info.slot}"
            return
        elif not delivery.step(self._link, info.chunk, time.monotonic() + _STEP_S):
            if time.monotonic() - self._told_s >= _TOLD_EVERY_S:
                self._told_s = time.monotonic()
                log.info("model %d goes to the chip: %.0f %%", delivery.version, 100 * delivery.share)
            return
        self._lost("", at_once=True)  # its model and its lessons are others now

    def _bring_lessons(self) -> None:
        until_s = time.monotonic() + _STEP_S
        while self.info is not None and time.monotonic() < until_s:
            if self.info.taught != self._marks[-1]:
                self._is_saved = False
                self._bring_one(self.info.taught)
            elif not self._is_saved:
                self._took(parse_taught(self._ask("save", FLASH_S)))
                self._is_saved = True
            else:
                return

    def _bring_one(self, taught: Taught) -> None:
        number = taught.lessons
        if number >= len(self._marks) or self._marks[number] != taught:
            self._took(parse_taught(self._ask("blank")))
            return
        lesson = self._lessons[number]
        try:
            self._ask(f"hear {lesson.words}")
            self._took(parse_taught(self._learned(lesson.action)))
            if self.info is not None and self.info.taught != self._marks[number + 1]:
                self._took(parse_taught(self._ask("undo", FLASH_S)))  # noise on the line: it heard something else
        except ChipRefusalError as error:
            if self._refused is not lesson:
                self._refused = lesson  # it may have been noise on the line
                return
            self._say_once(f"a lesson waits for the next model: {error.message}")
            self.want_lessons(self._lessons[:number] + self._lessons[number + 1 :])

    def _learned(self, action: str) -> str:
        try:
            return self._ask(f"learn {action}")
        except ChipRefusalError as error:
            if not error.message.startswith("SAFU_UNKNOWN_ACTION"):
                raise
        self._ask(f"name {action}")
        return self._ask(f"learn {action}")

    def _took(self, taught: Taught) -> None:
        if self.info is not None:
            self.info = replace(self.info, lessons=taught.lessons, mark=taught.mark)

    def _ask(self, request: str, answer_s: float | None = None) -> str:
        return self._link.ask(request, answer_s)[-1]

    def _say_once(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            log.warning("%s", trouble)
