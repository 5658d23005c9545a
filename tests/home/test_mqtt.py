"""The real client against a real broker: what goes wrong is said in plain words, and survived."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from device.home.mqtt import MqttBus
from device.settings import BrokerSettings
from tests import brokers
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(not brokers.INSTALLED, reason="mosquitto is not installed")


@contextmanager
def client(settings: BrokerSettings) -> Iterator[MqttBus]:
    bus = MqttBus(settings, backoff_s=(0.05, 0.2))
    try:
        yield bus
    finally:
        bus.close()


def says(bus: MqttBus, words: str) -> bool:
    return words in bus.trouble


def certificate(folder: Path) -> tuple[Path, Path]:
    crt, key = folder / "broker.crt", folder / "broker.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", crt),
        ],
        check=True,
        capture_output=True,
    )
    return crt, key


def test_broker_away_at_start_then_there_then_gone_then_back(tmp_path: Path) -> None:
    port = brokers.free_port()
    with client(BrokerSettings(host="127.0.0.1", port=port)) as bus:
        wait_until(lambda: "nothing listens" in bus.trouble, "a plain word on the missing broker")
        assert bus.publish("a", "b") is None
        for generation in (1, 2):
            with brokers.mosquitto(tmp_path, port=port):
                wait_until(lambda: bus.connected, "a connection")
                assert (bus.generation, bus.trouble) == (generation, "")
            wait_until(lambda: not bus.connected, "the loss of it")


def test_wrong_password_is_called_that(tmp_path: Path) -> None:
    with (
        brokers.mosquitto(tmp_path, users={"ann": "right"}) as (host, port),
        client(BrokerSettings(host=host, port=port, user="ann", password="wrong")) as bus,
    ):
        wait_until(lambda: "wrong user or password" in bus.trouble, "the refusal")
        assert "wrong user or password (user 'ann')" in bus.trouble
    with (
        brokers.mosquitto(tmp_path, users={"ann": "right"}) as (host, port),
        client(BrokerSettings(host=host, port=port, user="ann", password="right")) as bus,
    ):
        wait_until(lambda: bus.connected, "a connection")


def test_certificates_are_checked(tmp_path: Path) -> None:
    crt, key = certificate(tmp_path)
    with brokers.mosquitto(tmp_path, certificate=(crt, key)) as (_, port):
        trusting = BrokerSettings(host="localhost", port=port, tls=True, ca_file=str(crt))
        with client(trusting) as bus:
            wait_until(lambda: bus.connected, "a connection")
        (tmp_path / "another").mkdir()
        stranger = str(certificate(tmp_path / "another")[0])
        for ca_file in ("", stranger):
            with client(BrokerSettings(host="localhost", port=port, tls=True, ca_file=ca_file)) as bus:
                wait_until(partial(says, bus, "certificate"), "the refusal")
                assert "is not to be trusted" in bus.trouble
                assert "broker.ca_file" in bus.trouble
        missing = str(tmp_path / "missing.crt")
        with client(BrokerSettings(host="localhost", port=port, tls=True, ca_file=missing)) as bus:
            wait_until(lambda: missing in bus.trouble, "the missing file")
        with client(BrokerSettings(host="localhost", port=port)) as bus:
            wait_until(lambda: "hung up" in bus.trouble or "lost" in bus.trouble, "TLS without us")
            assert "TLS" not in bus.trouble or "broker.tls" in bus.trouble


def test_a_broker_without_tls_is_told_from_one_with(mosquitto: tuple[str, int]) -> None:
    host, port = mosquitto
    with client(BrokerSettings(host=host, port=port, tls=True)) as bus:
        wait_until(lambda: bus.trouble not in ("", "not connected yet"), "the refusal")
        assert not bus.connected
        assert f"{host}:{port}" in bus.trouble


def test_something_else_that_listens_is_no_broker() -> None:
    with socket.create_server((brokers.HOST, 0)) as other:
        other.settimeout(5)
        port = other.getsockname()[1]
        with client(BrokerSettings(host=brokers.HOST, port=port)) as bus:
            connection, _ = other.accept()
            with connection:
                connection.recv(1)
            wait_until(lambda: "without a greeting" in bus.trouble, "a plain word")
            assert "broker.port" in bus.trouble


def test_every_trouble_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    port = brokers.free_port()
    with caplog.at_level("WARNING"), client(BrokerSettings(host=brokers.HOST, port=port)) as bus:
        tries: list[str] = []

        def tried_often() -> bool:
            tries.append(bus.trouble)
            return tries.count(f"nothing listens at {brokers.HOST}:{port}; is the broker running?") > 60

        wait_until(tried_often, "some tries")
    assert caplog.text.count("nothing listens") == 1
