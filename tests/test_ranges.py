"""Row numbers as short texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.ranges import ids_of, ranges_of


@given(ids=st.sets(st.integers(0, 10**9), max_size=50))
def test_there_and_back(ids: set[int]) -> None:
    assert ids_of(ranges_of(ids)) == sorted(ids)


def test_neighbours_take_no_room() -> None:
    assert ranges_of(range(1, 50_001)) == "1-50000"


@pytest.mark.parametrize("text", ["x", "1-", "-1", "3-1", "1,,2", "0-999999999999", "1 2", "1-100001", "9" * 30])
def test_what_is_no_list_of_ranges_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="range"):
        ids_of(text)


@given(text=st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        ids = ids_of(text)
    except ValueError:
        return
    assert all(isinstance(number, int) for number in ids)
