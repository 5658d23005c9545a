"""A real mosquitto for as long as a test or benchmark needs it: on loopback, on a port nobody has."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

HOST = "127.0.0.1"
INSTALLED = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin") is not None
_START_S = 10.0


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def mosquitto(
    folder: Path,
    *,
    port: int = 0,
    users: Mapping[str, str] | None = None,
    certificate: tuple[Path, Path] | None = None,
) -> Iterator[tuple[str, int]]:
    """Run a broker with its files in `folder`; yields host and port. `users`: only they may; a certificate: TLS."""
    port = port or free_port()
    lines = [f"listener {port} {HOST}", f"allow_anonymous {'false' if users else 'true'}", "user root"]
    if users:
        passwords = folder / "passwords"
        passwords.touch(mode=0o600)
        for name, password in users.items():
            subprocess.run(["mosquitto_passwd", "-b", passwords, name, password], check=True, capture_output=True)
        lines.append(f"password_file {passwords}")
    if certificate:
        lines += [f"certfile {certificate[0]}", f"keyfile {certificate[1]}"]
    config = folder / "mosquitto.conf"
    config.write_text("\n".join(lines) + "\n")
    with running(config, port) as address:
        yield address


@contextmanager
def running(config: Path, port: int) -> Iterator[tuple[str, int]]:
    """Run a broker by this configuration, which names `port`; yields host and port."""
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    with subprocess.Popen([program, "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as broker:
        try:
            _wait_until_it_answers(port)
            yield HOST, port
        finally:
            broker.terminate()
            broker.wait()


def _wait_until_it_answers(port: int) -> None:
    deadline_s = time.monotonic() + _START_S
    while time.monotonic() < deadline_s:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.02)
    raise TimeoutError("mosquitto did not start")
