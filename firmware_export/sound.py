"""The firmware that learns sounds (`boards/sound.c`): one story told to a core in QEMU and to the integers of Python.

A story is what happens in a home: sound, a button, an undo, nobody. `figures` says what each core takes for it, and how
many answers differ. An M0 has 16 KB of memory on the machine of QEMU that is one; the full switch needs more.
It is run on the machine of an M3, which runs every instruction of an M0 as it is, with as much memory as an RP2040 has.
Left out: how a firmware is built (`cores.py`) and run (`emulator.py`).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from device.acoustic.end_pointer import EndPointer, Sound
from device.acoustic.spectrum import HOP, RATE_HZ, frames_of
from device.acoustic.switch import AcousticSwitch, candidates
from firmware_export.cores import BOARDS, CORES, Core, Firmware, build
from firmware_export.emulator import Answer, run
from firmware_export.sound_state import packed

Samples = npt.NDArray[np.int16]
Event = Samples | tuple[str, int]
"""Sound at 8 kHz, or `("press", action)`, `("no", 0)`, `("nobody", 0)`, `("forget", 0)`."""
SOUND_CORES: Mapping[str, Core] = {
    name: replace(core, machine="mps2-an385", flash_bytes=2 << 20, ram_bytes=264 << 10) if name == "m0" else core
    for name, core in CORES.items()
}


@dataclass(frozen=True, slots=True)
class Shape:
    """How much a switch can learn."""

    actions: int = 10
    background: int = 12
    codewords: int = 128

    def switch(self) -> AcousticSwitch:
        """One that knows nothing."""
        return AcousticSwitch(self.actions, self.background, self.codewords)


FULL = Shape()
_PLAYED_FLASH_BYTES = 16 * 4_096
"""Of memory, which hold what `boards/file_flash.c` keeps in a file; a chip has flash for it."""
_HEARD = ("relay", "none")


@dataclass(frozen=True, slots=True)
class SoundCost:
    """What a story takes on a core."""

    instructions_per_audio_s: float
    """Front end, end-pointer, and what each sound means."""
    instructions_per_lesson: float
    instructions_per_save: float
    """To keep what is known in two slots of flash, without the flash's own time."""
    flash_bytes: int
    ram_bytes: int
    stack_bytes: int


class SoundFirmware:
    """The firmware of a core, built in `folder`."""

    def __init__(self, core: Core, folder: Path, shape: Shape = FULL) -> None:
        empty = folder / "empty.image"
        empty.write_bytes(b"")
        sizes = {
            "SAFU_ACTIONS": shape.actions,
            "SAFU_BACKGROUND": shape.background,
            "SAFU_CODEWORDS": shape.codewords,
        }
        self.firmware: Firmware = build(core, BOARDS / "sound.c", empty, folder, sizes, more=[BOARDS / "file_flash.c"])

    def answers(self, story: Sequence[Event], flash: Path | None = None) -> list[str]:
        """What it says: a CRC-32 of what it knows, then a line a sound and a lesson. `flash` is kept in that folder."""
        return self._told(_script(story), flash=flash).output.decode().splitlines()

    def cut(self, story: Sequence[Event], after_bytes: int, flash: Path) -> list[str]:
        """The same until the power fails, in the middle of writing flash if so many bytes come to be written."""
        told = self._told(b"cut %d\n" % after_bytes + _script(story), flash=flash, may_end_with=(0, 4))
        return told.output.decode().splitlines()

    def measured(self, story: Sequence[Event]) -> tuple[SoundCost, list[str]]:
        """What it takes, and what it says. Raises `ValueError` if nothing is heard or nothing learned."""
        told = self._told(_script(story) + b"stack\n", count=True)
        *said, stack = told.output.decode().splitlines()
        left, learned = list(told.instructions), (line for line in said[1:] if not line.startswith(_HEARD))
        heard, lessons, saves, samples = 0, [], [], 0
        for event in story:
            if isinstance(event, tuple):
                is_safe = next(learned).isdigit()
                if event[0] == "forget":
                    continue
                lessons.append(left.pop(0))
                if is_safe:
                    saves.append(left.pop(0))
            else:
                pieces = -(-len(event) // HOP)
                heard, samples = heard + sum(left[:pieces]), samples + len(event)
                del left[:pieces]
        if not saves or not samples:
            raise ValueError("a story that is measured has sound and lessons in it")
        cost = SoundCost(
            heard * RATE_HZ / samples,
            float(np.mean(lessons)),
            float(np.mean(saves)),
            self.firmware.flash_bytes,
            self.firmware.ram_bytes - _PLAYED_FLASH_BYTES,
            int(stack),
        )
        return cost, said

    def _told(
        self, script: bytes, *, count: bool = False, flash: Path | None = None, may_end_with: Sequence[int] = (0,)
    ) -> Answer:
        answer = run(self.firmware, script, count=count, flash=flash)
        if answer.exit_code not in may_end_with:
            name = self.firmware.core.name
            raise RuntimeError(f"the firmware of {name} ended with {answer.exit_code}: {answer.output[-200:]!r}")
        return answer


class Twin:
    """The same in Python; what a chip takes back, it replays without."""

    def __init__(self, shape: Shape = FULL) -> None:
        self.switch, self._shape = shape.switch(), shape
        self._lessons: list[tuple[str, int, Sound]] = []
        self._can_forget = False
        self._kept: Sound | None = None
        self._told: Sound | None = None
        """What the last lesson was about."""

    def answers(self, story: Sequence[Event]) -> list[str]:
        """What a firmware says that was just switched on."""
        said, heard = [self._known()], _Ear()
        self._kept = self._told = None
        for event in story:
            if isinstance(event, tuple):
                said.append(self._forgotten() if event[0] == "forget" else self._taught(*event))
            else:
                for sound in heard.sounds(event):
                    said.append(self._meant(sound))
                    self._kept, self._told = sound, None
        return said

    def _meant(self, sound: Sound) -> str:
        found = self.switch.predict_one(candidates(sound))
        if not found:
            return "none"
        return f"{'relay' if found[0].is_accepted else 'none'} {found[0].action} {found[0].margin}"

    def _taught(self, what: str, action: int) -> str:
        sound, self._kept = self._kept, None
        if sound is None or not self._learn(what, action, sound):
            return "SAFU_NOTHING_HEARD"
        self._lessons.append((what, action, sound))
        self._told, self._can_forget = sound, True
        return self._known()

    def _learn(self, what: str, action: int, sound: Sound) -> bool:
        learn = {"no": self.switch.correct, "nobody": self.switch.learn_background}
        return self.switch.learn_one(sound, action) if what == "press" else learn[what](sound)

    def _forgotten(self) -> str:
        if not self._can_forget:
            return "SAFU_NOTHING_TO_UNDO"
        self.switch, self._can_forget = self._shape.switch(), False
        del self._lessons[-1]
        for lesson in self._lessons:
            self._learn(*lesson)
        self._kept = self._kept or self._told
        return self._known()

    def _known(self) -> str:
        return str(zlib.crc32(packed(self.switch)))


class _Ear:
    """Samples in pieces to sounds."""

    def __init__(self) -> None:
        self._left, self._before, self._pointer = np.zeros(0, np.int16), 0, EndPointer()

    def sounds(self, samples: Samples) -> list[Sound]:
        """Those that these samples end."""
        held = np.concatenate([self._left, samples])
        frames = frames_of(held, self._before)
        taken = HOP * len(frames)
        if taken:
            self._before = int(held[taken - 1])
        self._left = held[taken:]
        heard = (self._pointer.hear(frame) for frame in frames)
        return [sound for sound in heard if sound is not None]


def different(expected: Sequence[str], found: Sequence[str]) -> int:
    """How many answers and states are not the same."""
    return sum(a != b for a, b in zip(expected, found, strict=False)) + abs(len(expected) - len(found))


def figures(stories: Sequence[Sequence[Event]], folder: Path, shape: Shape = FULL) -> dict[str, float]:
    """For a benchmark: means of what stories take on each core that is installed, and how many answers any of them has
    wrong; firmwares are built in `folder`.
    """
    expected = [Twin(shape).answers(story) for story in stories]
    found: dict[str, float] = {"differing_decisions": 0, "compared_decisions": sum(map(len, expected))}
    for name, core in SOUND_CORES.items():
        if core.missing():
            continue
        firmware = SoundFirmware(core, folder, shape)
        measured = [firmware.measured(story) for story in stories]
        for what in SoundCost.__slots__:
            found[f"{name}.{what}"] = float(np.mean([getattr(cost, what) for cost, _ in measured]))
        answers = [said for _, said in measured]
        found["differing_decisions"] += sum(map(different, expected, answers))
    return found


def _script(story: Sequence[Event]) -> bytes:
    return b"".join(_line(event) for event in story)


def _line(event: Event) -> bytes:
    if isinstance(event, tuple):
        return f"{event[0]} {event[1]}\n".encode()
    return b"hear %d\n" % len(event) + event.astype("<i2").tobytes()
