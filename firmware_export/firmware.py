"""The firmwares that show and measure a model on a chip: what one step, or one command, takes on each core.

`Step` hears tokens (`boards/step.c`), `Commands` sentences (`boards/intents.c`). Both answer like the integer reference
or say where not. Left out: how a firmware is built (`cores.py`) and run (`emulator.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from device.safu.contexts import Tokens
from device.safu.integer_counts import IntegerCounts
from device.safu.integer_stream import IntegerStream
from device.safu.stream_image import StreamImage, stream_memory_bytes
from firmware_export.cores import BOARDS, Core, Firmware, build
from firmware_export.emulator import run
from firmware_export.exported import Exported

LINE_BYTES = 256
"""Of a sentence; what comes later is left out."""
Logits = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one firmware; instructions are means over what was measured."""

    instructions: float
    ram_bytes: int
    """Of variables."""
    stack_bytes: int
    """The most that was ever used, and on top of the variables."""
    flash_bytes: int


class Step:
    """A streaming model as the firmware of a core, built in `folder`."""

    def __init__(self, core: Core, model: IntegerStream, folder: Path) -> None:
        self.outputs = len(model.output.bias)
        image = folder / "stream.image"
        image.write_bytes(StreamImage(model).pack())
        memory = {"SAFU_MEMORY_BYTES": stream_memory_bytes(model)}
        self.firmware: Firmware = build(core, BOARDS / "step.c", image, folder, memory)

    def best(self, tokens: Tokens) -> list[str]:
        """What it answers to each of some tokens: numbers of outputs, or what is wrong."""
        return _answered(self.firmware, "".join(f"{token}\n" for token in tokens)).decode().split("\n")[:-1]

    def logits(self, tokens: Tokens) -> Logits:
        """(N, C) after each of N tokens."""
        said = _answered(self.firmware, "".join(f"{token} all\n" for token in tokens))
        return np.frombuffer(said, "<i4").reshape(-1, self.outputs)

    def cost(self, tokens: Tokens) -> Cost:
        """Of the last of these tokens, so that as many as a block holds were heard before."""
        instructions, stack = _measured(self.firmware, "".join(f"{token}\n" for token in tokens) + "stack\n")
        return Cost(instructions[-1], self.firmware.ram_bytes, stack, self.firmware.flash_bytes)


class Commands:
    """A model of commands as the firmware of a core, built in `folder`."""

    def __init__(self, core: Core, exported: Exported, folder: Path) -> None:
        self.exported = exported
        image = folder / "intents.image"
        image.write_bytes(exported.image().pack())
        sizes = {
            "SAFU_MEMORY_BYTES": exported.memory_bytes,
            "SAFU_ACTIONS": len(exported.actions),
            "SAFU_LINE_BYTES": LINE_BYTES,
        }
        self.firmware: Firmware = build(core, BOARDS / "intents.c", image, folder, sizes)

    def best(self, lines: Sequence[str]) -> list[tuple[int, str]]:
        """The share of 2^15 and the action that each sentence is answered with."""
        said = _answered(self.firmware, "".join(f"{line}\n" for line in lines)).decode().split("\n")
        return [(int(share), action) for share, action in zip(said[:-1:2], said[1::2], strict=True)]

    def logits(self, lines: Sequence[str]) -> Logits:
        """(N, C) after every word of every sentence that counts, and after its end."""
        said = _answered(self.firmware, "".join(f"={line}\n" for line in lines))
        return np.frombuffer(said, "<i4").reshape(-1, len(self.exported.actions))

    def cost(self, lines: Sequence[str]) -> Cost:
        """The mean over these sentences, from the first word to the likeliest action."""
        instructions, stack = _measured(self.firmware, "".join(f"{line}\n" for line in lines) + "?\n")
        return Cost(float(np.mean(instructions)), self.firmware.ram_bytes, stack, self.firmware.flash_bytes)


class Lessons:
    """A firmware that is taught by a switch, built in `folder`; it knows `actions` numbers and no model."""

    def __init__(self, core: Core, folder: Path, actions: int = 16, rows: int = 256, phrases: int = 32) -> None:
        empty = folder / "empty.image"
        empty.write_bytes(b"")
        sizes = {"SAFU_ACTIONS": actions, "SAFU_ROWS": rows, "SAFU_PHRASES": phrases, "SAFU_LINE_BYTES": LINE_BYTES}
        memory = len(IntegerCounts(rows, actions, phrases).pack())
        self.firmware: Firmware = build(
            core, BOARDS / "lessons.c", empty, folder, {**sizes, "SAFU_MEMORY_BYTES": memory}
        )

    def taught(self, lessons: Sequence[tuple[int, str]]) -> list[str]:
        """The likeliest action after each lesson, or what is wrong; a negative action takes a lesson back."""
        return _answered(self.firmware, "".join(f"{action} {text}\n" for action, text in lessons)).decode().split()

    def cost(self, lessons: Sequence[tuple[int, str]]) -> Cost:
        """The mean over these lessons, from the first word on."""
        lines = "".join(f"{action} {text}\n" for action, text in lessons) + "?\n"
        instructions, stack = _measured(self.firmware, lines)
        return Cost(float(np.mean(instructions)), self.firmware.ram_bytes, stack, self.firmware.flash_bytes)


def _answered(firmware: Firmware, lines: str) -> bytes:
    answer = run(firmware, lines.encode())
    if answer.exit_code:
        raise RuntimeError(
            f"the firmware of {firmware.core.name} ended with {answer.exit_code}: {answer.output[:200]!r}"
        )
    return answer.output


def _measured(firmware: Firmware, lines: str) -> tuple[tuple[int, ...], int]:
    """Instructions of every measured stretch, and the stack, which the last line asked for."""
    answer = run(firmware, lines.encode(), count=True)
    if answer.exit_code:
        raise RuntimeError(
            f"the firmware of {firmware.core.name} ended with {answer.exit_code}: {answer.output[:200]!r}"
        )
    return answer.instructions, int(answer.output.split()[-1])
