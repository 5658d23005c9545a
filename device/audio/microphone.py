"""The microphone: frames in real time for ever, whatever the sound card does.

    PortAudio's thread --blocks--> bounded queue --frames()--> mono 16 kHz frames, or silence while there is no sound
    the keeper's thread: open the card, watch it, close it when it dies, wait longer each time, open it again

The card is not believed: what it delivers faster than real time is dropped, and a card that goes on doing so is
treated as gone (ALSA's file plugin at the end of its file delivers noise 3,800 times as fast as time passes).
Left out: choosing the card (`sound_card.py`) and changing its rate (`resample.py`).
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from device.audio.resample import Resampler, to_mono
from device.audio.sound_card import Block, Deliver, PortAudioCards, SoundCards, Stream, list_inputs
from device.errors import MicrophoneError
from device.messages import FRAME_BYTES, FRAME_MS, Frame

_log = logging.getLogger(__name__)

_FRAME_S = FRAME_MS / 1000
_QUEUE_BLOCKS = 4000 // FRAME_MS
"""The loop may be busy for four seconds before words are lost."""
_LONGEST_CATCH_UP_S = 4.0
"""A process that was stopped for an hour does not owe an hour of silence."""
_PATIENCE_S = 0.3
"""A living card may be that late before silence takes its place."""
_STALLED_S = 2.0
"""A card that says nothing for so long is gone, even if it does not say so. PulseAudio takes 1.6 s to begin."""
_CREDIBLE_S = 1.0
"""Sound for so long is sound: a dead card may deliver a few last blocks when it is opened again."""
_STABLE_S = 10.0
"""A card that lives so long has recovered; the next failure is a new outage."""
_AHEAD_S, _SURPLUS_S = 0.3, 3.0
"""How far a card may run ahead of time (a backlog), and how much is dropped before we give it up."""
_FIRST_RETRY_S, _LAST_RETRY_S = 0.5, 15.0
_OPENING_S = 5.0
_GONE = MicrophoneError("the microphone went silent", hint="is it still plugged in? to find out: safu doctor")


@dataclass(slots=True)
class MicrophoneCounters:
    """What went through and what went wrong since the start; in frames unless it says otherwise."""

    frames: int = 0
    silent_frames: int = 0
    """Yielded in place of sound that did not come."""
    overruns: int = 0
    """Times sound was lost: in the card, or because the loop was busy for seconds."""
    surplus_blocks: int = 0
    """Blocks dropped because they came faster than time passes."""
    outages: int = 0
    """Times the card could not be opened or went away."""


class SoundCardMicrophone:
    """A `Microphone`. `device` is the id of an ALSA card or part of a name; empty is the system's default.

    Raises `MicrophoneError` at construction if PortAudio is missing or the name fits several cards, or none of those
    that are there. A card that is missing or busy is waited for, with one warning.
    """

    def __init__(self, device: str = "", *, cards: SoundCards | None = None) -> None:
        cards = PortAudioCards() if cards is None else cards
        cards.check(device)
        self.counters = MicrophoneCounters()
        self._keeper = _Keeper(cards, device, self.counters)
        self._ended_ms = 0

    def frames(self) -> Iterator[Frame]:
        self._start()
        converter = _Converter()
        told_until_s, patience_s = time.monotonic(), 0.0
        while not self._keeper.closing.is_set():
            if pcm := converter.next_frame():
                # A card may be ahead of time for a moment; then silence has to wait, or frames would outrun the clock.
                told_until_s, patience_s = max(told_until_s + _FRAME_S, time.monotonic()), _PATIENCE_S
                yield self._frame(pcm)
            elif block := self._keeper.next_block(told_until_s + _FRAME_S + patience_s - time.monotonic()):
                converter.put(block)
            elif not self._keeper.closing.is_set():
                if patience_s:
                    converter.clear()
                told_until_s = max(told_until_s + _FRAME_S, time.monotonic() - _LONGEST_CATCH_UP_S)
                patience_s = 0.0
                self.counters.silent_frames += 1
                yield self._frame(bytes(FRAME_BYTES))

    def open(self) -> None:
        """Open the card now and wait for it, so that a problem is told. Raises `MicrophoneError` in plain words."""
        self._start()
        if not self._keeper.tried.wait(_OPENING_S):
            raise MicrophoneError("the microphone does not answer", hint="unplug it and plug it in again")
        if self._keeper.problem:
            raise self._keeper.problem

    @property
    def trouble(self) -> str:
        """Why there is no sound, in plain words; empty while there is."""
        return str(self._keeper.problem or "")

    def close(self) -> None:
        self._keeper.close()

    def _start(self) -> None:
        if self._keeper.ident is None:
            self._keeper.start()

    def _frame(self, pcm: bytes) -> Frame:
        self._ended_ms += FRAME_MS
        self.counters.frames += 1
        return Frame(pcm, self._ended_ms)


class _Converter:
    """Blocks as the card has them to frames."""

    def __init__(self) -> None:
        self._format = (0, 0)
        self.clear()

    def clear(self) -> None:
        """Forget half a frame: what follows does not belong to it."""
        self._pcm = bytearray()
        self._resampler = Resampler(self._format[0]) if self._format[0] else None

    def put(self, block: Block) -> None:
        if self._resampler is None or (block.rate_hz, block.channels) != self._format:
            self._format = (block.rate_hz, block.channels)
            self._resampler = Resampler(block.rate_hz)
        samples = np.frombuffer(block.pcm, "<i2").reshape(-1, block.channels)
        mono = samples[:, 0] if block.channels == 1 else to_mono(samples)
        self._pcm += self._resampler.resample(mono).astype("<i2").tobytes()

    def next_frame(self) -> bytes:
        """The next whole frame, else nothing."""
        if len(self._pcm) < FRAME_BYTES:
            return b""
        pcm = bytes(self._pcm[:FRAME_BYTES])
        del self._pcm[:FRAME_BYTES]
        return pcm


class _RealTime:
    """How far a card is ahead of the clock, and what is to be dropped because of that."""

    def __init__(self) -> None:
        self._ahead_s = self._surplus_s = 0.0
        self._last_s = time.monotonic()

    def allows(self, duration_s: float) -> bool:
        """Whether a block that long can be true."""
        now_s = time.monotonic()
        self._ahead_s = max(0.0, self._ahead_s - (now_s - self._last_s)) + duration_s
        self._last_s = now_s
        if self._ahead_s <= _AHEAD_S + duration_s:
            return True
        self._ahead_s -= duration_s
        self._surplus_s += duration_s
        return False

    @property
    def is_broken(self) -> bool:
        return self._surplus_s > _SURPLUS_S


class _Keeper(threading.Thread):
    """Keeps the card open. A daemon: opening can hang in a driver, and must not keep the process from ending."""

    def __init__(self, cards: SoundCards, wanted: str, counters: MicrophoneCounters) -> None:
        super().__init__(name="microphone", daemon=True)
        self._cards, self._wanted, self._counters = cards, wanted, counters
        self.closing = threading.Event()
        self._blocks: queue.Queue[Block | None] = queue.Queue(_QUEUE_BLOCKS)
        self._delivered_s = 0.0
        self._retry_s = _FIRST_RETRY_S
        self._is_out = False
        self.tried = threading.Event()
        self.problem: MicrophoneError | None = None

    def next_block(self, timeout_s: float) -> Block | None:
        """The next block; None if none comes in time, or the microphone is closed."""
        try:
            return self._blocks.get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            return None

    def close(self) -> None:
        self.closing.set()
        with suppress(queue.Full):
            self._blocks.put_nowait(None)  # wakes whoever waits
        if self.is_alive():
            self.join(timeout=2.0)

    def run(self) -> None:
        while not self.closing.is_set():
            try:
                stream = self._cards.open(self._wanted, self._new_deliver())
            except MicrophoneError as error:
                self._note_outage(error)
            else:
                self.tried.set()
                self._watch(stream)
                self._note_outage(_GONE)  # before closing, which can hang in a dead driver
                stream.close()
            self.closing.wait(self._retry_s)
            self._retry_s = min(2 * self._retry_s, _LAST_RETRY_S)

    def _watch(self, stream: Stream) -> None:
        """Return when the stream is dead or has been silent for too long."""
        opened_s = self._delivered_s = time.monotonic()
        while stream.is_alive() and not self.closing.wait(0.1):
            now_s = time.monotonic()
            if now_s - self._delivered_s > _STALLED_S:
                return
            if now_s - opened_s > _CREDIBLE_S and now_s - self._delivered_s < _PATIENCE_S:
                self.problem = None
            if now_s - opened_s > _STABLE_S and self._is_out:
                _log.info("the microphone has recovered")
                self._is_out, self._retry_s = False, _FIRST_RETRY_S

    def _note_outage(self, problem: MicrophoneError) -> None:
        """Warn, once per outage."""
        if self.closing.is_set():
            return
        self.problem = problem
        self.tried.set()
        if self._is_out:
            return
        self._is_out = True
        self._counters.outages += 1
        _log.warning("no sound from the microphone, trying again and again: %s", problem)

    def _new_deliver(self) -> Deliver:
        clock = _RealTime()

        def deliver(block: Block) -> bool:
            self._delivered_s = time.monotonic()
            self._counters.overruns += block.was_overrun
            if not clock.allows(block.duration_s):
                self._counters.surplus_blocks += 1
                return not clock.is_broken
            try:
                self._blocks.put_nowait(block)
            except queue.Full:
                self._counters.overruns += 1
            return not self.closing.is_set()

        return deliver


def input_devices() -> list[tuple[str, str]]:
    """(what to put into audio.device, full name) of every input. Raises `MicrophoneError` if PortAudio is missing."""
    return [(found.setting, found.name) for found in list_inputs()]
