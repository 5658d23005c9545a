"""Commands on their way: on the disk first, sent once, never sent stale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from device.errors import UnknownDeviceError
from device.home.outbox import LIFE_MS, Outbox
from device.journal import SqliteJournal
from device.messages import Action, OutboxEntry

ON, OFF = Action("lamp", "on"), Action("lamp", "off")
FAN_ON = Action("fan", "on")


@pytest.fixture
def journal() -> Iterator[SqliteJournal]:
    journal = SqliteJournal(":memory:")
    yield journal
    journal.close()


@dataclass
class Clock:
    """Wall clock in milliseconds."""

    now: int = 1_000_000

    def __call__(self) -> int:
        return self.now


@dataclass
class Receipt:
    """Arrives when told to."""

    arrived: bool = False


@dataclass
class Line:
    """The way to the broker, which may be down."""

    up: bool = True
    confirms: bool = True
    sent: list[Action] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)

    def send(self, action: Action) -> list[Receipt] | None:
        if not self.up:
            return None
        self.sent.append(action)
        self.receipts.append(Receipt(self.confirms))
        return self.receipts[-1:]


def unknown(_device: str) -> None:
    return None


def test_sent_once_when_connected(journal: SqliteJournal) -> None:
    outbox, line = Outbox(journal, Clock()), Line()
    outbox.put(ON, OFF)
    assert [entry.action for entry in journal.outbox()] == [ON], "on the disk before it is sent"
    for _ in range(5):
        outbox.pump(line.send, unknown, 1)
    assert line.sent == [ON]
    assert journal.outbox() == []


def test_kept_until_the_broker_has_it(journal: SqliteJournal) -> None:
    outbox, line = Outbox(journal, Clock()), Line(confirms=False)
    outbox.put(ON, OFF)
    for _ in range(5):
        outbox.pump(line.send, unknown, 1)
    assert (line.sent, len(journal.outbox())) == ([ON], 1)
    line.receipts[0].arrived = True
    outbox.pump(line.send, unknown, 1)
    assert journal.outbox() == []


def test_sent_again_if_the_connection_broke_before_it_arrived(journal: SqliteJournal) -> None:
    outbox, line = Outbox(journal, Clock()), Line(confirms=False)
    outbox.put(ON, OFF)
    outbox.pump(line.send, unknown, 1)
    line.confirms = True
    outbox.pump(line.send, unknown, 2)
    outbox.pump(line.send, unknown, 2)
    assert line.sent == [ON, ON]
    assert journal.outbox() == []


def test_kept_while_offline_and_sent_within_ten_seconds(journal: SqliteJournal) -> None:
    clock, line = Clock(), Line(up=False)
    outbox = Outbox(journal, clock)
    outbox.put(ON, OFF)
    outbox.put(FAN_ON, None)
    outbox.pump(line.send, unknown, 0)
    clock.now += LIFE_MS
    line.up = True
    outbox.pump(line.send, unknown, 1)
    assert line.sent == [ON, FAN_ON]


@pytest.mark.parametrize("passed_ms", [LIFE_MS + 1, 86_400_000, -1, -86_400_000])
def test_dropped_when_too_old_or_when_the_clock_has_jumped_back(
    journal: SqliteJournal, passed_ms: int, caplog: pytest.LogCaptureFixture
) -> None:
    clock, line = Clock(1_000_000_000), Line(up=False)
    outbox = Outbox(journal, clock)
    outbox.put(ON, OFF)
    outbox.pump(line.send, unknown, 0)
    clock.now += passed_ms
    line.up = True
    outbox.pump(line.send, unknown, 1)
    assert (line.sent, journal.outbox()) == ([], [])
    assert caplog.text.count("not sent in time, and dropped: lamp on") == 1


def test_a_newer_command_takes_the_place_of_an_older_one(journal: SqliteJournal) -> None:
    outbox, line = Outbox(journal, Clock()), Line(up=False)
    outbox.put(ON, OFF)
    outbox.put(FAN_ON, None)
    outbox.put(OFF, OFF)
    line.up = True
    outbox.pump(line.send, unknown, 1)
    assert line.sent == [FAN_ON, OFF]


@pytest.mark.parametrize(
    ("age_ms", "state", "is_sent"),
    [(1_000, OFF, True), (1_000, ON, False), (LIFE_MS + 1, OFF, False), (-5_000, OFF, False)],
    ids=["unchanged", "changed since", "too old", "the clock jumped back"],
)
def test_what_an_earlier_process_left(journal: SqliteJournal, age_ms: int, state: Action, *, is_sent: bool) -> None:
    clock, line = Clock(), Line()
    journal.put_outbox(OutboxEntry(ON, OFF, clock.now - age_ms))
    outbox = Outbox(journal, clock)
    outbox.pump(line.send, unknown, 1)
    assert not line.sent, "the device has not told its state yet"
    outbox.pump(line.send, lambda _: state, 1)
    assert line.sent == ([ON] if is_sent else [])
    outbox.pump(line.send, lambda _: state, 1)
    assert journal.outbox() == []


def test_a_device_that_has_gone_takes_its_command_along(journal: SqliteJournal) -> None:
    outbox, line = Outbox(journal, Clock()), Line()
    outbox.put(ON, OFF)
    outbox.put(FAN_ON, None)

    def send(action: Action) -> list[Receipt] | None:
        if action == ON:
            raise UnknownDeviceError("there is no device 'lamp'")
        return line.send(action)

    for _ in range(2):
        outbox.pump(send, unknown, 1)
    assert line.sent == [FAN_ON]
    assert journal.outbox() == []


def test_a_journal_that_cannot_be_written_does_not_stop_the_sending(journal: SqliteJournal) -> None:
    outbox, line = Outbox(journal, Clock()), Line()
    outbox.put(ON, OFF)
    journal.rows.connection.execute("PRAGMA query_only=ON")
    for _ in range(3):
        outbox.pump(line.send, unknown, 1)
    assert line.sent == [ON]
