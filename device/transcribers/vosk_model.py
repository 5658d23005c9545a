"""The small English Vosk model: fetched, unpacked with suspicion, and put in place of the old one when it is whole.

Everything happens in a folder beside the final one, which disappears whatever happens; the old model goes only when
the new one can take its place. The archive is not believed: it came over the network.
Left out: a check sum, for the makers publish none; the address is HTTPS unless another one is asked for.
"""

from __future__ import annotations

import http.client
import os
import shutil
import stat
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from device.errors import TranscriberError

SMALL_ENGLISH = "https://alphacephei.com/vosk/models/vosk-model-small-en-us-0.15.zip"
MAX_BYTES = 500_000_000
_MAX_FILES = 10_000
_TIMEOUT_S = 30.0
_PIECE_BYTES = 1 << 16

OnProgress = Callable[[int, int | None], None]
"""Called with the bytes that are here, and those that there will be, where the server says so."""


def fetch_model(url: str, folder: Path, on_progress: OnProgress = lambda _here, _all: None) -> None:
    """Put the model at `url` into `folder`. Raises `TranscriberError`; then the old model is as it was."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix=".vosk-", dir=folder.parent) as work:
            archive, model = Path(work, "model.zip"), Path(work, "model")
            download(url, archive, on_progress)
            unpack(archive, model)
            if not (model / "am" / "final.mdl").is_file():
                raise TranscriberError("this is no Vosk model: am/final.mdl is missing in it")
            _replace(folder, model, aside=Path(work, "old"))
    except TranscriberError as error:
        raise TranscriberError(error.message, hint=_by_hand(url, folder)) from error
    except OSError as error:
        raise TranscriberError(
            f"cannot write {folder}: {error.strerror or error}", hint=_by_hand(url, folder)
        ) from error


def download(url: str, file: Path, on_progress: OnProgress) -> None:
    """Fetch a file. Raises `TranscriberError` saying what the network said, `OSError` if it cannot be written."""
    if not url.startswith(("https://", "http://")):
        raise TranscriberError(f"{url} is no address of a web server")
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as response:  # noqa: S310 - the scheme was looked at
            _receive(response, file, on_progress)
    except urllib.error.HTTPError as error:
        error.close()
        raise TranscriberError(f"{url} cannot be fetched: the server says {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise TranscriberError(f"{url} cannot be fetched: {_reason(error)}") from error
    except (TimeoutError, ConnectionError, http.client.HTTPException, ValueError) as error:
        raise TranscriberError(f"{url} cannot be fetched: {error or type(error).__name__}") from error


def unpack(archive: Path, folder: Path) -> None:
    """Unpack the single folder of a zip file as `folder`. Raises `TranscriberError` for one that is not to be trusted.

    Names, kinds and sizes are judged before the first byte is written; zipfile itself sees to it that no file becomes
    longer than it was declared.
    """
    try:
        with zipfile.ZipFile(archive) as content:
            members = content.infolist()
            _refuse_the_dangerous(members)
            for member in members:
                _unpack_one(content, member, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, FileExistsError) as error:
        raise TranscriberError(f"the archive is damaged: {error}") from error


def _receive(response: http.client.HTTPResponse, file: Path, on_progress: OnProgress) -> None:
    length = response.headers.get("Content-Length", "")
    expected = int(length) if length.isdecimal() else None
    received = 0
    with file.open("wb") as out:
        while piece := response.read(_PIECE_BYTES):
            received += len(piece)
            if received > MAX_BYTES:
                raise TranscriberError(f"the archive is larger than {MAX_BYTES // 1_000_000} MB")
            out.write(piece)
            on_progress(received, expected)
    if expected is not None and received < expected:
        raise TranscriberError(f"the connection broke after {received} of {expected} bytes")


def _refuse_the_dangerous(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > _MAX_FILES or sum(m.file_size for m in members) > MAX_BYTES:
        raise TranscriberError(f"the archive unpacks to more than {MAX_BYTES // 1_000_000} MB or {_MAX_FILES} files")
    for member in members:
        path = PurePosixPath(member.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in member.filename or ":" in member.filename:
            raise TranscriberError(f"the archive wants to write outside of its folder: {member.filename!r}")
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise TranscriberError(f"the archive holds a link or worse: {member.filename!r}")
        if len(path.parts) < (1 if member.is_dir() else 2):
            raise TranscriberError(f"the archive should hold one folder, not {member.filename!r} beside it")
    if len({PurePosixPath(m.filename).parts[0] for m in members}) != 1:
        raise TranscriberError("the archive should hold one folder with a model in it")


def _unpack_one(content: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    target = folder.joinpath(*PurePosixPath(member.filename).parts[1:])
    if member.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with content.open(member) as source, target.open("xb") as out:
        shutil.copyfileobj(source, out)
        out.flush()
        os.fsync(out.fileno())  # after a power cut, a model that is there must be whole


def _replace(folder: Path, model: Path, aside: Path) -> None:
    """A folder that is not empty cannot be renamed over: the old model steps aside, and comes back if need be."""
    had_one = folder.exists()
    if had_one:
        folder.rename(aside)
    try:
        model.rename(folder)
    except OSError:
        if had_one:
            aside.rename(folder)
        raise


def _reason(error: urllib.error.URLError) -> str:
    cause = error.reason
    return (cause.strerror or str(cause)) if isinstance(cause, OSError) else str(cause)


def _by_hand(url: str, folder: Path) -> str:
    return (
        f"by hand: download {url} on another machine, unzip it, and copy what is in its folder to {folder}, "
        f"so that there is {folder / 'am' / 'final.mdl'}"
    )
