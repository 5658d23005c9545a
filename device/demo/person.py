"""A person who lives in the virtual house: speaks from recordings, and flips switches.

A `Microphone`: it yields what the room hears, frame by frame, and between two frames it looks at the house and
reaches for a switch, as a person would. First it teaches: says something, and flips if the house did not. Then it
is scored: says other things, by other voices, and lets the house do it. Talk is mixed in all the way.
Left out: what comes of it (`score.py`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from device.assistant import Notice
from device.audio.recording import load_pcm16
from device.demo.script import Recording
from device.home.virtual import VirtualHouse
from device.messages import FRAME_BYTES, FRAME_MS, Action, Frame, Interaction, Lesson, SwitchEvent

_PATIENCE_MS = 4_000
"""How long the person waits for the house."""
_BREATH_MS = 600
"""Between two sentences."""
_REACH_MS = 500
"""From the end of a sentence, well understood, to the switch."""
_FAST_POLL_S = 0.002
"""A frame of waiting takes at least so long, however fast the clock: a recogniser may work in real time."""
_BROKER_POLL_S = 0.016
"""The same where a broker is waited for: two seconds of patience."""
_SILENCE = bytes(FRAME_BYTES)


@dataclass(slots=True)
class Scene:
    """One recording, and what came of it."""

    recording: Recording
    started_ms: int = 0
    """When the recording began, on the frame clock."""
    interaction: Interaction | None = None
    """The last utterance that was heard in it."""
    commands: list[Action] = field(default_factory=list)
    """What reached the house because of it."""
    acted_ms: int | None = None

    @property
    def acted_after_speech_ms(self) -> int | None:
        """When the house acted, from the end of speech; negative: before it."""
        if self.acted_ms is None:
            return None
        return self.acted_ms - self.started_ms - self.recording.speech_ended_ms


class Person:
    """Plays scenes; `notice` must be told what the assistant notices."""

    def __init__(self, recordings: Sequence[Recording], house: VirtualHouse, *, realtime: bool) -> None:
        self.scenes = [Scene(recording) for recording in recordings]
        self.flips = 0
        self.on_scene: Callable[[Scene], None] = lambda _: None
        self.on_end: Callable[[], None] = lambda: None
        self.on_flip: Callable[[Action], None] = lambda _: None
        self.stop_learning: Callable[[], None] = lambda: None
        """Called before the first scored command: what is scored must not teach."""
        self._is_scoring = False
        self._house = house
        self._realtime = realtime
        self._closed = threading.Event()
        self._now_ms = 0
        self._started_s = 0.0
        self._concluded: list[Interaction] = []
        self._lessons = 0
        self._known: dict[str, Action] = {}
        """The newest change of each device that the assistant knows of."""

    def notice(self, notice: Notice) -> None:
        """The assistant has concluded an utterance, or learned."""
        if isinstance(notice, Interaction):
            self._concluded.append(notice)
        elif isinstance(notice, Lesson):
            self._lessons += 1
        elif isinstance(notice, SwitchEvent):
            self._known[notice.action.device] = notice.action

    def close(self) -> None:
        self._closed.set()

    def frames(self) -> Iterator[Frame]:
        self._started_s = time.monotonic()
        yield from self._quiet(2 * _BREATH_MS)
        for scene in self.scenes:
            if scene.recording.kind == "command" and not self._is_scoring:
                self._is_scoring = True
                self.stop_learning()
            yield from self._play(scene)
        yield from self._quiet(_BREATH_MS)

    def _play(self, scene: Scene) -> Iterator[Frame]:
        wanted = scene.recording.action
        if wanted is not None:
            yield from self._make_worthwhile(wanted)
        self._concluded.clear()
        commands_before = len(self._house.commands)
        scene.started_ms = self._now_ms
        self.on_scene(scene)
        yield from self._say(load_pcm16(scene.recording.path).tobytes())
        yield from self._wait_until(lambda: bool(self._concluded))
        if any(i.outcome in ("acted", "taken back") for i in self._concluded):
            yield from self._wait_for_broker(lambda: self._knows_what_it_did(commands_before))
        yield from self._quiet(_REACH_MS)
        scene.commands = [c.action for c in self._house.commands[commands_before:]]
        scene.interaction = self._concluded[-1] if self._concluded else None
        acts = [i for i in self._concluded if i.outcome in ("acted", "taken back")]
        scene.acted_ms = acts[0].acted_ms if acts else None
        if not self._is_scoring:
            yield from self._put_right(scene)
        yield from self._quiet(_BREATH_MS)

    def _make_worthwhile(self, wanted: Action) -> Iterator[Frame]:
        """An automation puts the device into another state, so that there is something to ask for."""
        other = Action(wanted.device, "on" if wanted.command == "off" else "off")
        if self._house.states[wanted.device] != other:
            self._known.pop(other.device, None)
            self._house.order(other)
            yield from self._wait_for_broker(lambda: self._known.get(other.device) == other)
            yield from self._quiet(_BREATH_MS)

    def _knows_what_it_did(self, commands_before: int) -> bool:
        """Whether the assistant's command has reached the house, and the house's answer the assistant."""
        new = [command.action for command in self._house.commands[commands_before:]]
        return bool(new) and self._known.get(new[-1].device) == new[-1]

    def _put_right(self, scene: Scene) -> Iterator[Frame]:
        """Flip what the house did wrong back, and what it did not do."""
        wanted = scene.recording.action
        for wrong in dict.fromkeys(action.device for action in scene.commands if action != wanted):
            undo = next(action for action in scene.commands if action.device == wrong)
            if wanted is None or wrong != wanted.device:
                yield from self._flip(Action(wrong, "off" if undo.command != "off" else "on"))
        if wanted is not None and self._house.states[wanted.device] != wanted:
            yield from self._flip(wanted)

    def _flip(self, action: Action) -> Iterator[Frame]:
        lessons = self._lessons
        self.flips += 1
        self.on_flip(action)
        self._house.flip(action)
        yield from self._wait_for_broker(lambda: self._lessons > lessons)

    def _wait_for_broker(self, condition: Callable[[], bool]) -> Iterator[Frame]:
        yield from self._wait_until(condition, poll_s=_BROKER_POLL_S)

    def _wait_until(self, condition: Callable[[], bool], poll_s: float = _FAST_POLL_S) -> Iterator[Frame]:
        deadline_ms = self._now_ms + _PATIENCE_MS
        while not condition() and self._now_ms < deadline_ms:
            if not self._realtime:
                self._closed.wait(poll_s)
            yield from self._say(_SILENCE)

    def _quiet(self, duration_ms: int) -> Iterator[Frame]:
        yield from self._say(bytes(FRAME_BYTES * (duration_ms // FRAME_MS)))

    def _say(self, pcm: bytes) -> Iterator[Frame]:
        for at in range(0, len(pcm), FRAME_BYTES):
            if self._closed.is_set():
                return
            self._now_ms += FRAME_MS
            if self._realtime:
                self._closed.wait(max(0.0, self._started_s + self._now_ms / 1000 - time.monotonic()))
            yield Frame(pcm[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\0"), self._now_ms)


def rehearsal(recordings: Sequence[Recording]) -> list[Recording]:
    """The order of the day: lessons with a little talk among them, then scored commands with the rest of the talk."""
    lessons = [r for r in recordings if r.kind == "lesson"]
    commands = [r for r in recordings if r.kind == "command"]
    talk = [r for r in recordings if r.kind == "oov"]
    early = [r for r in talk if r.file.startswith("oov_early")]
    return _spread(_rounds(lessons), early) + _spread(_rounds(commands), [r for r in talk if r not in early])


def _rounds(recordings: Sequence[Recording]) -> list[Recording]:
    """Everything once, then everything again: no two of one action in a row."""
    turns: dict[tuple[str, str], int] = {}
    keyed = []
    for recording in recordings:
        key = (recording.action.device, recording.action.command) if recording.action else ("", "")
        turns[key] = turns.get(key, 0) + 1
        keyed.append((turns[key], recording))
    return [recording for _, recording in sorted(keyed, key=lambda pair: pair[0])]


def _spread(main: Sequence[Recording], among: Sequence[Recording]) -> list[Recording]:
    """`among` at even distances in `main`."""
    placed = [(i / max(len(main), 1), r) for i, r in enumerate(main)]
    placed += [((i + 0.5) / max(len(among), 1), r) for i, r in enumerate(among)]
    return [recording for _, recording in sorted(placed, key=lambda pair: pair[0])]
