"""A running `safu run`, seen from outside: by systemd, by a second one, by the commands, and at its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from device import service
from device.errors import SettingsError
from device.settings import host_and_port

COMMAND = [sys.executable, "-m", "device"]


@contextmanager
def listening(folder: Path) -> Iterator[tuple[subprocess.Popen[str], socket.socket]]:
    """`safu run` on ten minutes of silence, and the socket where it speaks to systemd."""
    quiet = folder / "quiet.flac"
    soundfile.write(quiet, np.zeros(600 * 16_000, np.int16), 16_000)
    command = [*COMMAND, "run", "--storage", str(folder / "state"), "--broker", "127.0.0.1:1", str(quiet)]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(folder / "notify"))
        systemd.settimeout(30)
        environment = {**os.environ, "NOTIFY_SOCKET": str(folder / "notify")}
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as running:
            try:
                yield running, systemd
            finally:
                running.kill()


def safu(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *arguments, "--storage", str(folder / "state")]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_life_of_a_running_safu(tmp_path: Path) -> None:
    with listening(tmp_path) as (running, systemd):
        assert [systemd.recv(100), systemd.recv(100)] == [b"READY=1", b"WATCHDOG=1"]
        second = safu(tmp_path, "run", str(tmp_path / "quiet.flac"))
        assert (second.returncode, "another safu run" in second.stderr) == (1, True)
        said = safu(tmp_path, "say", "dinner is ready")
        assert (said.returncode, said.stdout[:9]) == (0, "nothing (")
        undone = safu(tmp_path, "undo", "99")
        assert (undone.returncode, undone.stdout) == (1, "")
        assert "no kept lesson '99'" in undone.stderr
        assert safu(tmp_path, "forget", "dinner").stdout == "forgotten; lessons erased with it: 0\n"
        for file in (tmp_path / "state").iterdir():
            assert b"dinner" not in file.read_bytes(), file.name
        running.send_signal(signal.SIGTERM)
        _, told = running.communicate(timeout=20)
        assert running.returncode == 0, told
        assert "dinner" not in told
    files = {file.name for file in (tmp_path / "state").iterdir()}
    assert files == {"journal.sqlite3", "journal.lock"}, "closed in good order"


def test_control_c_ends_with_130(tmp_path: Path) -> None:
    with listening(tmp_path) as (running, systemd):
        assert systemd.recv(100) == b"READY=1"
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=20)
        assert (running.returncode, "Traceback" in told) == (130, False)


def test_no_systemd_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    service.ready()
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/at/all")
    service.ready()


def test_systemd_may_listen_at_an_abstract_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f"\0safu-test-{os.getpid()}")
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@safu-test-{os.getpid()}")
        service.ready()
        assert systemd.recv(100) == b"READY=1"


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("hub", "hub", 0), ("hub:1884", "hub", 1884), ("::1", "::1", 0), ("[::1]:99", "::1", 99), ("[::1]", "::1", 0)],
)
def test_the_address_of_a_broker(text: str, host: str, port: int) -> None:
    assert host_and_port(text) == (host, port)


@pytest.mark.parametrize("text", ["hub:x", "hub:0", "hub:65536", "hub:²", "[::1]:x", "hub:" + "9" * 5000])
def test_a_port_that_is_none_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match="the port in --broker"):
        host_and_port(text)
