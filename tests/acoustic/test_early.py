"""How sure one can be of what is ahead: it must have been so for a while, and the room before counts for nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from device.acoustic.early import SURE, Steadiness

AHEAD = {"on": 4 * SURE, "off": 0}


def test_it_takes_a_quarter_of_a_second() -> None:
    steadiness = Steadiness()
    sure = [steadiness.hear(AHEAD, frames) for frames in range(20, 40)]
    assert sure == sorted(sure)
    assert sure[0] < SURE < sure[11] == sure[-1] == 4 * SURE


def test_a_change_of_mind_begins_anew() -> None:
    steadiness = Steadiness()
    before = [steadiness.hear(AHEAD, frames) for frames in range(1, 20)][-1]
    assert steadiness.hear({"on": 0, "off": 4 * SURE}, 20) < before / 10
    assert steadiness.hear(AHEAD, 21) < before / 10


@given(st.dictionaries(st.text(max_size=2), st.integers(-5_000, 5_000)), st.integers(1, 150), st.integers(0, 30))
def test_nothing_is_surer_than_its_lead(margins: dict[str, int], frames: int, more: int) -> None:
    steadiness = Steadiness()
    steadiness.hear(margins, frames)
    ranked = sorted(margins.values())
    lead = 0 if not ranked else ranked[-1] - (ranked[-2] if len(ranked) > 1 else 0)
    sure = steadiness.hear(margins, frames + more)
    assert 0 <= sure <= lead or lead < 0
