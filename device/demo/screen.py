"""What the demonstration shows in a terminal: words as they arrive, what they may mean, the house, what happened.

Left out: the figures at the end (`device/commands/demo.py`), and everything that decides anything.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from device.acoustic.sounds import described
from device.assistant import Notice
from device.home.virtual import DEVICES, VirtualHouse
from device.messages import NOTHING, Action, Cause, Hypothesis, Interaction, Lesson, Prediction, SwitchEvent

_LINES = 14
_BAR = 30
_REFRESH_S = 0.08


class Screen:
    """A live picture of the house; told of everything, draws a dozen times a second."""

    def __init__(self, house: VirtualHouse, console: Console, keys: str = "") -> None:
        self._house = house
        self._keys = keys
        self._scene = ""
        self._hypothesis: Hypothesis | None = None
        self._prediction: Prediction | None = None
        self._happened: deque[Text] = deque(maxlen=_LINES)
        self._drawn_s = 0.0
        self.speech_ended_ms: Callable[[], int | None] = lambda: None
        """When the present speech ends on the frame clock, where that is known."""
        self.live = Live(self._draw(), console=console, auto_refresh=False, transient=True)

    def scene(self, title: str) -> None:
        """Somebody begins to speak."""
        self._scene = title
        self._refresh(now=True)

    def flipped(self, action: Action) -> None:
        """Somebody reaches for a switch."""
        self._tell(f"a hand flips  {action}", "cyan")

    def notice(self, notice: Notice) -> None:
        """The assistant noticed something."""
        if isinstance(notice, tuple):
            self._hypothesis, self._prediction = notice
        elif isinstance(notice, Interaction):
            self._tell_interaction(notice)
        elif isinstance(notice, Lesson):
            what = "nothing" if notice.action == NOTHING else str(notice.action)
            self._tell(f"learned: {described(notice.words)!r} means {what} ({notice.kind})", "magenta")
        elif isinstance(notice, SwitchEvent) and notice.cause == Cause.OTHER:
            self._tell(f"an automation sets  {notice.action}", "dim")
        self._refresh(now=not isinstance(notice, tuple))

    def tick(self) -> None:
        """Time has passed."""
        self._refresh(now=False)

    def _tell_interaction(self, interaction: Interaction) -> None:
        words = described(interaction.words) or "(no words)"
        if interaction.outcome == "nothing":
            self._tell(f"heard {words!r}: does nothing", "dim")
            return
        end_ms = self.speech_ended_ms()
        when = ""
        if end_ms is not None and interaction.acted_ms is not None:
            after_ms = interaction.acted_ms - end_ms
            when = f", {abs(after_ms)} ms {'after' if after_ms >= 0 else 'BEFORE'} the end of speech"
        self._tell(f"heard {words!r}: {interaction.outcome} {interaction.action}{when}", "bold green")

    def _tell(self, text: str, style: str) -> None:
        if self._happened and self._happened[-1].plain == text:
            return  # talk and other noise, all evening
        self._happened.append(Text(text, style=style, overflow="ellipsis", no_wrap=True))

    def _refresh(self, *, now: bool) -> None:
        if now or time.monotonic() - self._drawn_s > _REFRESH_S:
            self._drawn_s = time.monotonic()
            self.live.update(self._draw(), refresh=True)

    def _draw(self) -> RenderableType:
        top = Table.grid(expand=True, padding=(0, 1))
        top.add_column(ratio=3)
        top.add_column(ratio=2)
        top.add_row(Panel(self._thoughts(), title="safu hears"), Panel(self._house_table(), title="the house"))
        happened = Group(*self._happened, *(Text("") for _ in range(_LINES - len(self._happened))))
        return Group(top, Panel(happened, title="what happened"))

    def _thoughts(self) -> RenderableType:
        words = described(self._hypothesis.words) if self._hypothesis else ""
        lines: list[RenderableType] = [Text(self._scene, style="dim"), Text(words or "...", style="bold")]
        for action, probability in (self._prediction.ranked if self._prediction else ())[:3]:
            bar = "█" * round(_BAR * probability)
            lines.append(Text(f"{bar:{_BAR}} {probability:4.2f} {action}", style="dim" if action == NOTHING else ""))
        return Group(*lines, *(Text("") for _ in range(5 - len(lines))))

    def _house_table(self) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        for number, device in enumerate(DEVICES, start=1):
            state = self._house.states[device.id]
            is_on = state.command != "off"
            shown = f"{state.value:g} %" if isinstance(state.value, float) else state.command
            key = f"[{number}]" if self._keys else ""
            table.add_row(key, "💡" if is_on else "· ", device.name, Text(shown, style="yellow" if is_on else "dim"))
        if self._keys:
            table.add_row("", "", self._keys, "")
        return table
