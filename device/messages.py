"""What flows through safu: a few small frozen messages, and nothing else.

Time is the frame clock: whole milliseconds since the microphone (or the recording) began. Frames are the only
clock of the loop, silence included, so a recording played faster than real time gives the same decisions.
Left out: wall-clock time, which only the journal stamps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

SAMPLE_RATE_HZ = 16_000
FRAME_SAMPLES = 512
"""One frame is one chunk of the voice-activity network: 32 ms."""
FRAME_BYTES = 2 * FRAME_SAMPLES
FRAME_MS = 1000 * FRAME_SAMPLES // SAMPLE_RATE_HZ
FULL_LESSON = 16
"""Lessons are counted in sixteenths, so that adding, merging and taking back are exact."""


@dataclass(frozen=True, slots=True)
class Frame:
    """32 ms of sound: mono, signed 16-bit little-endian, 16 kHz."""

    pcm: bytes
    ended_ms: int


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What the recogniser believes was said so far (partial), or in all (final)."""

    utterance_id: int
    words: tuple[str, ...]
    is_final: bool
    started_ms: int
    """Start of speech."""
    ended_ms: int
    """End of the frame that led to this hypothesis."""
    is_pause: bool = False
    """Nothing new was said: the voice has just paused, perhaps for good."""
    transcribe_ms: float = 0.0
    """Processing time of the recogniser for this frame."""


@dataclass(frozen=True, slots=True)
class Device:
    """Something in the house that can be switched."""

    id: str
    """Unique in this house and stable over restarts."""
    name: str
    """As people say it: "kitchen light". Printable, one line, at most 64 characters."""
    kind: str
    """`light`, `switch`, `fan`, `cover`, `number` or `select`."""
    commands: frozenset[str]
    """Of `on off open close stop set select`."""
    area: str = ""
    """The room, where known."""
    options: tuple[str, ...] = ()
    """What `select` can choose from."""
    minimum: float = 0.0
    """Of the value of `set`."""
    maximum: float = 100.0
    unit: str = ""
    """Of the value of `set`: `%`, `°C`, ..."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a device can do: (device, command, value). `NOTHING` is the action of leaving everything as it is.

    Commands: `on off open close stop` take no value, `set` a number (percent, degrees, ...), `select` a string.
    """

    device: str
    command: str
    value: float | str | None = None

    @property
    def label(self) -> str:
        """The class the model predicts: numbers belong to the words, not to the class.

        >>> Action("light.hall", "set", 30.0).label
        'light.hall set'
        >>> Action("select.radio", "select", "jazz").label
        'select.radio select jazz'
        """
        option = f" {self.value}" if isinstance(self.value, str) else ""
        return f"{self.device} {self.command}{option}"

    def __str__(self) -> str:
        if self == NOTHING:
            return "nothing"
        value = self.value
        shown = "" if value is None else f" {value:g}" if isinstance(value, float) else f" {value}"
        return f"{self.device} {self.command}{shown}"


NOTHING = Action("", "nothing")


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much one feature of the words spoke for the leading action against nothing."""

    feature: str
    nats: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """A distribution over actions, `NOTHING` included, most probable first."""

    ranked: tuple[tuple[Action, float], ...]
    evidence: tuple[Evidence, ...] = ()
    """Of the leading action, strongest first."""

    @property
    def leading(self) -> Action:
        return self.ranked[0][0]

    @property
    def probability(self) -> float:
        return self.ranked[0][1]


class Cause(StrEnum):
    """Whose hand was it?"""

    ECHO = "echo"
    """Our own command coming back as a state."""
    OTHER = "other"
    """Somebody else's command, seen on the command topic: an automation, an app."""
    HAND = "hand"
    """A person at the switch."""
    UNKNOWN = "unknown"
    """Start-up, a retained state, a reconnect."""


@dataclass(frozen=True, slots=True)
class SwitchEvent:
    """A device changed: what it is now, what it was before, and who did it."""

    action: Action
    before: Action | None
    """The action that would bring the previous state back; None while that was unknown."""
    cause: Cause
    at_ms: int


@dataclass(frozen=True, slots=True)
class Interaction:
    """One utterance and what came of it; becomes one row of the journal and one line of the log."""

    utterance_id: int
    words: tuple[str, ...]
    started_ms: int
    ended_ms: int
    prediction: Prediction
    """Of the final words."""
    outcome: str
    """`acted`, `already so`, `observed`, `taken back`, `nothing`, `muted`, `refused`."""
    action: Action = NOTHING
    """What was done, or with `observed` what would have been."""
    acted_ms: int | None = None
    undo: Action | None = None
    """What would bring the previous state back."""
    stage_ms: dict[str, float] = field(default_factory=dict)
    """Processing time per stage."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """These words meant that action. The ordered list of kept lessons is all that the device has learned."""

    words: tuple[str, ...]
    action: Action
    weight: int
    """In sixteenths of a lesson: see `FULL_LESSON`."""
    kind: str
    """`flip`, `correction`, `quiet` (nobody flipped anything), `said` (taught on the command line); of weight 0:
    `tentative` (perhaps a coincidence: it counts if it happens again), `confirmed` (what we did was left alone) and
    `taken back` (these words were not yet enough for that action)."""
    utterance_id: int = 0
    id: int = 0
    """Row in the journal; 0 until it is there."""


TELLING = ("flip", "correction", "quiet", "said", "confirmed")
"""Kinds of lessons that say what the words meant."""


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks of a running assistant: by `safu say` and its sisters, or by our switches on the broker."""

    verb: str
    """`say`, `flip`, `undo`, `forget`, `learning`, `mute`."""
    argument: str
    id: int = 0
    """Row in the journal's request table; 0 for one from the broker, which waits for no answer."""


@dataclass(frozen=True, slots=True)
class Post:
    """A sealed letter for us, from whoever wrote it; see `letters.py`."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A command on its way to a device. Commands are absolute, so sending one twice does no harm."""

    action: Action
    before: Action | None
    """What the device was when the command was given; if it has changed by the next start, the command is dropped."""
    created_unix_ms: int
    """Wall clock, because it must mean something to the next process."""
    id: int = 0
    """Row in the journal; 0 until it is there."""
