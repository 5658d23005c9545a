"""The Assistant: a bundle of parts, and what little it knows between two frames.

Left out: its verbs, to respond (`respond.py`) and to learn (`learn.py`), the loop that calls them (`loop.py`), what is
asked from outside (`requests.py`), which parts these are (`assembly.py`).
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from device.audio.sound_check import SoundCheck
from device.errors import JournalError
from device.listener import Listener
from device.messages import NOTHING, Action, Device, Hypothesis, Interaction, Lesson, Prediction, SwitchEvent
from device.protocols import Anticipator, Home, Host, Journal, Microphone, Transcriber
from device.teacher import Teacher

log = logging.getLogger(__name__)

Notice = Hypothesis | Interaction | SwitchEvent | Lesson | tuple[Hypothesis, Prediction]


@dataclass(slots=True)
class Deed:
    """What we did during the present utterance."""

    utterance_id: int = 0
    action: Action = NOTHING
    undo: Action | None = None
    outcome: str = "nothing"
    acted_ms: int | None = None
    words: tuple[str, ...] = ()
    """What had been heard when we did it."""
    stage_ms: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))


@dataclass(slots=True)
class Assistant:
    """The parts, and what little is known between two frames."""

    microphone: Microphone
    listener: Listener
    transcriber: Transcriber
    anticipator: Anticipator
    teacher: Teacher
    home: Home
    journal: Journal
    host: Host | None = None
    """The trainer, as far as we know it."""
    sound_check: SoundCheck | None = None
    """None where the microphone only keeps the time."""
    observe: bool = False
    keep_days: int = 0
    """Days that lessons and history are kept; 0 for ever."""
    learning: bool = True
    muted: bool = False
    notice: Callable[[Notice], None] = lambda _: None
    """Told of everything, for those who watch: the demonstration's screen, the benchmarks."""
    alive: Callable[[], None] = lambda: None
    """Called every frame: the loop turns."""
    counters: Counter[str] = field(default_factory=Counter)
    devices: Mapping[str, Device] | None = None
    lessons: list[Lesson] = field(default_factory=list)
    deed: Deed = field(default_factory=Deed)
    expectation_is_old: bool = True
    now_ms: int = 0
    said: dict[str, str] = field(default_factory=dict)
    """Troubles already told, by kind."""


def remember(assistant: Assistant, record: Callable[[], None]) -> None:
    """Write to the journal; if that fails, say so once until it works again, and go on listening."""
    try:
        record()
    except JournalError as error:
        say_once(assistant, "journal", f"the journal is not written: {error}")
    else:
        assistant.said.pop("journal", None)


def say_once(assistant: Assistant, kind: str, trouble: str) -> None:
    """A warning, but not thirty-one times a second."""
    if assistant.said.get(kind) != trouble:
        assistant.said[kind] = trouble
        log.warning("%s", trouble)
