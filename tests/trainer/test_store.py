"""The store of the trainer, on every database that is there: a file of SQLite, a server of PostgreSQL."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from device.errors import StoreError
from device.messages import Action, Device, Lesson
from tests import postgres
from trainer.migrations import VERSION_TABLE
from trainer.store import ModelRecord, Store, Taught
from trainer.store_rows import harmless
from trainer.store_tables import METADATA

HALF = "half \ud800 a character, and \x00"
HUGE = 2**63
ON = Action("lamp", "on")
LAMP = Device("lamp", "kitchen light", "light", frozenset({"on", "off", "set"}), "Kitchen", ("a", "b"), 1, 9.5, "%")
RECORD = ModelRecord("home", 3, 2, 1.5, 7, "0.1.0", (1, 5), {"right": 0.75}, True, ("better by 3",), b"\x00signed")
PUTTING = """
import itertools, sys
from device.messages import Action, Lesson
from trainer.store import Store, Taught
store = Store(sys.argv[1])
for batch in itertools.count():
    ids = range(batch * 500, (batch + 1) * 500)
    store.put_lessons("home", [Taught(Lesson(("w" * 200,), Action("lamp", "on"), 16, "flip", 0, i), 0.0) for i in ids])
    print(batch, flush=True)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Postgres]:
    if postgres.MISSING:
        pytest.skip(postgres.MISSING)
    with postgres.postgres() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite3'}"
    running: postgres.Postgres = request.getfixturevalue("server")
    return running.new_database()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with closing(Store(url)) as store:
        yield store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite3"


@pytest.fixture
def filed(file: Path) -> Iterator[Store]:
    with closing(Store(f"sqlite:///{file}")) as store:
        yield store


def taught(lesson_id: int, words: str = "lamp on", action: Action = ON) -> Taught:
    return Taught(Lesson(tuple(words.split()), action, 16, "flip", 4, lesson_id), 1.5)


def traces(folder: Path, text: str) -> list[str]:
    return [file.name for file in folder.iterdir() if text.encode() in file.read_bytes()]


def put_garbage(file: Path) -> None:
    file.write_bytes(b"garbage " * 1000)


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


def race(acts: list[Callable[[], object]]) -> list[object]:
    """What each returned, or raised."""
    results: list[object] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            results.append(act())
        except StoreError as error:
            results.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# -- opening -------------------------------------------------------------------------------------------------------


def test_an_empty_database_gets_the_tables_the_code_knows(store: Store) -> None:
    with store._database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, METADATA) == []
        assert context.get_current_revision() == "0002"


def test_what_was_put_is_there_when_opened_again(url: str) -> None:
    for expected in ([], [taught(1)]):
        with closing(Store(url)) as store:
            assert store.lessons("home") == expected
            store.put_lessons("home", [taught(1)])


def test_four_may_open_a_new_database_at_once(url: str) -> None:
    stores = race([lambda: Store(url)] * 4)
    for store in stores:
        assert isinstance(store, Store), store
        assert store.nodes() == []
        store.close()


def test_a_database_of_an_older_trainer_is_brought_up_to_date(url: str) -> None:
    with closing(Store(url)) as store:
        store.put_lessons("home", [taught(1)])
        with store._database.writing() as connection:
            connection.execute(text("DROP TABLE settings"))
            connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0001'"))
    with closing(Store(url)) as store:
        assert (store.lessons("home"), store.settings("home")) == ([taught(1)], {})


def test_a_database_of_a_newer_trainer_is_left_alone(url: str) -> None:
    with closing(Store(url)) as store, store._database.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(StoreError, match="of version 9999, this safu-trainer knows 0002") as caught:
        Store(url)
    assert "update safu" in caught.value.hint


@pytest.mark.parametrize(
    "address",
    ["", "nonsense", "mysql://u:secret@h/d", "postgresql://u:secret@h:port/d", "postgresql+nothing://u:secret@h/d",
     "sqlite://", "sqlite:///:memory:", "sqlite:////nowhere/at/all", "sqlite:////\x00"],
)  # fmt: skip
def test_an_address_that_leads_nowhere_is_an_error_without_its_password(address: str) -> None:
    with pytest.raises(StoreError) as caught:
        Store(address)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("make", [Path.mkdir, put_garbage], ids=["folder", "garbage"])
def test_what_is_no_database_is_left_as_it_is(file: Path, make: Callable[[Path], None]) -> None:
    make(file)
    file.chmod(0o755)
    with pytest.raises(StoreError, match="cannot be used"):
        Store(f"sqlite:///{file}")
    assert file.stat().st_mode & 0o777 == 0o755
    assert file.is_dir() or file.read_bytes().startswith(b"garbage")


# -- bad times -----------------------------------------------------------------------------------------------------


def test_a_server_may_go_away_and_come_back(server: postgres.Postgres) -> None:
    address = server.new_database()
    with closing(Store(address)) as store:
        store.put_lessons("home", [taught(1)])
        server.stop()
        try:
            with pytest.raises(StoreError) as caught:
                store.lessons("home")
            with pytest.raises(StoreError):
                store.put_lessons("home", [taught(2)])
            with pytest.raises(StoreError):
                Store(address)
        finally:
            server.start()
        assert address.split(postgres.PASSWORD)[1] in caught.value.message
        assert postgres.PASSWORD not in str(caught.value)
        assert "\n" not in str(caught.value)
        assert "is it running? it is tried again" in caught.value.hint
        assert store.lessons("home") == [taught(1)]
        store.put_lessons("home", [taught(2)])


@pytest.mark.parametrize("spoil", [Path.mkdir, put_garbage, lambda file: None], ids=["folder", "garbage", "nothing"])
def test_a_file_that_is_something_else_now_is_an_error_until_it_is_back(
    filed: Store, file: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    filed.put_lessons("home", [taught(1)])
    file.rename(tmp_path / "away")
    spoil(file)
    acts: list[Callable[[], object]] = [
        lambda: filed.lessons("home"),
        lambda: filed.put_lessons("home", [taught(2)]),
        lambda: filed.drop_lessons("home", [1]),
        lambda: filed.take_lease("training", "me", 1, 1),
        filed._database.wipe,
    ]
    for act in acts:
        with pytest.raises(StoreError, match="cannot be used"):
            act()
    if file.is_dir():
        file.rmdir()
    (tmp_path / "away").replace(file)
    assert filed.lessons("home") == [taught(1)]


@pytest.mark.parametrize("damage", ["{", "[1]", "[]", "7", '["a", "b", "c", "d", "e"]'])
def test_a_row_that_nobody_wrote_is_an_error(store: Store, damage: str) -> None:
    store.put_lessons("home", [taught(1)])
    store.put_devices("home", [LAMP])
    with store._database.writing() as connection:
        connection.execute(text("UPDATE lessons SET action = :damage"), {"damage": damage})
        connection.execute(text("UPDATE devices SET details = :damage"), {"damage": damage})
    with pytest.raises(StoreError, match="nobody here wrote"):
        store.lessons("home")
    with pytest.raises(StoreError, match="nobody here wrote"):
        store.devices("home")


def test_a_full_disk_leaves_everything_as_it_was(filed: Store) -> None:
    filed.put_lessons("home", [taught(1)])
    filed.put_model(RECORD, b"small", b"judged")

    def fill(connection: object, record: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # type: ignore[attr-defined]  # not less than there are

    event.listen(filed._database._engine, "connect", fill)
    with pytest.raises(StoreError, match="full"):
        filed.put_lessons("home", [taught(each) for each in range(2, 2000)])
    with pytest.raises(StoreError, match="full"):
        filed.put_model(replace(RECORD, version=4), bytes(100_000), b"")
    assert filed.lessons("home") == [taught(1)]
    event.remove(filed._database._engine, "connect", fill)
    assert filed.models("home") == [RECORD]
    filed.put_model(replace(RECORD, version=4), bytes(100_000), b"")


def test_nothing_that_was_said_is_in_an_error(store: Store) -> None:
    with store._database.writing() as connection:
        connection.execute(text("DROP TABLE lessons"))
    with pytest.raises(StoreError) as caught:
        store.put_lessons("home", [taught(1, "confidential")])
    assert "confidential" not in f"{caught.value} {caught.value.__cause__}"


def test_dropped_words_are_in_none_of_the_files(filed: Store, tmp_path: Path) -> None:
    long = "unforgettable" * 1000
    filed.put_lessons("home", [taught(each, f"{long} {each}") for each in range(30)])
    filed.put_lessons("home", [taught(each, f"unforgettable {each}") for each in range(30, 500)])
    assert traces(tmp_path, "unforgettable")
    with closing(Store(f"sqlite:///{tmp_path / 'store.sqlite3'}")) as other, other._database.reading() as connection:
        connection.execute(text("SELECT 1"))  # somebody else keeps the files open, so that the log stays
        filed.drop_lessons("home", range(500))
        assert (tmp_path / "store.sqlite3-wal").exists()
        assert traces(tmp_path, "unforgettable") == []
    assert traces(tmp_path, "unforgettable") == []


def test_it_is_said_when_a_reader_keeps_dropped_words_alive(
    filed: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.store_database._LOCK_S", 0.1)
    filed.put_lessons("home", [taught(1, "unforgettable")])
    with filed._database.reading() as connection:
        connection.execute(text("SELECT * FROM lessons")).all()
        filed.drop_lessons("home", [1])
    assert "somebody reads" in caplog.text
    assert traces(tmp_path, "unforgettable") == []


def test_the_files_are_for_nobody_else_to_read(file: Path, tmp_path: Path) -> None:
    file.touch(mode=0o644)
    with closing(Store(f"sqlite:///{file}")) as store, store._database.reading() as connection:
        connection.execute(text("SELECT * FROM lessons"))
        assert {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {
            f"store.sqlite3{suffix}": 0o600 for suffix in ("", "-wal", "-shm")
        }


def test_a_killed_process_leaves_whole_batches(url: str) -> None:
    with subprocess.Popen([sys.executable, "-c", PUTTING, url], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(3)]
        time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        told += [int(line) for line in process.stdout.read().split()]
    with closing(Store(url)) as store:
        ids = store.lesson_ids("home")
        assert ids == list(range(len(ids)))
        assert len(ids) % 500 == 0
        assert len(ids) >= 500 * len(told), "what was told is there"
        store.put_lessons("home", [taught(len(ids))])
