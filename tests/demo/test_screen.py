"""What the demonstration shows of sounds: never their bytes, and talk once."""

from __future__ import annotations

import io

import numpy as np
from rich.console import Console

from device.acoustic.end_pointer import Sound
from device.acoustic.sounds import encode
from device.demo.screen import Screen
from device.home.local_bus import LocalBus
from device.home.virtual import VirtualHouse
from device.messages import NOTHING, Action, Interaction, Lesson, Prediction

SAID = encode(Sound(np.full(20, 40, np.uint8), np.zeros((25, 20), np.uint8)))


def shown(*noticed: Interaction | Lesson) -> str:
    console = Console(file=io.StringIO(), width=120, force_terminal=False, record=True)
    screen = Screen(VirtualHouse(LocalBus()), console)
    for each in noticed:
        screen.notice(each)
    console.print(screen.live.renderable)
    return console.export_text()


def test_a_lesson_of_a_sound_is_told_by_its_length() -> None:
    text = shown(Lesson(SAID, Action("kitchen_light", "on"), 16, "flip"))
    assert "learned: '(a sound of 0.50 s)' means kitchen_light on" in text
    assert SAID[0] not in text


def test_talk_is_told_once() -> None:
    talk = [Interaction(n, (), 0, 900, Prediction(((NOTHING, 1.0),)), "nothing") for n in range(5)]
    assert shown(*talk).count("(no words)") == 1
