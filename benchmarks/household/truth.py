"""What only the simulation knows: what was meant by each sentence, and whose hand each change was.

A change is told apart by device and frame: the assistant dates an event with the frame in which it heard of it first.
Left out: sums (`score.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.household.things import THINGS
from device.messages import NOTHING, Action, Cause, Interaction, Lesson, SwitchEvent

WEEK_MS = 7 * 86_400_000


@dataclass(frozen=True, slots=True)
class Origin:
    """Who changed a device, and the causes that would be the true ones."""

    who: str
    causes: frozenset[Cause]


OURS = Origin("ours", frozenset({Cause.ECHO}))
AUTOMATION = Origin("automation", frozenset({Cause.OTHER}))
TIMER = Origin("timer in the device", frozenset({Cause.OTHER, Cause.UNKNOWN}))
_HANDS = frozenset({Cause.HAND})
FOR_A_WISH = Origin("hand for a wish", _HANDS)
FLIPPING_BACK = Origin("hand flipping back", _HANDS)
SECOND_THOUGHT = Origin("hand on second thoughts", _HANDS)
WITHOUT_A_WORD = Origin("hand without a word", _HANDS)
SOMEBODY_ELSE = Origin("hand of somebody else meanwhile", _HANDS)
IN_ADVANCE = Origin("hand before our order took effect", _HANDS)
MAINS = Origin("power came back", frozenset({Cause.UNKNOWN}))
UNCHANGED = Origin("nobody", frozenset())
RETAINED = Origin("retained", frozenset({Cause.UNKNOWN}))


def by_remote(origin: Origin) -> Origin:
    """The same by a button far from the device."""
    return Origin(f"{origin.who} by remote", origin.causes)


def told_late(origin: Origin) -> Origin:
    """A change that came about while the device could not tell: nobody can say more than that."""
    return Origin(f"{origin.who} told late", origin.causes | {Cause.UNKNOWN})


@dataclass(slots=True)
class Utterance:
    """A sentence, what its speaker meant, and what came of it."""

    words: tuple[str, ...]
    meaning: Action
    speaker: str
    kind: str
    """`on`, `off`, `set`, ... of a wish; `talk` of what is not for the house."""
    began_ms: int
    names: frozenset[str] = frozenset()
    """Devices that these words name, or by which somebody here means them."""
    ended_ms: int = 0
    actions: list[Action] = field(default_factory=list)
    """What the house did on it, in order."""
    flips: int = 0
    right: bool = False

    @property
    def is_wish(self) -> bool:
        return self.meaning != NOTHING

    @property
    def week(self) -> int:
        return self.began_ms // WEEK_MS + 1

    @property
    def wrong(self) -> bool:
        """Whether the house did something else than what was meant."""
        return any(action != self.meaning for action in self.actions)

    @property
    def is_wider(self) -> bool:
        """Whether the house acted on something that these words neither name nor mean, or on several things."""
        devices = {action.device for action in self.actions}
        return bool(devices - self.names) or len(devices) > 1


@dataclass(frozen=True, slots=True)
class JudgedEvent:
    """A switch event of the assistant's, and who it really was."""

    event: SwitchEvent
    origin: Origin
    at_ms: int

    @property
    def right(self) -> bool:
        return self.event.cause in self.origin.causes

    @property
    def is_taken_for_hand(self) -> bool:
        """Whether it teaches what nobody's hand has taught."""
        return self.event.cause == Cause.HAND and not self.right


@dataclass(frozen=True, slots=True)
class JudgedLesson:
    """A lesson that the assistant recorded, what it was recorded for, and the last hand before it."""

    lesson: Lesson
    utterance: Utterance
    at_ms: int
    why: str

    @property
    def right(self) -> bool:
        """A number belongs to the words: the lesson is which device, and that it is set."""
        return self.lesson.action.label == self.utterance.meaning.label


@dataclass(slots=True)
class Truth:
    """The record of the month."""

    utterances: list[Utterance] = field(default_factory=list)
    events: list[JudgedEvent] = field(default_factory=list)
    lessons: list[JudgedLesson] = field(default_factory=list)
    meanings: defaultdict[tuple[str, ...], set[str]] = field(default_factory=lambda: defaultdict(set))
    """Sentences to the devices that somebody here has meant by them."""
    origins: dict[tuple[str, int], Origin] = field(default_factory=dict)
    by_id: dict[int, Utterance] = field(default_factory=dict)
    """The sentences of the present process, by the id it gave them."""

    def began(self, utterance: Utterance) -> None:
        """Somebody begins to speak."""
        if utterance.is_wish:
            self.meanings[utterance.words].add(utterance.meaning.device)
        said = set(utterance.words)
        named = {thing.id for thing in THINGS if any(set(call.split()) <= said for call in thing.calls)}
        utterance.names = frozenset(named | self.meanings.get(utterance.words, set()))
        self.utterances.append(utterance)

    def acted(self, action: Action) -> None:
        """The house has sent a command because of the newest sentence."""
        if self.utterances:
            self.utterances[-1].actions.append(action)

    def heard(self, interaction: Interaction, now_ms: int) -> None:
        """The assistant takes the newest sentence for over."""
        self.utterances[-1].ended_ms = now_ms
        self.by_id[interaction.utterance_id] = self.utterances[-1]

    def changed(self, device: str, at_ms: int, origin: Origin) -> None:
        """In this frame a device tells of a change."""
        self.origins.setdefault((device, at_ms), origin)

    def noticed(self, event: SwitchEvent, at_ms: int) -> None:
        """The assistant has made a switch event of a change."""
        self.events.append(JudgedEvent(event, self.origins.get((event.action.device, at_ms), RETAINED), at_ms))

    def learned(self, lesson: Lesson, now_ms: int) -> None:
        """The assistant has recorded a lesson."""
        hands = (e for e in reversed(self.events) if e.event.cause == Cause.HAND)
        last = next(hands, None)
        why = last.origin.who if last is not None and now_ms - last.at_ms < 40_000 else "nobody"
        self.lessons.append(JudgedLesson(lesson, self.by_id[lesson.utterance_id], now_ms, why))


def together(truths: Sequence[Truth]) -> Truth:
    """Several months as if they were one, for counting."""
    return Truth(
        [utterance for truth in truths for utterance in truth.utterances],
        [event for truth in truths for event in truth.events],
        [lesson for truth in truths for lesson in truth.lessons],
    )
