"""A real PostgreSQL for as long as tests need it: on loopback, on a port nobody has, its files away with it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.brokers import HOST, free_port

_PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=Path("/nowhere/initdb")).parent
MISSING = (
    "Debian's postgresql is not installed"
    if not (_PROGRAMS / "initdb").exists()
    else "psycopg is not installed"
    if importlib.util.find_spec("psycopg") is None
    else ""
)
"""Why there can be none; empty if there can."""
PASSWORD = "quiet-secret"  # it asks for none, but is told one


class Postgres:
    """A server that can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._made = 0
        self._run("initdb", "-D", folder / "data", "-U", "safu", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def start(self) -> None:
        options = f"-h {HOST} -p {self._port} -k {self._folder} -F"
        self._run("pg_ctl", "start", "-w", "-D", self._folder / "data", "-l", self._folder / "log", "-o", options)

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", self._folder / "data")

    def new_database(self) -> str:
        """An empty one; returns its address."""
        self._made += 1
        name = f"store_{self._made}"
        self._run("createdb", "-h", HOST, "-p", str(self._port), "-U", "safu", name)
        return f"postgresql://safu:{PASSWORD}@{HOST}:{self._port}/{name}"

    def _run(self, program: str, *arguments: str | Path) -> None:
        other_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []  # it refuses to run as root
        command = [*other_user, _PROGRAMS / program, *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Run a server."""
    folder = Path(tempfile.mkdtemp(prefix="safu-postgres-"))  # not pytest's, which is for the eyes of one user only
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        server = Postgres(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
