"""What was said and what was flipped, to lessons.

    a hand flips within 8 s of an utterance we did nothing on   -> a lesson for the flip, shared if there were several
    a hand undoes within 20 s what we did                       -> a correction: "nothing", or what it flips next
    a hand changes within 20 s what we did to something else    -> a correction for that
    we did nothing, nobody flipped, but we were tempted         -> a weak lesson for "nothing"
    our action was left alone for 20 s                          -> confirmed: nothing new, but how far to trust oneself

A flip is about the newest utterance it can be about: what we did before somebody spoke again is not corrected by it.

Talk that never came near an action teaches nothing, so its words need not be kept. All times are of the frame clock.
Left out: what the lessons do to the model (`anticipator.py`), how heavy a correction must be (there as well).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from device.messages import FULL_LESSON, NOTHING, Action, Cause, Interaction, Lesson, SwitchEvent

FLIP_WINDOW_MS = 8_000
CORRECTION_WINDOW_MS = 20_000
QUIET_LESSON = FULL_LESSON // 4
TEMPTED = 0.05
"""Least probability of any action for silence to be worth a lesson."""
_HALF_LIFE_MS = 1_000
"""By which the share of an earlier utterance in a flip halves."""
_UNEXPECTED = 0.02
"""What words weigh in a flip that they did not make probable; or talk after a wish would take its flip away."""
_SMALLEST_SHARE = 2
_LONGEST_MEMORY_MS = CORRECTION_WINDOW_MS + FLIP_WINDOW_MS


@dataclass(slots=True)
class _Heard:
    """An utterance that may still be taught."""

    interaction: Interaction
    is_open: bool = True
    """No hand has said yet what it meant."""
    is_quiet: bool = True
    """No hand has moved in its window, be it for other words."""
    undone_ms: int | None = None
    """When a hand undid what we did; what it flips next is what was meant."""

    @property
    def acted(self) -> bool:
        return self.interaction.outcome == "acted"

    def expected(self, action: Action) -> float:
        """How probable the words made an action; numbers belong to the words."""
        return sum(p for likely, p in self.interaction.prediction.ranked if likely.label == action.label)


class Teacher:
    """Remembers the last half minute; told of utterances and flips, returns lessons."""

    def __init__(self, *, everyone_teaches: bool = False) -> None:
        self._teaching = {Cause.HAND, Cause.OTHER} if everyone_teaches else {Cause.HAND}
        self._heard: list[_Heard] = []
        self._early: list[SwitchEvent] = []
        self._idle: list[SwitchEvent] = []
        """Flips that taught nothing so far."""

    @property
    def last_words(self) -> tuple[str, ...]:
        """Of the newest utterance that may still be taught."""
        return self._heard[-1].interaction.words if self._heard else ()

    def heard(self, interaction: Interaction) -> list[Lesson]:
        """An utterance is over. Returns lessons from flips during it."""
        if interaction.words:
            self._heard.append(_Heard(interaction))
        early, self._early = self._early, []
        return [lesson for event in early for lesson in self._taught_by(event)]

    def flipped(self, event: SwitchEvent, *, while_hearing: bool) -> list[Lesson]:
        """A device changed. During an utterance the words are not yet known, so the flip waits for them."""
        if event.cause not in self._teaching:
            return []
        if while_hearing and self._undone(event) is None:
            self._early.append(event)
            return []
        return self._taught_by(event)

    def forget(self, words: Sequence[str]) -> None:
        """Nothing that was said with these words, in sequence, becomes a lesson any more."""
        pattern = f" {' '.join(words)} "
        self._heard = [h for h in self._heard if pattern not in f" {' '.join(h.interaction.words)} "]

    def tick(self, now_ms: int) -> list[Lesson]:
        """Time has passed: lessons of the windows that have closed."""
        lessons: list[Lesson] = []
        for heard in self._heard:
            lessons += self._closing(heard, now_ms)
        self._idle = [event for event in self._idle if now_ms - event.at_ms <= FLIP_WINDOW_MS]
        self._heard = [h for h in self._heard if now_ms - h.interaction.ended_ms <= _LONGEST_MEMORY_MS]
        return lessons

    def _closing(self, heard: _Heard, now_ms: int) -> list[Lesson]:
        if heard.undone_ms is not None:
            if now_ms - heard.undone_ms < FLIP_WINDOW_MS:
                return []
            heard.undone_ms = None
            return [_lesson(heard, NOTHING, FULL_LESSON, "correction")]
        done_ms = heard.interaction.acted_ms if heard.acted else None
        window_ms = FLIP_WINDOW_MS if done_ms is None else CORRECTION_WINDOW_MS
        if not heard.is_open or now_ms - (done_ms or heard.interaction.ended_ms) < window_ms:
            return []
        heard.is_open = False
        if done_ms is not None:
            return [_lesson(heard, heard.interaction.action, 0, "confirmed")]
        tempted = 1.0 - dict(heard.interaction.prediction.ranked).get(NOTHING, 0.0)
        did_nothing = heard.interaction.outcome in ("nothing", "observed")
        is_lesson = heard.is_quiet and did_nothing and tempted >= TEMPTED
        return [_lesson(heard, NOTHING, QUIET_LESSON, "quiet")] if is_lesson else []

    def _taught_by(self, event: SwitchEvent) -> list[Lesson]:
        undone = self._undone(event)
        if undone is not None:
            undone.is_open = False
            if _brings_back(event.action, undone.interaction.undo):
                return self._flipped_back(undone, event)
            return [_lesson(undone, event.action, FULL_LESSON, "correction")]
        meant = next((h for h in self._latest_first(event) if h.undone_ms is not None), None)
        if meant is not None:
            meant.undone_ms = None
            return [_lesson(meant, event.action, FULL_LESSON, "correction")]
        lessons = self._shared(event)
        self._idle += [] if lessons else [event]
        return lessons

    def _flipped_back(self, undone: _Heard, event: SwitchEvent) -> list[Lesson]:
        """What is flipped next was meant; of a ramp we are told so late that it may have been flipped already."""
        meant = next((idle for idle in self._idle if idle.at_ms >= event.at_ms), None)
        if meant is None:
            undone.undone_ms = event.at_ms
            return []
        self._idle.remove(meant)
        return [_lesson(undone, meant.action, FULL_LESSON, "correction")]

    def _undone(self, event: SwitchEvent) -> _Heard | None:
        """The utterance whose action this event undoes or changes."""
        for heard in self._latest_first(event):
            done = heard.interaction
            if heard.acted and heard.is_open and done.action.device == event.action.device:
                since_ms = event.at_ms - (done.acted_ms or 0)
                is_about_it = 0 <= since_ms <= CORRECTION_WINDOW_MS and event.action != done.action
                return heard if is_about_it else None
        return None

    def _latest_first(self, event: SwitchEvent) -> Iterator[_Heard]:
        """Back to the newest utterance that still waits for a flip: this one is its, not a word on anything before."""
        for heard in reversed(self._heard):
            if self._awaits(heard, event):
                return
            yield heard

    def _awaits(self, heard: _Heard, event: SwitchEvent) -> bool:
        began_ms, ended_ms = heard.interaction.started_ms, heard.interaction.ended_ms
        is_recent = began_ms <= event.at_ms <= ended_ms + FLIP_WINDOW_MS  # one before it is no answer to it
        return heard.is_open and not heard.acted and is_recent

    def _shared(self, event: SwitchEvent) -> list[Lesson]:
        """The flip's lesson for the utterances it may belong to: recent ones that nobody has explained yet."""
        ages = {
            index: max(0, event.at_ms - heard.interaction.ended_ms)
            for index, heard in enumerate(self._heard)
            if self._awaits(heard, event)
        }
        shares = {
            index: 0.5 ** (age / _HALF_LIFE_MS) * (_UNEXPECTED + self._heard[index].expected(event.action))
            for index, age in ages.items()
        }
        total = sum(shares.values())
        lessons = []
        for index, share in shares.items():
            self._heard[index].is_quiet = False
            weight = round(FULL_LESSON * share / total)
            if weight >= _SMALLEST_SHARE:
                self._heard[index].is_open = False
                lessons.append(_lesson(self._heard[index], event.action, weight, "flip"))
        return lessons


def _brings_back(action: Action, undo: Action | None) -> bool:
    """Whether an action restores the state before ours: a dimmer that comes on is as bright as it was."""
    if undo is None:
        return action.command in ("on", "off")
    return action == undo or (action.command == "on" and undo.command == "set")


def _lesson(heard: _Heard, action: Action, weight: int, kind: str) -> Lesson:
    return Lesson(heard.interaction.words, action, weight, kind, heard.interaction.utterance_id)
