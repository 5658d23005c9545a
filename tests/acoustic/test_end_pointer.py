"""When a sound begins and ends: it sees only the past, and never gets stuck."""

from __future__ import annotations

import numpy as np
import pytest

from device.acoustic.end_pointer import LONGEST, LOOK_BACK, EndPointer, Sound, sounds_of
from device.acoustic.spectrum import BANDS, FRAME_MS, frames_of
from device.acoustic.windows import AROUND, left_out, windows_of, word_of
from tests.acoustic import made_up


def test_every_word_of_a_stream_is_a_sound_of_its_own() -> None:
    random = np.random.default_rng(0)
    sounds = sounds_of(frames_of(made_up.stream([0, 1, 2, 3] * 3, random)))
    assert len(sounds) == 12
    assert all(word_of(sound) in windows_of(sound) for sound in sounds)


def test_the_future_changes_no_sound_of_the_past() -> None:
    random = np.random.default_rng(1)
    frames = frames_of(made_up.stream([0, 1, 2], random))
    early = sounds_of(frames[:80])
    assert early
    for sound, again in zip(early, sounds_of(frames), strict=False):
        assert (sound.frames == again.frames).all()
        assert sound.began == again.began


def test_the_window_is_where_the_word_is() -> None:
    random = np.random.default_rng(2)
    word = made_up.word(0, random)
    frames = frames_of(np.concatenate([made_up.room(1.0, random), word, made_up.room(1.0, random)]))
    (sound,) = sounds_of(frames)
    window = word_of(sound)
    assert window is not None
    begin, end = (1000 / FRAME_MS, 1000 / FRAME_MS + len(word) / 160)
    assert abs(sound.began + window[0] - begin) <= 3
    assert abs(sound.began + window[1] - end) <= 3
    assert sound.began <= begin - LOOK_BACK + 3


def test_endless_sound_is_dropped_and_becomes_the_room() -> None:
    pointer, random = EndPointer(), np.random.default_rng(3)
    for _ in range(30):
        assert pointer.hear(np.full(BANDS, 40, np.uint8)) is None
    for _ in range(3 * LONGEST):
        assert pointer.hear(random.integers(140, 150, BANDS).astype(np.uint8)) is None
    assert pointer.too_long == 1
    assert not pointer.is_sounding


@pytest.mark.parametrize("level", [0, 40, 255])
def test_what_never_changes_is_no_sound(level: int) -> None:
    assert sounds_of(np.full((500, BANDS), level, np.uint8)) == []


@pytest.mark.parametrize("begin", [0, 2, 4, 9])
def test_a_window_is_not_beside_itself(begin: int) -> None:
    sound = Sound(np.zeros(BANDS, np.uint8), np.full((60, BANDS), 100, np.uint8))
    assert left_out(sound, (begin, 60)) == max(0, begin - AROUND)


@pytest.mark.parametrize(("room", "windows"), [(40, [(5, 30)]), (120, [(5, 15), (5, 30), (20, 30)])])
def test_in_a_loud_room_a_short_pause_parts_a_word_from_a_clatter(room: int, windows: list[tuple[int, int]]) -> None:
    frames = np.full((35, BANDS), room, np.uint8)
    frames[5:15] = frames[20:30] = 160
    assert windows_of(Sound(np.full(BANDS, room, np.uint8), frames)) == windows
