"""The store of the trainer: what goes in comes out, and one holds a lease."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.errors import StoreError
from device.messages import Action, Device, Lesson
from tests.trainer.stores import HALF, HUGE, LAMP, RECORD, race, taught
from trainer.store import Store, Taught
from trainer.store_rows import harmless

# -- what goes in comes out ----------------------------------------------------------------------------------------


ODD = st.text(st.characters(categories=None) | st.sampled_from("\x00\ud800\udfff\"'\\%"))
ACTIONS = st.builds(Action, ODD, ODD, st.none() | ODD | st.floats(allow_nan=False, allow_infinity=False))
WHOLE = st.integers(-HUGE, HUGE - 1)
LESSONS = st.builds(Lesson, st.lists(ODD).map(tuple), ACTIONS, WHOLE, ODD, WHOLE, WHOLE)


def cleaned(lesson: Lesson) -> Lesson:
    action, value = lesson.action, lesson.action.value
    value = harmless(value) if isinstance(value, str) else value
    action = Action(harmless(action.device), harmless(action.command), value)
    return replace(lesson, words=tuple(map(harmless, lesson.words)), action=action, kind=harmless(lesson.kind))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lessons=st.lists(LESSONS, max_size=5, unique_by=lambda lesson: lesson.id), at=st.floats(-1e300, 1e300))
def test_any_lesson_comes_back_without_what_no_database_holds(store: Store, lessons: list[Lesson], at: float) -> None:
    node = uuid.uuid4().hex
    store.put_lessons(node, [Taught(lesson, at) for lesson in lessons])
    expected = [Taught(cleaned(lesson), at) for lesson in sorted(lessons, key=lambda lesson: lesson.id)]
    assert store.lessons(node) == expected
    assert store.lesson_ids(node) == [each.lesson.id for each in expected]


def test_a_lesson_put_twice_stays_as_it_was(store: Store) -> None:
    store.put_lessons("home", [taught(2), taught(1)])
    store.put_lessons("home", [taught(2, "something else"), taught(3), taught(3, "a double")])
    store.put_lessons("home", [])
    assert store.lessons("home") == [taught(1), taught(2), taught(3)]
    assert store.lessons("elsewhere") == []


def test_a_lesson_dropped_is_gone_and_only_there(store: Store) -> None:
    for node in ("home", "elsewhere"):
        store.put_lessons(node, [taught(1), taught(2)])
    store.drop_lessons("home", {1, 77})
    store.drop_lessons("home", [])
    assert store.lesson_ids("home") == [2]
    assert store.lesson_ids("elsewhere") == [1, 2]


def test_ten_thousand_lessons_come_and_go_in_seconds(store: Store) -> None:
    started_s = time.monotonic()
    store.put_lessons("home", [taught(each) for each in range(10_000)])
    assert len(store.lessons("home")) == 10_000
    store.drop_lessons("home", range(10_000))
    assert store.lesson_ids("home") == []
    assert time.monotonic() - started_s < 20, "a few, but other tests may run at the same time"


def test_devices_are_brought_up_to_date_and_stay(store: Store) -> None:
    plain = Device("fan", "fan", "fan", frozenset())
    store.put_devices("home", [LAMP, plain])
    store.put_devices("home", [replace(LAMP, name=HALF, area="Hall"), replace(LAMP, name="lamp")])
    store.put_devices("home", [])
    assert store.devices("home") == {"lamp": replace(LAMP, name="lamp"), "fan": plain}
    store.put_devices("home", [replace(LAMP, name=HALF, unit=HALF, options=(HALF,))])
    assert store.devices("home")["lamp"].name == harmless(HALF)
    assert store.devices("elsewhere") == {}


def test_the_newest_settings_of_a_device_count(store: Store) -> None:
    assert store.settings("home") == {}
    for probability in (0.5, 0.75):
        store.put_settings("home", {"decision.final_probability": probability, "decision.never": HALF})
    assert store.settings("home") == {"decision.final_probability": 0.75, "decision.never": HALF}
    assert store.settings("elsewhere") == {}


def test_models_come_back_by_version_with_their_bundles(store: Store) -> None:
    rejected = replace(RECORD, version=4, accepted=False, reasons=("worse", HALF), signature=b"")
    store.put_model(rejected, b"of no use", b"judged")
    store.put_model(RECORD, bytes(range(256)) * 1000, b"twin")
    assert store.models("home") == [RECORD, replace(rejected, reasons=("worse", harmless(HALF)))]
    assert store.bundle("home", 3) == bytes(range(256)) * 1000
    assert store.judged("home", 3) == b"twin"
    assert store.bundle("home", 4) == b"", "a rejected one is not kept"
    store.set_outcome("home", 3, f"refused: {HALF}")
    assert [record.outcome for record in store.models("home")] == [f"refused: {harmless(HALF)}", ""]


def test_a_version_is_given_once(store: Store) -> None:
    store.put_model(RECORD, b"first", b"judged")
    with pytest.raises(StoreError, match="model 3 of home is in the database already"):
        store.put_model(replace(RECORD, seed=8), b"second", b"judged")
    assert store.models("home") == [RECORD]
    assert store.bundle("home", 3) == b"first"


def test_a_model_that_is_not_there_is_named(store: Store) -> None:
    with pytest.raises(StoreError, match="model 9 of home is not"):
        store.bundle("home", 9)
    with pytest.raises(StoreError, match="model 9 of home is not"):
        store.set_outcome("home", 9, "kept")


def test_figures_may_be_no_numbers(store: Store) -> None:
    store.put_model(replace(RECORD, figures={"none": math.nan, "endless": math.inf, HALF: 1}), b"", b"judged")
    figures = store.models("home")[0].figures
    assert math.isnan(figures["none"])
    assert (figures["endless"], figures[harmless(HALF)]) == (math.inf, 1.0)


def test_every_node_is_known_by_whatever_it_sent(store: Store) -> None:
    assert store.nodes() == []
    store.put_lessons("b", [taught(1)])
    store.put_devices("B", [LAMP])
    store.put_model(replace(RECORD, node="a"), b"", b"judged")
    store.put_lessons("a", [taught(1)])
    assert store.nodes() == ["B", "a", "b"]


ACTS: dict[str, Callable[[Store], object]] = {
    "id": lambda store: store.put_lessons("home", [taught(1), taught(HUGE)]),
    "weight": lambda store: store.put_lessons(
        "home", [replace(taught(1), lesson=replace(taught(1).lesson, weight=HUGE))]
    ),
    "time": lambda store: store.put_lessons("home", [replace(taught(1), at=math.nan)]),
    "long time": lambda store: store.put_lessons("home", [replace(taught(1), at=10**400)]),
    "value": lambda store: store.put_lessons("home", [taught(1, "a", Action("lamp", "set", 10**5000))]),
    "node": lambda store: store.put_lessons("ho\x00me", [taught(1)]),
    "dropped": lambda store: store.drop_lessons("home", [-HUGE - 1]),
    "limit": lambda store: store.put_devices("home", [replace(LAMP, maximum=math.inf)]),
    "seed": lambda store: store.put_model(replace(RECORD, seed=HUGE), b"", b"judged"),
    "ids": lambda store: store.put_model(replace(RECORD, lesson_ids=(10**5000,)), b"", b""),
    "version": lambda store: store.bundle("home", HUGE),
    "reading": lambda store: store.lessons("\ud800"),
    "lease": lambda store: store.take_lease("training", "me", math.inf, 1),
}


@pytest.mark.parametrize("what", ACTS)
def test_what_no_column_holds_is_refused(store: Store, what: str) -> None:
    with pytest.raises(StoreError):
        ACTS[what](store)
    assert store.nodes() == []


# -- leases --------------------------------------------------------------------------------------------------------


def test_one_holds_a_lease_until_it_expires_or_is_given_back(store: Store) -> None:
    assert store.take_lease("training", "me", 100, 10)
    assert not store.take_lease("training", "you", 109, 10)
    assert store.take_lease("else", "you", 109, 10)
    assert store.take_lease("training", "me", 109, 10), "renewed"
    assert not store.take_lease("training", "you", 118, 10)
    assert store.take_lease("training", "you", 119, 10), "expired"
    store.release_lease("training", "me")
    assert not store.take_lease("training", "me", 120, 10), "only the holder gives it back"
    store.release_lease("training", "you")
    assert store.take_lease("training", "me", 120, 10)


@pytest.mark.parametrize("is_expired", [False, True])
def test_of_eight_who_race_one_wins(url: str, is_expired: bool) -> None:
    with closing(Store(url)) as store:
        for each in range(10):
            name = f"lease {each}"
            if is_expired:
                assert store.take_lease(name, "gone", 0, 1)
            won = race([lambda name=name, me=me: store.take_lease(name, me, 5, 1) for me in "abcdefgh"])  # type: ignore[misc]
            assert sorted(map(str, won)) == ["False"] * 7 + ["True"]
