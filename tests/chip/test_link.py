"""The link to a chip: answers find their request, and a chip that misbehaves is an error, never a wait without end."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from device.chip.link import ChipLink
from device.chip.port import READ_S, SerialPort, SocketPort
from device.errors import ChipError, ChipRefusalError, SettingsError
from tests.brokers import free_port
from tests.waiting import wait_until


class Wire:
    """A `Port` whose other end is a function of what is written."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self.answer = answer
        self.sent: queue.Queue[bytes] = queue.Queue()
        self.is_cut = False

    def read(self) -> bytes:
        if self.is_cut:
            raise ConnectionResetError("it was cut")
        try:
            return self.sent.get(timeout=READ_S)
        except queue.Empty:
            return b""

    def write(self, data: bytes) -> None:
        if self.is_cut:
            raise ConnectionResetError("it was cut")
        self.sent.put(self.answer(data))

    def close(self) -> None:
        self.is_cut = True


def tagged(data: bytes, answer: str) -> bytes:
    return data.split(b" ")[0] + b" " + answer.encode() + b"\r\n"


@pytest.fixture
def linked() -> Iterator[Callable[[Callable[[bytes], bytes]], tuple[ChipLink, Wire]]]:
    links = []

    def make(answer: Callable[[bytes], bytes]) -> tuple[ChipLink, Wire]:
        wire = Wire(answer)
        link = ChipLink("a wire", lambda: wire, answer_s=0.3)
        links.append(link)
        wait_until(lambda: link.connected)
        return link, wire

    yield make
    for link in links:
        link.close()


Linked = Callable[[Callable[[bytes], bytes]], tuple[ChipLink, Wire]]


def test_an_answer_comes_without_its_ok(linked: Linked) -> None:
    link, _ = linked(lambda data: tagged(data, "action lamp on") + tagged(data, "ok 1"))
    assert link.ask("actions") == ["action lamp on", "1"]


def test_a_refusal_begins_with_its_name(linked: Linked) -> None:
    link, _ = linked(lambda data: tagged(data, "err SAFU_DAMAGED"))
    with pytest.raises(ChipRefusalError, match=r"^SAFU_DAMAGED \(the chip's answer to: model\)"):
        link.ask("model end")


def test_a_late_answer_is_not_the_answer_to_the_next_request(linked: Linked) -> None:
    link, wire = linked(lambda _: b"")
    with pytest.raises(ChipError, match="does not answer"):
        link.ask("hear late")
    wire.answer = lambda data: b"@1 ok act 0.9999 wrong\n" + tagged(data, "ok right")
    assert link.ask("hear now") == ["right"]


@pytest.mark.parametrize(
    "rubbish", [b"\xff\x00\n" * 500, b"x" * 100_000, b"@\n@ \n@123456789 ok\nok\nerr\n", b"\n\n\n"]
)
def test_rubbish_is_dropped(linked: Linked, rubbish: bytes) -> None:
    link, wire = linked(lambda data: rubbish + b"\n" + tagged(data, "ok 1") + rubbish)
    assert link.ask("save") == ["1"]
    wire.answer = lambda _: rubbish
    with pytest.raises(ChipError, match="does not answer"):
        link.ask("save")


def test_what_nobody_asked_for_is_kept_apart_and_not_without_end(linked: Linked) -> None:
    link, wire = linked(lambda data: tagged(data, "ok 1"))
    wire.sent.put(b"said turn on\nready\n")
    link.ask("save")
    assert link.unasked() == ["said turn on", "ready"]
    wire.sent.put(b"said more\n" * 1_000)
    link.ask("save")
    assert 0 < len(link.unasked()) < 100
    assert link.unasked() == []


def test_a_chip_that_goes_ends_the_wait_and_is_found_again(linked: Linked) -> None:
    link, wire = linked(lambda _: b"")
    threading.Timer(0.05, wire.close).start()
    started_s = time.monotonic()
    with pytest.raises(ChipError, match="it was cut"):
        link.ask("info", answer_s=30)
    assert time.monotonic() - started_s < 5
    with pytest.raises(ChipError, match="is not there: it was cut"):
        link.ask("info")
    wire.is_cut = False
    wire.answer = lambda data: tagged(data, "ok back")
    wait_until(lambda: link.connected, "the chip")
    assert (link.ask("info"), link.generation) == (["back"], 2)


def test_a_chip_that_is_not_there_is_waited_for() -> None:
    port = free_port()
    link = ChipLink("nowhere", lambda: SocketPort(("127.0.0.1", port)), answer_s=0.3)
    with closing(link), socket.socket() as listening:
        wait_until(lambda: "refused" in link.trouble, "trouble")
        with pytest.raises(ChipError, match="not there"):
            link.ask("info")
        listening.bind(("127.0.0.1", port))
        listening.listen()
        wait_until(lambda: link.connected, "the chip")
        chip, _ = listening.accept()
        with chip:
            threading.Thread(target=lambda: chip.sendall(tagged(chip.recv(100), "ok hello"))).start()
            assert link.ask("info", answer_s=5) == ["hello"]
    link.close()


def test_a_serial_port_that_is_none_says_so() -> None:
    pytest.importorskip("serial")
    with pytest.raises(OSError, match="No such file"):
        SerialPort("/dev/nothing-here", 115_200)
    with pytest.raises(SettingsError, match="cannot be"):
        SerialPort("/dev/null", -5)
