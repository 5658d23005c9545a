"""Watch a virtual house learn from its switches.

Two rooms, five devices, and an assistant that starts blank. A person (recordings of synthetic voices) says what they
want and flips the switch; after a few flips the house does it. Then it is scored on other voices, half of them in
other words, among talk that must cause nothing. Everything on the way is real: sound, recogniser, model, broker,
journal.

  safu demo                      about seven minutes, as it happens
  safu demo --fast               the same as fast as the machine can; times are on the clock of the audio
  safu demo --json FILE          the figures as JSON as well
  safu demo --microphone         your voice, and keys 1 to 5 as switches
  safu demo --transcriber acoustic     without a recogniser: six words of no language, learned from flips
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from device.assistant import Assistant, Notice
from device.audio.microphone import SoundCardMicrophone
from device.demo.keyboard import KEYS, hands_on
from device.demo.person import Person, Scene, rehearsal
from device.demo.screen import Screen
from device.demo.script import load_manifest, sound_manifest
from device.demo.show import listen, perform
from device.home.virtual import VirtualHouse
from device.loop import run as run_loop
from device.settings import ENGINES, Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu demo` takes."""
    parser.add_argument("--fast", action="store_true", help="do not wait for real time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--transcriber", choices=ENGINES, help="the recogniser, or `acoustic`: none")
    parser.add_argument("--microphone", action="store_true", help="your voice instead of recordings")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Show it, then print what came of it."""
    logging.getLogger().setLevel(logging.ERROR)  # the screen tells the story
    console = Console()
    if options.microphone:
        _live(settings, console)
        return 0
    figures = perform(
        settings,
        rehearsal(sound_manifest() if settings.transcriber.engine == "acoustic" else load_manifest()),
        realtime=not options.fast,
        watch=lambda person, house: _watch(person, house, console),
    )
    console.print(_table(figures))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def _watch(person: Person, house: VirtualHouse, console: Console) -> Callable[[Notice], None]:
    screen = Screen(house, console)
    number = 0

    def on_scene(scene: Scene) -> None:
        nonlocal number
        number += 1
        screen.speech_ended_ms = lambda: scene.started_ms + scene.recording.speech_ended_ms
        recording = scene.recording
        kind = {"lesson": "teaching", "command": "scored", "oov": "not for the house"}[recording.kind]
        screen.scene(f"{number}/{len(person.scenes)} {kind}, {recording.voice} says: {recording.text}")

    person.on_scene, person.on_flip = on_scene, screen.flipped
    if console.is_terminal:
        screen.live.start()
        person.on_end = screen.live.stop
    return screen.notice


def _live(settings: Settings, console: Console) -> None:
    microphone = SoundCardMicrophone(settings.audio.device)
    microphone.open()  # rather an error now than a silent house
    with listen(settings, microphone) as (house, assistant):
        _talk(house, assistant, microphone, console)


def _talk(house: VirtualHouse, assistant: Assistant, microphone: SoundCardMicrophone, console: Console) -> None:
    screen = Screen(house, console, KEYS)
    assistant.notice, assistant.alive = screen.notice, screen.tick
    screen.scene("say what you want, flip the switch, say it again")
    with screen.live, hands_on(house, microphone.close, screen.flipped):
        run_loop(assistant)


def _table(figures: dict[str, Any]) -> Table:
    table = Table("figure", "value", title="what came of it")
    for name, value in figures.items():
        if name == "misses":
            continue
        shown = ", ".join(f"{stage} {ms}" for stage, ms in value.items()) if isinstance(value, dict) else value
        table.add_row(name, f"{shown:g}" if isinstance(shown, float) else str(shown))
    for miss in figures["misses"]:
        table.add_row(
            "missed", f"{miss['said']!r} heard as {miss['heard']!r}: did {', '.join(miss['did']) or 'nothing'}"
        )
    return table
