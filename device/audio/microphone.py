"""A sound card as frames, by PortAudio: for ever, whatever happens to the card.

Frames are the clock of everything, so they come at the pace of real time even when there is no sound: silence while
there is no card, while it is busy, and while it is being unplugged. PortAudio's thread only fills a bounded queue.
The device is not believed: one that delivers faster than time passes has lost its source, and is opened anew.
Left out: echo cancellation, and more than one microphone.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from device.audio.resample import Resampler, to_mono
from device.errors import MicrophoneError
from device.messages import FRAME_BYTES, FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE_HZ, Frame

log = logging.getLogger(__name__)

_QUEUE_BLOCKS = 64
"""Two seconds: more than any honest hiccup of ours."""
_SILENT_AFTER_S = 1.0
"""A card that delivers nothing for so long is gone."""
_AHEAD_MS = 200
"""Sound that comes earlier than this was not recorded, but made up by a card without a source."""
_TOO_EARLY_FRAMES = 100
_CLOSE_S = 2.0
_BACK_OFF_S = (1.0, 30.0)
_SILENCE = bytes(FRAME_BYTES)


@dataclass(slots=True)
class Counters:
    """What went wrong so far."""

    overruns: int = 0
    """Blocks lost because nobody fetched them in time."""
    outages: int = 0
    """Times the card was lost."""
    too_early: int = 0
    """Frames thrown away because they came before their time."""
    silent_frames: int = 0
    """Frames made up while there was no sound."""


class SoundCardMicrophone:
    """A `Microphone` that never ends by itself; `device` is an ALSA card id or part of a device's name.

    Calls into PortAudio may hang with a dying card, so they are made in a thread that can be waited for in silence.
    """

    def __init__(self, device: str = "") -> None:
        self.counters = Counters()
        self.trouble = ""
        """Why there is no sound, in plain words; empty while there is."""
        self._device = device
        self._blocks: queue.Queue[bytes] = queue.Queue(_QUEUE_BLOCKS)
        self._stream: Any = None
        self._opener: threading.Thread | None = None
        self._resampler: Resampler | None = None
        self._channels = 1
        self._held = b""
        self._is_closed = False

    def frames(self) -> Iterator[Frame]:
        started_s = time.monotonic()
        ended_ms, retry_s, wait_s = 0, 0.0, _BACK_OFF_S[0]
        heard_s = started_s
        while not self._is_closed:
            now_s = time.monotonic()
            if self._stream is None:
                heard_s = now_s
                if now_s >= retry_s:
                    self._start_opening()
                    retry_s, wait_s = now_s + wait_s, min(2 * wait_s, _BACK_OFF_S[1])
            elif now_s - heard_s > _SILENT_AFTER_S:
                self._lose("the microphone has gone silent; was it unplugged?")
                retry_s, wait_s = 0.0, _BACK_OFF_S[0]
            pcm = self._next(started_s + (ended_ms + FRAME_MS) / 1000)
            elapsed_ms = 1000 * (time.monotonic() - started_s)
            if pcm is not None and ended_ms + FRAME_MS - elapsed_ms > _AHEAD_MS:
                self.counters.too_early += 1
                if self.counters.too_early % _TOO_EARLY_FRAMES == 0:
                    self._lose("the microphone delivers faster than time passes: it has no source")
                continue
            if pcm is not None:
                heard_s = time.monotonic()
            elif elapsed_ms < ended_ms + FRAME_MS:
                continue
            ended_ms += FRAME_MS
            self.counters.silent_frames += pcm is None
            yield Frame(pcm or _SILENCE, ended_ms)

    def close(self) -> None:
        self._is_closed = True
        stream, self._stream = self._stream, None
        if stream is not None:
            closer = threading.Thread(target=stream.close, kwargs={"ignore_errors": True}, daemon=True)
            closer.start()
            closer.join(_CLOSE_S)

    def open(self) -> None:
        """Open the card now instead of with the first frame. Raises `MicrophoneError` in plain words."""
        sounddevice = _sounddevice()
        index = _find(sounddevice, self._device)
        rate_hz, self._channels = _format(sounddevice, index)
        self._resampler = None if rate_hz == SAMPLE_RATE_HZ else Resampler(rate_hz)
        try:
            stream = sounddevice.RawInputStream(
                device=index,
                samplerate=rate_hz,
                channels=self._channels,
                dtype="int16",
                blocksize=FRAME_SAMPLES * rate_hz // SAMPLE_RATE_HZ,
                callback=self._take,
            )
            stream.start()
        except sounddevice.PortAudioError as error:
            raise _plainly(error) from error
        self._stream = stream

    def _take(self, block: Any, _frames: int, _time: Any, status: Any) -> None:
        """Called by PortAudio's thread: never blocks."""
        self.counters.overruns += bool(status and status.input_overflow)
        try:
            self._blocks.put_nowait(bytes(block))
        except queue.Full:
            self.counters.overruns += 1

    def _next(self, due_s: float) -> bytes | None:
        """The next frame of sound, or None if there is none by the time it is due."""
        while len(self._held) < FRAME_BYTES:
            try:
                block = self._blocks.get(timeout=max(0.001, min(due_s - time.monotonic(), FRAME_MS / 1000)))
            except queue.Empty:
                return None
            self._held += self._converted(block)
        pcm, self._held = self._held[:FRAME_BYTES], self._held[FRAME_BYTES:]
        return pcm

    def _converted(self, block: bytes) -> bytes:
        if self._resampler is None and self._channels == 1:
            return block
        mono = to_mono(np.frombuffer(block, "<i2").reshape(-1, self._channels))
        if self._resampler is None:
            return np.clip(np.rint(mono), -32768, 32767).astype("<i2").tobytes()
        return self._resampler.resample(mono).astype("<i2").tobytes()

    def _lose(self, trouble: str) -> None:
        """Give the card up for now."""
        self.counters.outages += 1
        log.warning("%s; trying to open it again", trouble)
        self.trouble = trouble
        self._start_opening(self._stream)
        self._stream = None
        while not self._blocks.empty():
            self._blocks.get_nowait()
        self._held = b""

    def _start_opening(self, old: Any = None) -> None:
        if self._opener is None or not self._opener.is_alive():
            self._opener = threading.Thread(target=self._reopen, args=(old,), name="safu-microphone", daemon=True)
            self._opener.start()

    def _reopen(self, old: Any) -> None:
        """Look for the card again: PortAudio sees a replugged one only after starting anew."""
        try:
            if old is not None:
                old.close(ignore_errors=True)
            sounddevice = _sounddevice()
            if self.trouble:
                sounddevice._terminate()  # the only way there is
                sounddevice._initialize()
            self.open()
        except MicrophoneError as error:
            if str(error) != self.trouble:
                log.warning("%s", error)
            self.trouble = str(error)
            return
        if self.trouble:
            log.info("the microphone is back")
        self.trouble = ""


def input_devices() -> list[tuple[str, str]]:
    """(what to put into audio.device, full name) of every input. Raises `MicrophoneError` if PortAudio is missing."""
    found = [d["name"] for d in _sounddevice().query_devices() if d["max_input_channels"] > 0]
    return [(name.split(":")[0].strip(), name) for name in found]


def _sounddevice() -> ModuleType:
    try:
        import sounddevice
    except OSError as error:
        raise MicrophoneError("the library PortAudio is missing", hint="sudo apt-get install libportaudio2") from error
    module: ModuleType = sounddevice
    return module


def _find(sounddevice: ModuleType, wanted: str) -> int | None:
    """PortAudio's number, for the moment, of the device. Raises `MicrophoneError` listing what there is."""
    inputs = [(i, d["name"]) for i, d in enumerate(sounddevice.query_devices()) if d["max_input_channels"] > 0]
    if not inputs:
        raise MicrophoneError("there is no microphone", hint="plug one in, then look with: safu doctor")
    if not wanted:
        default = sounddevice.default.device[0]
        return int(default) if default >= 0 else inputs[0][0]
    exact = [i for i, name in inputs if name == wanted]
    fitting = exact or [i for i, name in inputs if wanted.lower() in name.lower()]
    if len(fitting) == 1 or exact:
        return fitting[0]
    names = "; ".join(name for _, name in inputs)
    how_many = "several microphones are" if fitting else "no microphone is"
    raise MicrophoneError(f"{how_many} called {wanted!r}", hint=f"set audio.device to a part of one of: {names}")


def _format(sounddevice: ModuleType, index: int | None) -> tuple[int, int]:
    """The rate and channels to ask for: ours, else whatever the card can do. Raises `MicrophoneError`."""
    native_hz = int(sounddevice.query_devices(index)["default_samplerate"])
    complaint: Exception | None = None
    for rate_hz, channels in ((SAMPLE_RATE_HZ, 1), (48_000, 1), (native_hz, 1), (48_000, 2), (native_hz, 2)):
        try:
            sounddevice.check_input_settings(device=index, channels=channels, dtype="int16", samplerate=rate_hz)
        except (sounddevice.PortAudioError, ValueError) as error:
            complaint = complaint or error
        else:
            return rate_hz, channels
    raise _plainly(complaint)


def _plainly(error: Exception | None) -> MicrophoneError:
    text = str(error)
    if "unavailable" in text.lower() or "busy" in text.lower():
        return MicrophoneError(
            "the microphone is busy: another program holds it", hint="find it with: fuser -v /dev/snd/*"
        )
    if "sample rate" in text.lower():
        return MicrophoneError("the microphone offers no sample rate that can be used", hint="see: safu doctor")
    return MicrophoneError(f"the microphone cannot be opened: {text}", hint="see what there is with: safu doctor")
