"""Levels put together and taken apart again."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from device.acoustic.arithmetic import rest_of, sum_of

LEVELS = st.integers(0, 255)


@given(LEVELS, LEVELS)
def test_what_is_left_without_the_room_is_what_was_there_without_it(level: int, room: int) -> None:
    """To the rounding of two tables, for what is at least as loud as the room."""
    level, room = max(level, room), min(level, room)
    together = sum_of(np.array([level]), np.array([room]))
    assert abs(int(rest_of(together, np.array([room]))[0]) - level) <= 2


@given(LEVELS, LEVELS)
def test_a_rest_is_no_more_than_the_whole_and_nothing_where_only_the_room_is(level: int, room: int) -> None:
    rest = int(rest_of(np.array([level]), np.array([room]))[0])
    assert 0 <= rest <= level
    assert rest == 0 or level > room
    assert rest == level or level < room + 40
