"""The sound cards of this machine, by name: what there is, which one is meant, and how to open it.

PortAudio numbers devices anew at each start, and ALSA numbers cards in the order they wake up, so we only ever go by
the id of an ALSA card ("Device", as in `plughw:CARD=Device`) or by a part of a name. Many cards record neither at
16 kHz nor in mono; then they are opened as they like it, and `microphone.py` converts.
Left out: choosing an input of a mixer, or its gain: `alsamixer` does that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from device.errors import MicrophoneError
from device.messages import FRAME_MS, SAMPLE_RATE_HZ

_CARDS = Path("/proc/asound/cards")
_MOST_CHANNELS = 32
"""ALSA's plugins claim 128; asking for them would be believing them."""
_NO_INPUT = "plug one in, or end the program that records from it (fuser -v /dev/snd/*), then run: safu doctor"
"""PortAudio does not show cards that are in use."""
_TRY_NEXT = (-9997, -9998)
"""PortAudio's paInvalidSampleRate and paInvalidChannelCount: the card is there, but not like that."""


@dataclass(frozen=True, slots=True)
class Input:
    """Something that can be recorded from, as PortAudio sees it at this moment."""

    index: int
    """Only good until PortAudio is started again."""
    name: str
    """Without the `(hw:1,0)` at its end."""
    setting: str
    """What to write into `[audio] device`: the id of the ALSA card, or the name where that says more."""
    channels: int
    rate_hz: int
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of sound as the card has it."""

    pcm: bytes
    """Signed 16-bit, channels interleaved."""
    rate_hz: int
    channels: int
    was_overrun: bool = False
    """The card lost some before this."""

    @property
    def duration_s(self) -> float:
        return len(self.pcm) / (2 * self.channels * self.rate_hz)


Deliver = Callable[[Block], bool]
"""Called from a thread that must not wait; says whether to go on."""


class Stream(Protocol):
    """An open card."""

    def is_alive(self) -> bool:
        """False once the card has gone away or `Deliver` has said no."""

    def close(self) -> None:
        """Let go of the card."""


class SoundCards(Protocol):
    """The machine's cards, or what a test takes for them."""

    def check(self, wanted: str) -> None:
        """Raise `MicrophoneError` if `wanted` can never be opened, whatever is plugged in."""

    def open(self, wanted: str, deliver: Deliver) -> Stream:
        """Open what `wanted` means now; from then on `deliver` is called. Raises `MicrophoneError`."""


def list_inputs() -> list[Input]:
    """What can be recorded from now, replugged cards included. Ends all open streams. Raises `MicrophoneError`."""
    sounddevice = _portaudio()
    with suppress(sounddevice.PortAudioError):  # not running since the last failure
        sounddevice._terminate()  # PortAudio looks at the machine only when it starts
    try:
        sounddevice._initialize()
        devices, default = sounddevice.query_devices(), sounddevice.default.device[0]
    except sounddevice.PortAudioError as error:
        raise MicrophoneError(f"PortAudio does not start: {error}", hint="is ALSA set up? see: arecord -L") from error
    ids = alsa_ids(_CARDS.read_text(encoding="utf-8", errors="replace")) if _CARDS.exists() else {}
    return list(_inputs(devices, default, ids))


def choose_input(wanted: str, inputs: Sequence[Input]) -> Input:
    """The one input that `wanted` means; the system's default if it is empty.

    Raises `MicrophoneError` listing what there is and what to write.
    """
    wanted = re.sub(r"^(?:plug)?hw:CARD=([^,]+).*$", r"\1", wanted.strip())
    if not inputs:
        raise MicrophoneError("there is no microphone", hint=_NO_INPUT)
    if not wanted:
        return next((i for i in inputs if i.is_default), inputs[0])
    if re.fullmatch(r"\d+|(?:plug)?hw:\d+(?:,\d+)?", wanted):
        raise MicrophoneError(f"{wanted!r} is a number, and numbers change when machines start", hint=_offer(inputs))
    for fits in (_is_exactly, _is_part_of):
        found = [i for i in inputs if fits(wanted.lower(), i)]
        if len(found) == 1:
            return found[0]
        if found:
            raise MicrophoneError(f"{wanted!r} fits {len(found)} microphones", hint=_offer(found))
    raise MicrophoneError(f"no microphone is called {wanted!r}", hint=_offer(inputs))


class PortAudioCards:
    """The `SoundCards` of this machine. Only one stream can be open: looking for cards ends all others."""

    def check(self, wanted: str) -> None:
        inputs = list_inputs()
        if inputs:  # else one may be plugged in later
            choose_input(wanted, inputs)

    def open(self, wanted: str, deliver: Deliver) -> Stream:
        """Takes 20-500 ms."""
        found = choose_input(wanted, list_inputs())
        sounddevice = _portaudio()
        problem: Any = None
        for rate_hz, channels in _ways_to_open(found):
            try:
                return _PortAudioStream(sounddevice, found.index, rate_hz, channels, deliver)
            except sounddevice.PortAudioError as error:
                problem = error
                if len(error.args) < 2 or error.args[1] not in _TRY_NEXT:
                    break
        hint = f"does another program record? see: fuser -v /dev/snd/*; PortAudio says: {problem}"
        raise MicrophoneError(f"the microphone {found.name!r} cannot be opened", hint=hint)


class _PortAudioStream:
    def __init__(self, sounddevice: Any, index: int, rate_hz: int, channels: int, deliver: Deliver) -> None:
        def callback(pcm: Any, _frames: int, _time: Any, status: Any) -> None:
            if not deliver(Block(bytes(pcm), rate_hz, channels, bool(status.input_overflow))):
                raise sounddevice.CallbackAbort

        self._error = sounddevice.PortAudioError
        self._stream = sounddevice.RawInputStream(
            device=index,
            samplerate=rate_hz,
            channels=channels,
            dtype="int16",
            blocksize=rate_hz * FRAME_MS // 1000,
            callback=callback,
        )
        try:
            self._stream.start()
        except self._error:
            self.close()
            raise

    def is_alive(self) -> bool:
        try:
            return bool(self._stream.active)
        except self._error:
            return False

    def close(self) -> None:
        self._stream.close(ignore_errors=True)


def alsa_ids(cards: str) -> dict[int, str]:
    r"""The ids of ALSA's cards by their number of the day, from the text of /proc/asound/cards.

    >>> alsa_ids(" 1 [Device         ]: USB-Audio - USB PnP Sound Device\n        at usb-0000:01:00.0-1.3\n")
    {1: 'Device'}
    """
    return {int(number): id_ for number, id_ in re.findall(r"^\s*(\d+) \[(\S+)\s*\]:", cards, re.MULTILINE)}


def _portaudio() -> Any:
    try:
        import sounddevice
    except OSError as error:  # the wheel holds no library on Linux
        raise MicrophoneError("the library PortAudio is missing", hint="sudo apt install libportaudio2") from error
    return sounddevice


def _inputs(devices: Sequence[Any], default: int, ids: dict[int, str]) -> Iterator[Input]:
    for index, device in enumerate(devices):
        if device["max_input_channels"] < 1:
            continue
        name, card, subdevice = _parts(device["name"])
        id_ = ids.get(card, "")
        setting = id_ if id_ and subdevice == 0 else name
        rate_hz = round(device["default_samplerate"])
        yield Input(index, name, setting, device["max_input_channels"], rate_hz, index == default)


def _parts(name: str) -> tuple[str, int, int]:
    """A name as PortAudio makes it: what people call it, card, subdevice; -1 where there is none.

    >>> _parts("USB PnP Sound Device: Audio (hw:1,0)"), _parts("default")
    (('USB PnP Sound Device: Audio', 1, 0), ('default', -1, -1))
    """
    match = re.fullmatch(r"(.*?)\s*\(hw:(\d+),(\d+)\)", name)
    return (match[1], int(match[2]), int(match[3])) if match else (name, -1, -1)


def _is_exactly(wanted: str, found: Input) -> bool:
    return wanted in (found.setting.lower(), found.name.lower())


def _is_part_of(wanted: str, found: Input) -> bool:
    return wanted in found.name.lower()


def _offer(inputs: Sequence[Input]) -> str:
    return "set audio.device to one of: " + ", ".join(
        f"{i.setting} ({i.name})" if i.setting != i.name else i.name for i in inputs
    )


def _ways_to_open(found: Input) -> Iterator[tuple[int, int]]:
    """Rates and channels, best first; each once."""
    rates_hz = dict.fromkeys((SAMPLE_RATE_HZ, 48_000, found.rate_hz))
    channels = dict.fromkeys((1, 2, min(found.channels, _MOST_CHANNELS)))
    return ((rate_hz, count) for rate_hz in rates_hz for count in channels if count <= found.channels)
