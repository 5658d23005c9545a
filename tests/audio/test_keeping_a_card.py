"""The microphone and cards that come late, go away, lie or speak other formats; the cards here are scripted."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from device.audio.microphone import SoundCardMicrophone
from device.audio.sound_card import Block, Deliver, Input, Stream, alsa_ids, choose_input
from device.errors import MicrophoneError
from device.messages import FRAME_MS

Play = Callable[[Deliver], bool]
"""What one opening of the card plays, in its own thread; False means that it cannot be opened."""


class ScriptedCards:
    """Sound cards whose every opening follows a script; the last line goes for all later ones."""

    def __init__(self, *openings: Play | None) -> None:
        self._openings = itertools.chain(openings, itertools.repeat(openings[-1]))
        self.opened = 0

    def check(self, wanted: str) -> None:
        return

    def open(self, wanted: str, deliver: Deliver) -> Stream:
        self.opened += 1
        play = next(self._openings)
        if play is None:
            raise MicrophoneError("there is no microphone", hint="plug one in")
        return ScriptedStream(play, deliver)


class ScriptedStream:
    def __init__(self, play: Play, deliver: Deliver) -> None:
        self._thread = threading.Thread(target=play, args=[deliver], daemon=True)
        self._thread.start()

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def close(self) -> None:
        return


def plays(seconds: float, rate_hz: int = 16_000, channels: int = 1, *, paced: bool = True, lost: bool = False) -> Play:
    """A constant 1,000 for so long."""
    samples = rate_hz * FRAME_MS // 1000 * channels

    def play(deliver: Deliver) -> bool:
        started_s, pcm = time.monotonic(), np.full(samples, 1_000, "<i2").tobytes()
        for number in range(1, 1 + int(seconds * 1000) // FRAME_MS):
            if paced:
                time.sleep(max(0.0, started_s + number * FRAME_MS / 1000 - time.monotonic()))
            if not deliver(Block(pcm, rate_hz, channels, lost)):
                return False
        return True

    return play


def hear(microphone: SoundCardMicrophone, seconds: float) -> list[bool]:
    """Which frames were sound, over so much time."""
    frames = itertools.islice(microphone.frames(), int(1000 * seconds) // FRAME_MS)
    heard = [max(np.frombuffer(frame.pcm, "<i2")) > 900 for frame in frames]
    microphone.close()
    return heard


def test_a_missing_card_is_silence_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    cards = ScriptedCards(None)
    microphone = SoundCardMicrophone("", cards=cards)
    with caplog.at_level(logging.WARNING):
        assert not any(hear(microphone, 2.0))
    assert cards.opened == 3, "at once, after half a second, after another one"
    assert [record.message for record in caplog.records] == [
        "no sound from the microphone, trying again and again: there is no microphone; plug one in"
    ]
    assert microphone.counters.outages == 1
    assert "plug one in" in microphone.trouble


def test_an_unplugged_card_is_opened_again() -> None:
    microphone = SoundCardMicrophone("", cards=ScriptedCards(plays(0.5), plays(9)))
    heard = hear(microphone, 2.6)
    runs = [(is_sound, len(list(run))) for is_sound, run in itertools.groupby(heard)]
    assert [is_sound for is_sound, _ in runs][-3:] == [True, False, True], runs
    assert 10 <= runs[-2][1] <= 40, "silence until it was opened again"
    assert microphone.trouble == ""


def test_a_card_faster_than_time_is_not_believed() -> None:
    cards = ScriptedCards(plays(3_600, paced=False))
    microphone = SoundCardMicrophone("", cards=cards)
    started_s = time.monotonic()
    hear(microphone, 3.2)
    assert time.monotonic() - started_s > 2.0, "frames do not outrun the clock by more than a backlog"
    assert cards.opened <= 4
    assert microphone.counters.surplus_blocks > 90
    assert microphone.counters.outages == 1


@pytest.mark.parametrize(("rate_hz", "channels"), [(48_000, 2), (44_100, 1), (16_000, 2)])
def test_other_formats_are_converted(rate_hz: int, channels: int) -> None:
    microphone = SoundCardMicrophone("", cards=ScriptedCards(plays(9, rate_hz, channels)))
    assert sum(hear(microphone, 0.8)) > 15


def test_lost_sound_is_counted() -> None:
    microphone = SoundCardMicrophone("", cards=ScriptedCards(plays(9, lost=True)))
    hear(microphone, 0.5)
    assert microphone.counters.overruns > 8


def test_a_busy_loop_loses_only_what_it_cannot_keep() -> None:
    delivered = threading.Semaphore(0)

    def counted(deliver: Deliver) -> bool:
        def count(block: Block) -> bool:
            wanted = deliver(block)
            delivered.release()
            return wanted

        return plays(9)(count)

    microphone = SoundCardMicrophone("", cards=ScriptedCards(counted))
    frames = microphone.frames()
    while not any(next(frames).pcm):
        pass
    while delivered.acquire(blocking=False):
        pass
    for _ in range(16):  # the loop is busy while the card goes on
        assert delivered.acquire(timeout=10)
    began_s = time.monotonic()
    assert all(any(next(frames).pcm) for _ in range(14))
    assert time.monotonic() - began_s < 0.2
    microphone.close()


INPUTS = [
    Input(0, "HDA Intel: ALC", "PCH", 2, 44_100),
    Input(1, "USB PnP Sound Device: Audio", "Device", 1, 44_100),
    Input(2, "USB Camera: Audio", "CameraB", 1, 32_000),
    Input(3, "default", "default", 32, 44_100, is_default=True),
]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [("", 3), ("Device", 1), ("device", 1), ("plughw:CARD=CameraB,DEV=0", 2), ("camera", 2), ("default", 3)],
)
def test_a_card_is_found_by_id_or_part_of_its_name(wanted: str, index: int) -> None:
    assert choose_input(wanted, INPUTS).index == index


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("usb", "fits 2 microphones.*Device.*CameraB"),
        ("piano", "no microphone is called 'piano'.*PCH"),
        ("1", "number"),
    ],
)
def test_a_name_that_does_not_decide_lists_what_there_is(wanted: str, said: str) -> None:
    with pytest.raises(MicrophoneError, match=said):
        choose_input(wanted, INPUTS)


def test_card_ids_are_read_from_alsa() -> None:
    text = " 0 [PCH            ]: HDA-Intel - HDA Intel\n                      HDA at 0xf7\n 2 [CameraB        ]: USB\n"
    assert alsa_ids(text) == {0: "PCH", 2: "CameraB"}
    assert alsa_ids("--- no soundcards ---\n") == {}
