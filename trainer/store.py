"""What the trainer knows, in a database: the lessons and devices of every node, every model made, and who trains now.

SQLite by default, PostgreSQL by its address; nothing else differs. Every method is one transaction of its own, so the
database may go away and come back between two. Words that were dropped leave no trace in SQLite's files.
Left out: the database itself (`store_database.py`), what becomes a row (`store_rows.py`), and encryption at rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Column, Row, bindparam, delete, insert, or_, select, union, update
from sqlalchemy.exc import IntegrityError

from device.errors import StoreError
from device.messages import Device
from trainer.store_database import Database
from trainer.store_rows import ModelRecord as ModelRecord
from trainer.store_rows import Taught as Taught
from trainer.store_rows import (
    device_of,
    device_row,
    finite,
    harmless,
    key,
    lesson_row,
    model_row,
    record_of,
    settings_of,
    settings_row,
    taught_of,
    whole,
)
from trainer.store_tables import DEVICES, LEASES, LESSONS, MODELS, SETTINGS

ERASED = "erased"
"""The outcome of a model whose files are gone."""
_Made = TypeVar("_Made")


class Store:
    """Open the database at this address, make it if there is none, bring its tables up to date.

    Every method raises `StoreError` if the database cannot be used, or cannot hold what it is given. The constructor
    also raises it for a database of a newer safu-trainer. Threads may share a store.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    # -- what devices send -----------------------------------------------------------------------------------------

    def lesson_ids(self, node: str) -> list[int]:
        """The lessons that are here, so that a device sends only the others; in order."""
        query = select(LESSONS.c.id).where(LESSONS.c.node == key(node)).order_by(LESSONS.c.id)
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def lessons(self, node: str) -> list[Taught]:
        """By id."""
        query = select(LESSONS).where(LESSONS.c.node == key(node)).order_by(LESSONS.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return self._made(taught_of, rows)

    def put_lessons(self, node: str, taught: Sequence[Taught]) -> None:
        """All of them or none; one that is here already stays as it is."""
        rows = [lesson_row(node, each) for each in taught]
        if rows:
            with self._database.writing() as connection:
                connection.execute(self._database.insert(LESSONS).on_conflict_do_nothing(), rows)

    def drop_lessons(self, node: str, ids: Collection[int]) -> None:
        """Erase them: their words are in none of SQLite's files when this returns, or the log says why not yet."""
        statement = delete(LESSONS).where(LESSONS.c.node == key(node), LESSONS.c.id == bindparam("dropped"))
        rows = [{"dropped": whole(lesson_id)} for lesson_id in ids]
        if rows:
            with self._database.writing() as connection:
                connection.execute(statement, rows)
            self._database.wipe()

    def devices(self, node: str) -> dict[str, Device]:
        """By id."""
        with self._database.reading() as connection:
            rows = connection.execute(select(DEVICES).where(DEVICES.c.node == key(node))).all()
        return {device.id: device for device in self._made(device_of, rows)}

    def put_devices(self, node: str, devices: Sequence[Device]) -> None:
        """The newest word counts. Devices that are not named stay: lessons may speak of them."""
        rows = [device_row(node, device) for device in devices]
        if rows:
            statement = self._database.insert(DEVICES)
            newest = {"details": statement.excluded.details}
            statement = statement.on_conflict_do_update(index_elements=["node", "id"], set_=newest)
            with self._database.writing() as connection:
                connection.execute(statement, rows)

    def settings(self, node: str) -> dict[str, Any]:
        """By which the device decides, as it said last; keyed `section.key`."""
        query = select(SETTINGS.c.details).where(SETTINGS.c.node == key(node))
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return self._made(settings_of, rows)[0] if rows else {}

    def put_settings(self, node: str, settings: Mapping[str, object]) -> None:
        """The newest word counts."""
        row = settings_row(node, settings)
        statement = self._database.insert(SETTINGS)
        newest = {"details": statement.excluded.details}
        with self._database.writing() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["node"], set_=newest), row)

    def nodes(self) -> list[str]:
        """Everybody of whom anything is known, in order."""
        query = union(*(select(table.c.node) for table in (LESSONS, DEVICES, MODELS)))
        with self._database.reading() as connection:
            return sorted(connection.execute(query).scalars())

    # -- models ----------------------------------------------------------------------------------------------------

    def models(self, node: str) -> list[ModelRecord]:
        """By version."""
        columns = [column for column in MODELS.c if column.name not in ("bundle", "judged")]
        query = select(*columns).where(MODELS.c.node == key(node)).order_by(MODELS.c.version)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return self._made(record_of, rows)

    def put_model(self, record: ModelRecord, bundle: bytes, judged: bytes) -> None:
        """Keep a model, and the one like it that the gate judged; of a rejected one, the record only.

        Raises `StoreError` if that version is here already.
        """
        row = model_row(record, bundle, judged)
        with self._database.writing() as connection:
            try:
                connection.execute(insert(MODELS), row)
            except IntegrityError as error:
                raise StoreError(f"{_model(record.node, record.version)} is in the database already") from error

    def set_outcome(self, node: str, version: int, outcome: str) -> None:
        """What the device made of a model. Raises `StoreError` if there is none of that version."""
        statement = update(MODELS).where(MODELS.c.node == key(node), MODELS.c.version == whole(version))
        with self._database.writing() as connection:
            if not connection.execute(statement.values(outcome=harmless(outcome))).rowcount:
                raise StoreError(f"{_model(node, version)} is not in the database")

    def erase_models(self, node: str, of_lessons: Collection[int]) -> None:
        """Erase the files of all models that any of these lessons went into: they hold pieces of its words."""
        forgotten = set(of_lessons)
        versions = [record.version for record in self.models(node) if not forgotten.isdisjoint(record.lesson_ids)]
        statement = update(MODELS).where(MODELS.c.node == key(node), MODELS.c.version == bindparam("erased"))
        if versions:
            with self._database.writing() as connection:
                statement = statement.values(bundle=b"", judged=b"", signature=b"", outcome=ERASED)
                connection.execute(statement, [{"erased": version} for version in versions])
            self._database.wipe()

    def bundle(self, node: str, version: int) -> bytes:
        """The model's file; empty if it was rejected. Raises `StoreError` if there is none of that version."""
        return self._file(MODELS.c.bundle, node, version)

    def judged(self, node: str, version: int) -> bytes:
        """The file of the model that the gate judged in its place, trained on the older lessons only; see `bundle`."""
        return self._file(MODELS.c.judged, node, version)

    def _file(self, column: Column[bytes], node: str, version: int) -> bytes:
        query = select(column).where(MODELS.c.node == key(node), MODELS.c.version == whole(version))
        with self._database.reading() as connection:
            found = connection.execute(query).scalar_one_or_none()
        if found is None:
            raise StoreError(f"{_model(node, version)} is not in the database")
        return bytes(found)

    # -- leases ----------------------------------------------------------------------------------------------------

    def take_lease(self, name: str, holder: str, now: float, lasts_s: float) -> bool:
        """Is it mine now? It is if it was free, has expired, or was mine: then it is renewed. Only one can have it."""
        row = {"name": key(name), "holder": key(holder), "until": finite(now + lasts_s)}
        to_be_had = or_(LEASES.c.holder == row["holder"], LEASES.c.until <= finite(now))
        renew = update(LEASES).where(LEASES.c.name == row["name"], to_be_had).values(row)
        with self._database.writing() as connection:
            if connection.execute(renew).rowcount:
                return True
            make = self._database.insert(LEASES).values(row).on_conflict_do_nothing().returning(LEASES.c.name)
            return connection.execute(make).first() is not None

    def release_lease(self, name: str, holder: str) -> None:
        """Give it back; somebody else's stays."""
        statement = delete(LEASES).where(LEASES.c.name == key(name), LEASES.c.holder == key(holder))
        with self._database.writing() as connection:
            connection.execute(statement)

    def _made(self, make: Callable[[Row[Any]], _Made], rows: Sequence[Row[Any]]) -> list[_Made]:
        try:
            return [make(row) for row in rows]
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(f"the database {self._database} holds a row that nobody here wrote") from error


def _model(node: str, version: int) -> str:
    return f"model {version} of {node}"
