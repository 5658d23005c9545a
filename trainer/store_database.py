"""The database under the store: SQLite or PostgreSQL, opened, migrated, and all its errors as one.

SQLite is opened anew for every transaction: a file that was moved away or restored is noticed at once, and an open is
a millisecond. PostgreSQL keeps connections, and looks whether one still lives before it is used.
Left out: what the rows mean (`store.py`), salvage (devices send their lessons again), PostgreSQL's own traces of what
was erased (its autovacuum takes them away in time).
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, NullPool, Table, create_engine, event, func, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from device.errors import StoreError
from trainer.migrations import VERSION_TABLE

log = logging.getLogger(__name__)
logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of every open

_LOCK_S = 5.0
"""So long another process may write before we give up."""
_PAUSE_S = 0.02
_CONNECT_S = 5
_MIGRATION_LOCK = 0x5AF0
"""A number of our own among PostgreSQL's advisory locks: two trainers may be started at once."""
_alembic = threading.Lock()
"""Alembic keeps the migration it is at in a module."""


class Database:
    """Transactions on the database at this address, its tables made or brought up to date.

    Raises `StoreError`, here and everywhere: it cannot be used; here also: it is of a newer safu-trainer.
    """

    def __init__(self, address: str) -> None:
        url = _parse(address)
        self._name = URL.create(url.drivername, url.username, url.password, url.host, url.port, url.database)
        self._file = _make_file(url) if url.get_backend_name() == "sqlite" else None
        self._engine = _engine(url, self._file)
        self._writing_engine = self._engine.execution_options(writes=True)
        try:
            self._migrate()
            if self._file is not None:
                _hide(self._file)  # only now: it is a store of ours, and not whatever else the address may lead to
        except BaseException:
            self.close()
            raise

    def __str__(self) -> str:
        return self._name.render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that changes nothing."""
        with self._erring(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it or nothing."""
        with self._erring(), self._writing_engine.begin() as connection:
            yield connection

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that can say what to do about a row that is there already; both speak the same."""
        return postgresql.insert(table) if self._file is None else sqlite.insert(table)

    def wipe(self) -> None:
        """Leave no erased text in SQLite's write-ahead log: move it into the file, where erasing overwrites."""
        if self._file is None:
            return
        deadline_s = time.monotonic() + _LOCK_S
        try:
            with closing(_connect(self._file)) as file:
                while file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:  # it waits for readers only
                    if time.monotonic() > deadline_s:
                        log.warning("somebody reads %s; what was erased is gone when they have finished", self)
                        return
                    time.sleep(_PAUSE_S)
        except sqlite3.Error as error:
            raise self._error(error) from error

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _erring(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise self._error(error) from error

    def _error(self, error: Exception) -> StoreError:
        cause = error.orig if isinstance(error, DBAPIError) else error
        what = (str(cause).strip() or type(cause).__name__).splitlines()[0]  # further lines may hold what was said
        trouble = "is it running?" if self._file is None else "is its disk full, or its folder gone?"
        return StoreError(f"the database {self} cannot be used: {what}", hint=f"{trouble} it is tried again")

    def _migrate(self) -> None:
        config = Config()
        config.set_main_option("script_location", "trainer:migrations")
        script = ScriptDirectory.from_config(config)
        with self.reading() as connection:
            if _version(connection) == script.get_current_head():
                return  # as nearly always: not even a lock is needed
        with self.writing() as connection:
            if self._file is None:
                connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            version = _version(connection)  # again: another process may have done the same meanwhile
            if version not in {None, *(each.revision for each in script.walk_revisions())}:
                raise StoreError(
                    f"the database {self} is of version {version}, this safu-trainer knows {script.get_current_head()}",
                    hint="update safu, or name another database",
                )
            config.attributes["connection"] = connection
            with _alembic:
                command.upgrade(config, "head")


def _parse(address: str) -> URL:
    try:
        url = make_url(address)
    except (SQLAlchemyError, ValueError):  # what they say may hold the password
        url = None
    if url is None or url.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(
            "the address of the database cannot be understood",
            hint="write sqlite:///file or postgresql://user:password@host/name",
        )
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _make_file(url: URL) -> Path:
    """The file of this address; made, if there is none, for nobody else to read. Raises `StoreError`."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise StoreError(f"{url} names no file", hint="write sqlite:///file")
    path = Path(url.database).absolute()
    try:
        with suppress(FileExistsError):  # one that is there is never opened here: closing it would lose SQLite's locks
            path.touch(mode=0o600, exist_ok=False)
    except (OSError, ValueError) as error:
        raise StoreError(f"the database {path} cannot be made: {error}", hint="is its folder there?") from error
    return path


def _hide(path: Path) -> None:
    """Nobody else may read it, whoever made it. Raises `StoreError`."""
    try:
        path.chmod(0o600)
    except OSError as error:
        raise StoreError(f"the database {path} cannot be hidden from others: {error}", hint="is it yours?") from error


def _engine(url: URL, file: Path | None) -> Engine:
    try:
        if file is None:
            timeout = {"connect_timeout": _CONNECT_S}
            return create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=timeout)
        connect: Callable[[], sqlite3.Connection] = partial(_connect, file)
        engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)
        event.listen(engine, "begin", _begin)
    except ImportError as error:
        raise StoreError(f"no driver for PostgreSQL: {error}", hint="type: pip install 'safu[postgres]'") from error
    except (SQLAlchemyError, ValueError, TypeError) as error:
        raise StoreError(f"the address of the database is wrong: {type(error).__name__}") from None
    return engine


def _connect(path: Path) -> sqlite3.Connection:
    """Open a file that must be there. Raises `sqlite3.Error`."""
    file = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=_LOCK_S, isolation_level=None)
    try:
        _use_log(file)
        for pragma in ("synchronous=FULL", "secure_delete=ON", "temp_store=MEMORY"):
            file.execute(f"PRAGMA {pragma}")
    except BaseException:
        file.close()
        raise
    return file


def _use_log(file: sqlite3.Connection) -> None:
    """Turn on the write-ahead log. SQLite does not wait while another does so to a new file, hence we do."""
    deadline_s = time.monotonic() + _LOCK_S
    while True:
        try:
            file.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline_s:
                raise
            time.sleep(_PAUSE_S)
        else:
            return


def _begin(connection: Connection) -> None:
    """Transactions begin when we say so, tables included; one that writes waits for its lock before it has read."""
    is_writing = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()
