"""A model from the network: taken if it is one, refused without a trace if it is not."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from device.errors import TranscriberError
from device.transcribers import vosk_model
from device.transcribers.vosk import VoskTranscriber
from device.transcribers.vosk_model import fetch_model as fetch
from tests.brokers import free_port


@contextmanager
def served(content: bytes) -> Iterator[str]:
    """A web server on loopback that has only this."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/model.zip"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            if content == b"<link>":
                info.external_attr = 0o120777 << 16
            archive.writestr(info, content)
    return packed.getvalue()


GOOD = zipped({"vosk-small/am/final.mdl": b"weights", "vosk-small/conf/model.conf": b""})


def test_a_model_is_put_in_place_with_progress(tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    target = tmp_path / "storage" / "vosk"
    with served(GOOD) as url:
        fetch(url, target, lambda done, total: seen.append((done, total)))
        fetch(url, target, lambda *_: None)
    assert (target / "am" / "final.mdl").read_bytes() == b"weights"
    assert seen[-1] == (len(GOOD), len(GOOD))
    assert [path.name for path in target.parent.iterdir()] == ["vosk"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (zipped({"../escape/am/final.mdl": b""}), "outside"),
        (zipped({"/am/final.mdl": b""}), "outside"),
        (zipped({"m/am/final.mdl": b"<link>"}), "a link"),
        (zipped({"m/am/final.mdl": b"", "m/../../x": b""}), "outside"),
        (zipped({"m/am/final.mdl": b"", "m\\..\\x": b""}), "outside"),
        (zipped({"m/am/final.mdl": b"", "other/x": b""}), "one folder"),
        (zipped({"final.mdl": b""}), "one folder"),
        (zipped({"m/readme": b""}), "no Vosk model"),
        (GOOD[: len(GOOD) // 2], "damaged"),
        (b"<html>", "damaged"),
    ],
)
def test_what_is_no_model_leaves_the_old_one(tmp_path: Path, content: bytes, told: str) -> None:
    target = tmp_path / "storage" / "vosk"
    (target / "am").mkdir(parents=True)
    (target / "am" / "final.mdl").write_text("old")
    with served(content) as url, pytest.raises(TranscriberError, match=told):
        fetch(url, target, lambda *_: None)
    assert (target / "am" / "final.mdl").read_text() == "old"
    assert [path.name for path in target.parent.iterdir()] == ["vosk"]
    assert [path.name for path in tmp_path.iterdir()] == ["storage"]


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vosk_model, "MAX_BYTES", 1000)
    with served(zipped({"m/am/final.mdl": bytes(5000)})) as url, pytest.raises(TranscriberError, match="larger than"):
        fetch(url, tmp_path / "vosk", lambda *_: None)


def test_without_a_network_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TranscriberError) as refused:
        fetch(f"http://127.0.0.1:{free_port()}/model.zip", tmp_path / "vosk", lambda *_: None)
    assert "by hand" in refused.value.hint


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(TranscriberError, match="no Vosk model in") as refused:
        VoskTranscriber(tmp_path)
    assert "safu model fetch" in refused.value.hint
