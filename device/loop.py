"""THE loop: hear, understand, act, remember, learn.

Frames are the clock, silence included. Only the loop's thread touches the model and writes lessons; the broker and
requests of other processes fill bounded queues that are drained here, once a frame.
Left out: what responding and learning are (`respond.py`, `learn.py`), which parts do it (`assembly.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from device.assistant import Assistant, remember
from device.errors import UtteranceError
from device.learn import expect, forget_what_is_old, hear_from_the_trainer, learn, most_telling_first, relearn
from device.messages import Frame, Hypothesis, Post, Request, SwitchEvent
from device.requests import REFUSED, handle_request
from device.respond import check_sound, lose, respond

log = logging.getLogger(__name__)

REQUEST_EVERY_MS = 160
"""How often the request table is looked into: it costs a query."""
DAY_MS = 86_400_000
"""How often what is too old is forgotten."""


def run(assistant: Assistant) -> None:
    """Hear, understand, act, remember, learn: one pass per frame, until the microphone ends."""
    for frame in assistant.microphone.frames():
        step(assistant, frame)
    _hear(assistant, assistant.listener.finish)


def step(assistant: Assistant, frame: Frame) -> None:
    """One frame: 32 ms of sound."""
    assistant.now_ms = frame.ended_ms
    assistant.alive()
    learn_from_the_house(assistant)
    check_sound(assistant, frame)
    _hear(assistant, lambda: assistant.listener.hear(frame))
    if assistant.expectation_is_old and not assistant.listener.is_hearing:
        expect(assistant)


def _hear(assistant: Assistant, listen: Callable[[], Iterator[Hypothesis]]) -> None:
    """Respond to what the listener makes of it; an utterance that goes wrong is lost, and the loop goes on."""
    try:
        for hypothesis in listen():
            respond(assistant, hypothesis)
    except UtteranceError as error:
        lose(assistant, error)


def learn_from_the_house(assistant: Assistant) -> None:
    """Flips, requests, devices that came or went, and windows that have closed."""
    if assistant.home.devices() is not assistant.devices:
        assistant.devices = assistant.home.devices()
        relearn(assistant)
        if assistant.host is not None:
            assistant.host.devices_changed()
    happened = assistant.home.drain(assistant.now_ms)
    for event in most_telling_first(assistant, [each for each in happened if isinstance(each, SwitchEvent)]):
        _take_in(assistant, event)
    for each in happened:
        if isinstance(each, Request):
            _do(assistant, each)
        elif isinstance(each, Post) and assistant.host is not None:
            assistant.host.take(each.payload)
    remember(assistant, lambda: hear_from_the_trainer(assistant))
    if assistant.now_ms % REQUEST_EVERY_MS == 0:
        remember(assistant, lambda: _answer_requests(assistant))
    if assistant.now_ms % DAY_MS == 0:
        remember(assistant, lambda: forget_what_is_old(assistant))
    learn(assistant, assistant.teacher.tick(assistant.now_ms))


def _do(assistant: Assistant, request: Request) -> None:
    """From the broker: nobody waits for an answer, so a refusal is logged."""
    answer = handle_request(assistant, request)
    if answer.startswith(REFUSED):
        log.warning("%s: %s", request.verb, answer.removeprefix(REFUSED))


def _answer_requests(assistant: Assistant) -> None:
    assistant.journal.flush()
    for request in assistant.journal.requests():
        assistant.journal.answer(request.id, handle_request(assistant, request))


def _take_in(assistant: Assistant, event: SwitchEvent) -> None:
    assistant.notice(event)
    remember(assistant, lambda: assistant.journal.record_event(event))
    learn(assistant, assistant.teacher.flipped(event, while_hearing=assistant.listener.is_hearing))
