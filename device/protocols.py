"""Who handles what flows: one protocol per part, each with a handful of verbs.

Every implementation, doubles included, passes the suite of the same name in `tests/contracts`.
Left out: how the parts are built (`assembly.py`) and in which order they are called (`loop.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from device.messages import (
    Action,
    Device,
    Evidence,
    Frame,
    Hypothesis,
    Interaction,
    Lesson,
    OutboxEntry,
    Post,
    Prediction,
    Request,
    SwitchEvent,
)


class Microphone(Protocol):
    """Sound as frames, for ever or until a recording ends."""

    def frames(self) -> Iterator[Frame]:
        """Yield frames without gaps in `ended_ms`; silence while there is no sound to be had."""

    def close(self) -> None:
        """Let go of the sound card or file. May be called twice."""


class VoiceDetector(Protocol):
    """Is somebody speaking?"""

    def is_speech(self, pcm: bytes) -> bool:
        """Judge one frame (`FRAME_BYTES` long) in the light of the ones before it."""

    def reset(self) -> None:
        """Forget the frames before."""


class Transcriber(Protocol):
    """Frames of one utterance to words, as they come."""

    def start(self) -> None:
        """Begin an utterance."""

    def transcribe(self, pcm: bytes) -> tuple[str, ...]:
        """Hear one frame more; return the words believed so far."""

    def finish(self) -> tuple[str, ...]:
        """End the utterance; return its final words."""

    def expect(self, devices: Sequence[Device], taught: Sequence[tuple[str, ...]]) -> None:
        """Between utterances: these devices can be spoken of, these word sequences were taught here."""


class Anticipator(Protocol):
    """Words to a distribution over actions, and when to act on it."""

    def predict_one(self, words: Sequence[str], *, ended: bool = True) -> Prediction:
        """The distribution over actions after these words; `ended`: as far as can be told, no more are to come."""

    def commands_in(self, words: Sequence[str], *, ended: bool) -> list[tuple[str, ...]]:
        """The commands a sentence is made of, each worded as if it stood alone; one for nearly all."""

    def explain(self, words: Sequence[str], action: Action) -> tuple[Evidence, ...]:
        """What spoke for `action` in these words, strongest first."""

    def decide(self, prediction: Prediction, hypothesis: Hypothesis) -> Action:
        """The action to carry out now, or `NOTHING`."""

    def is_doubtful(self, lesson: Lesson) -> bool:
        """Whether the flip may have had nothing to do with the words."""

    def correcting(self, lesson: Lesson, wrong: Action) -> Lesson:
        """The lesson, made as heavy as it takes for the same words not to lead to `wrong` again."""

    def refusal(self, lesson: Lesson) -> str:
        """Why this lesson cannot be taken in, in plain words; empty if it can."""

    def learn_one(self, lesson: Lesson) -> None:
        """Take one lesson in."""

    def rebuild(self, devices: Mapping[str, Device], lessons: Sequence[Lesson]) -> None:
        """Become what these devices and these lessons, in this order, make of a new one."""


class Home(Protocol):
    """The devices and their state."""

    def devices(self) -> Mapping[str, Device]:
        """All that can be switched now, by id. A new mapping whenever that changes."""

    def undo_of(self, action: Action) -> Action | None:
        """What would bring back the present state of the device after `action`; None while it is unknown."""

    def perform(self, action: Action, now_ms: int) -> None:
        """Put the command in the outbox and send it, now or as soon as the broker is back, if that is soon.

        Raises `UnknownDeviceError`.
        """

    def flip(self, action: Action, now_ms: int) -> None:
        """Carry out `action` on behalf of a person: like `perform`, but it comes back as `Cause.HAND`."""

    def drain(self, now_ms: int) -> list[SwitchEvent | Request | Post]:
        """What happened since the last call: changes with their causes, requests at our own switches, letters."""

    def report(self, interaction: Interaction) -> None:
        """Tell the broker what was said, if the settings want it."""

    def report_counters(self, counters: Mapping[str, int]) -> None:
        """Tell the broker what we did and what went wrong, for those who watch us there."""

    def report_lesson(self, lesson: Lesson) -> None:
        """Tell the broker that a lesson is safe on the disk."""

    def report_model(self, acting: int, newest: int, summary: str) -> None:
        """Tell the broker which model acts, which is the newest, and what there is to say of them."""

    def post(self, letter: bytes) -> bool:
        """Send a sealed letter to the trainer; whether the broker was there."""

    def close(self) -> None:
        """Say goodbye to the broker. May be called twice."""


class OutboxStore(Protocol):
    """Where commands wait until the broker has them; the journal is one."""

    def put_outbox(self, entry: OutboxEntry) -> OutboxEntry:
        """Commit an entry to disk; return it with its id, or with id 0 if the disk does not take it."""

    def remove_outbox(self, entry_id: int) -> None:
        """The command was sent or dropped."""

    def outbox(self) -> list[OutboxEntry]:
        """What waits, oldest first."""


class Backend(Protocol):
    """What runs the slow model of a bundle, an `IntegerModel` (`device/safu/integer_reference.py`)."""

    def probabilities_of(
        self, rows: npt.NDArray[np.integer], units: npt.NDArray[np.integer], words: int
    ) -> npt.NDArray[np.int32]:
        """(1, C) with 15 fractional bits, from (n,) rows, each once, the units on them, and the number of words."""


class Host(Protocol):
    """The trainer on a host: lessons go there, models come from there."""

    def anticipator(self) -> Anticipator:
        """A new one, made of the models that are here; to be rebuilt before its first use."""

    def lessons_changed(self) -> None:
        """A lesson was kept, undone or forgotten."""

    def forgotten(self) -> None:
        """Lessons were erased for good; what a model may hold of their words goes with them."""

    def devices_changed(self) -> None:
        """A device came, went or changed."""

    def take(self, payload: bytes) -> None:
        """A letter came."""

    def tick(
        self, now_ms: int, anticipator: Anticipator, devices: Mapping[str, Device], post: Callable[[bytes], bool]
    ) -> bool:
        """Write what is to be written; whether `anticipator` is to be called for anew."""

    def standing(self) -> tuple[int, int, str] | None:
        """The versions of the model that acts and of the newest, and what there is to say; None without a trainer."""


class Journal(OutboxStore, Protocol):
    """What must outlive the process."""

    def record_interaction(self, interaction: Interaction, *, keep_words: bool) -> None:
        """Note what an utterance came to; words only if they acted. Batched: may be lost by a power cut."""

    def record_event(self, event: SwitchEvent) -> None:
        """Note a change of a device. A hand's is committed before this returns."""

    def record_lesson(self, lesson: Lesson) -> Lesson:
        """Commit a lesson to disk; return it with its id."""

    def record_failure(self, utterance_id: int, error: Exception) -> None:
        """Note an utterance that went wrong."""

    def lessons(self) -> list[Lesson]:
        """The kept lessons, oldest first."""

    def kept_ids(self) -> list[int]:
        """Of the kept lessons, in ascending order."""

    def undone_ids(self) -> list[int]:
        """Of the lessons that were undone, in ascending order; those that were forgotten have left nothing."""

    def taught(self, ids: Collection[int]) -> list[tuple[float, Lesson]]:
        """Those of the kept lessons that have these ids, oldest first, and when they were taught, in Unix seconds."""

    def undo(self, lesson_id: int) -> Lesson | None:
        """Stop keeping one lesson; None if there is none of that id."""

    def forget(self, words: Sequence[str]) -> int:
        """Erase every trace of these words, in sequence, from lessons and interactions; return how many lessons."""

    def expire(self, days: int) -> int:
        """Erase what is older than so many days; return how many lessons were."""

    def requests(self) -> list[Request]:
        """Requests by other processes that wait for an answer."""

    def answer(self, request_id: int, text: str) -> None:
        """Answer a request."""

    def last_utterance_id(self) -> int:
        """The highest utterance id in use, 0 in a new journal."""

    def flush(self) -> None:
        """Commit what is batched if that is due; costs nothing otherwise."""

    def close(self) -> None:
        """Commit what is batched and close. May be called twice."""
