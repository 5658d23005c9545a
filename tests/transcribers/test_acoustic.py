"""Frames as words: they stream, and what cannot be learned from is an error."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.acoustic.end_pointer import Sound
from device.acoustic.sounds import decode, described, encode, is_sound
from device.acoustic.windows import windows_of
from device.audio.resample import resample_all
from device.errors import UtteranceError
from device.listener import Listener
from device.messages import FRAME_BYTES, FRAME_MS, Frame, Hypothesis
from device.transcribers.acoustic import HANGOVER_MS, LOOK_BACK_MS, AcousticTranscriber, SoundDetector
from tests.acoustic import made_up

Samples = npt.NDArray[np.int16]


def hear(samples: Samples) -> tuple[list[Hypothesis], list[UtteranceError]]:
    """All hypotheses and errors of a stream at 8 kHz, played at 16 kHz as a microphone would."""
    listener = Listener(SoundDetector(), AcousticTranscriber(), look_back_ms=LOOK_BACK_MS, hangover_ms=HANGOVER_MS)
    pcm = resample_all(samples, 8_000).astype("<i2").tobytes()
    hypotheses: list[Hypothesis] = []
    errors = []
    for number, at in enumerate(range(0, len(pcm), FRAME_BYTES), 1):
        try:
            hypotheses += listener.hear(Frame(pcm[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\0"), number * FRAME_MS))
        except UtteranceError as error:
            errors.append(error)
    return hypotheses, errors


def finals(samples: Samples) -> list[tuple[str, ...]]:
    hypotheses, errors = hear(samples)
    assert not errors
    return [hypothesis.words for hypothesis in hypotheses if hypothesis.is_final]


@given(st.lists(st.binary(min_size=20, max_size=20), min_size=1, max_size=5))
def test_words_are_their_frames(frames: list[bytes]) -> None:
    room, *rest = [np.frombuffer(frame, np.uint8) for frame in frames]
    sound = Sound(room, np.array(rest, np.uint8).reshape(-1, 20))
    words = encode(sound)
    again = decode(words)
    assert again is not None
    assert (again.room == room).all()
    assert (again.frames == sound.frames).all()


@pytest.mark.parametrize("words", [(), ("turn", "on"), ("~" + "A" * 26,), ("~" + "A" * 27, "on")])
def test_other_words_are_no_sound(words: tuple[str, ...]) -> None:
    assert not is_sound(words)
    assert decode(words) is None
    assert described(words) == " ".join(words)


def test_every_word_is_an_utterance_with_a_window() -> None:
    words = finals(made_up.stream([0, 1, 2, 3], np.random.default_rng(0)))
    found = [decode(each) for each in words]
    assert 2 <= len(found) <= 4  # two words half a second apart may be one utterance
    assert all(sound is not None and windows_of(sound) for sound in found)


def test_a_longer_hypothesis_begins_with_the_shorter_ones() -> None:
    random = np.random.default_rng(1)
    samples = np.concatenate([made_up.room(1, random), made_up.word(0, random), made_up.room(1, random)])
    hypotheses, _ = hear(samples)
    *partial, final = [hypothesis.words for hypothesis in hypotheses]
    assert len(partial) > 5
    assert all(words == final[: len(words)] for words in partial)


def test_the_first_word_is_the_room() -> None:
    random = np.random.default_rng(2)
    loud, quiet = (
        np.concatenate(
            [made_up.room(1, random, level), made_up.word(0, random, 20_000), made_up.room(1, random, level)]
        )
        for level in (400, 40)
    )
    levels = [decode(finals(samples)[0]) for samples in (loud, quiet)]
    assert levels[0] is not None
    assert levels[1] is not None
    apart = levels[0].room.astype(int) - levels[1].room
    assert 40 < apart.mean() < 65  # 20 dB are 53 steps


SECONDS = np.arange(8_000 * 20) / 8_000
NOTHING_TO_HEAR = {
    "digital silence": np.zeros(8_000 * 5, np.int16),
    "a dead microphone": np.full(8_000 * 5, -1, np.int16),
    "direct current": np.full(8_000 * 5, 12_000, np.int16),
    "hum": np.rint(3_000 * np.sin(2 * np.pi * 50 * SECONDS)).astype(np.int16),
    "a room": made_up.room(20, np.random.default_rng(0), 60),
}


@pytest.mark.parametrize("name", NOTHING_TO_HEAR)
def test_what_says_nothing_is_no_utterance(name: str) -> None:
    hypotheses, errors = hear(NOTHING_TO_HEAR[name])
    assert len([h for h in hypotheses if h.is_final]) <= 1  # the click when it begins
    assert not errors


def test_endless_sound_is_lost_with_an_error_and_the_next_word_is_heard() -> None:
    random = np.random.default_rng(3)
    talk = np.concatenate([made_up.word(number % 4, random) for number in range(20)])
    after = [made_up.room(2, random), made_up.word(0, random), made_up.room(1, random)]
    hypotheses, errors = hear(np.concatenate([made_up.room(1, random), talk, *after]))
    assert any("does not end" in str(error) for error in errors)
    assert hypotheses[-1].is_final
    assert hypotheses[-1].words


def test_clipped_sound_is_lost_with_an_error() -> None:
    random = np.random.default_rng(4)
    shout = np.clip(made_up.word(0, random).astype(int) * 60, -32768, 32767).astype(np.int16)
    _, errors = hear(np.concatenate([made_up.room(1, random), shout, made_up.room(1, random)]))
    assert any("clipped" in str(error) for error in errors)


def test_another_microphone_20_db_louder_is_a_new_room() -> None:
    random = np.random.default_rng(5)
    swap = [
        made_up.room(2, random, 4),
        made_up.room(8, random, 40),
        made_up.word(1, random),
        made_up.room(1, random, 40),
    ]
    hypotheses, _ = hear(np.concatenate(swap))
    assert hypotheses[-1].is_final
    last = decode(hypotheses[-1].words)
    assert last is not None
    assert windows_of(last)
