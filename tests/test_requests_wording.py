"""What people type at `safu flip` and `safu undo`, odd things included: an answer, never the end of the loop."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.errors import UnknownDeviceError
from device.messages import Action, Device, Request
from device.requests import REFUSED, handle_request, parse_flip

DEVICES = [
    Device("radio_1", "Radio", "select", frozenset({"select"}), options=("Smooth Jazz", "News")),
    Device("kitchen", "Kitchen", "switch", frozenset({"on", "off"})),
    Device("lamp_1", "Kitchen lamp", "light", frozenset({"on", "off", "set"})),
]


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("kitchen on", Action("kitchen", "on")),
        ("Kitchen Lamp OFF", Action("lamp_1", "off")),
        ("lamp_1 30%", Action("lamp_1", "set", 30.0)),
        ("radio news", Action("radio_1", "select", "News")),
        ("radio smooth jazz", Action("radio_1", "select", "Smooth Jazz")),
    ],
)
def test_a_device_and_what_it_shall_be(text: str, action: Action) -> None:
    assert parse_flip(DEVICES, text) == action


@pytest.mark.parametrize("text", ["", "kitchen", "cellar on", "lamp_1 nan", "lamp_1 inf", "kitchen lamp sideways"])
def test_what_cannot_be_is_told(text: str) -> None:
    with pytest.raises(UnknownDeviceError):
        parse_flip(DEVICES, text)


@given(st.text())
def test_no_text_does_harm(text: str) -> None:
    for verb in ("undo", "flip", "forget", text):
        journal = SimpleNamespace(undo=lambda _: None, forget=lambda _: 0, lessons=list)
        assistant: Any = SimpleNamespace(
            journal=journal,
            teacher=SimpleNamespace(forget=lambda _: None),
            host=None,
            devices={},
            lessons=[],
            anticipator=SimpleNamespace(rebuild=lambda *_: None),
        )
        answer = handle_request(assistant, Request(verb, text))
        assert answer.startswith((REFUSED, "forgotten"))


@pytest.mark.parametrize("text", ["²", "9" * 5000, "-1", "٣", "1.0", ""])
def test_a_lesson_is_named_by_its_number(text: str) -> None:
    assistant: Any = SimpleNamespace(journal=SimpleNamespace(undo=lambda _: None))
    assert handle_request(assistant, Request("undo", text)).startswith(f"{REFUSED}there is no kept lesson")
