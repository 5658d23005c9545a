"""The database under the trainer's store: opened, brought up to date, and what becomes of it in bad times."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import event, text

from device.errors import StoreError
from tests import postgres
from tests.trainer.stores import LAMP, RECORD, race, taught
from trainer.migrations import VERSION_TABLE
from trainer.store import Store
from trainer.store_tables import METADATA

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


def traces(folder: Path, text: str) -> list[str]:
    return [file.name for file in folder.iterdir() if text.encode() in file.read_bytes()]


def put_garbage(file: Path) -> None:
    file.write_bytes(b"garbage " * 1000)


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
