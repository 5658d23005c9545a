"""The real client against a real broker: what goes wrong is said in plain words, and survived."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from device.home.bus import Will
from device.home.mqtt import MqttBus
from device.settings import BrokerSettings
from tests import brokers
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(not brokers.INSTALLED, reason="mosquitto is not installed")


@contextmanager
def client(settings: BrokerSettings, will: Will | None = None) -> Iterator[MqttBus]:
    bus = MqttBus(settings, will=will, backoff_s=(0.05, 0.2))
    try:
        yield bus
    finally:
        bus.close()


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
        with client(BrokerSettings(host="localhost", port=port, tls=True)) as bus:
            wait_until(lambda: "certificate" in bus.trouble, "the refusal")
            assert "broker.ca_file" in bus.trouble


def test_the_last_will_is_published_when_we_die(mosquitto: tuple[str, int]) -> None:
    host, port = mosquitto
    with client(BrokerSettings(host=host, port=port)) as witness:
        witness.subscribe(["safu/x/availability"])
        wait_until(lambda: witness.connected)
        dying = MqttBus(BrokerSettings(host=host, port=port), will=Will("safu/x/availability", "offline"))
        wait_until(lambda: dying.connected)
        assert dying._client is not None
        sock: Any = dying._client.socket()
        sock.shutdown(2)  # as a power cut would
        seen: list[bytes] = []

        def will_is_seen() -> bool:
            seen.extend(m.payload for m in witness.drain())
            return b"offline" in seen

        wait_until(will_is_seen, "the will")
        dying.close()
