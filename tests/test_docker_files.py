"""`docker/`: its files keep the rules of the house, its secrets stay as they are, its broker lets nobody in unasked."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from device.settings import read_settings
from tests import brokers, docker_house
from tests.docker_house import FOLDER

COMPOSE = docker_house.compose()
SERVICES = sorted(COMPOSE["services"])
DOCKERFILES = {name: FOLDER / f"{name}.Dockerfile" for name in ("device", "trainer")}
PUBLIC = {"ca.crt", "server.crt"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_little(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert any(mount.startswith("/tmp:") for mount in service["tmpfs"])
    assert service["restart"] == "unless-stopped"
    assert service["mem_limit"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service)
    uid, gid = service["user"].split(":")
    assert int(uid) > 0
    assert int(gid) > 0


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_says_how_it_is(name: str) -> None:
    own = COMPOSE["services"][name].get("healthcheck")
    assert own or "\nHEALTHCHECK " in DOCKERFILES[name].read_text()
    assert own is None or own["test"][0] in ("CMD", "CMD-SHELL")


@pytest.mark.parametrize("name", DOCKERFILES)
def test_an_image(name: str) -> None:
    text = DOCKERFILES[name].read_text()
    assert "ARG BASE=python:3.11-slim-bookworm\n" in text
    assert f"\nUSER {COMPOSE['services'][name]['user']}\n" in text, "image and compose.yaml mean the same user"
    assert "\nVOLUME /var/lib/safu\n" in text
    assert "STATE_DIRECTORY=/var/lib/safu" in text
    assert f"{name}:/var/lib/safu" in COMPOSE["services"][name]["volumes"]
    assert text.count("pip install") == text.count("--no-cache-dir")


@pytest.mark.parametrize("name", SERVICES)
def test_no_password_stands_in_compose(name: str) -> None:
    service = COMPOSE["services"][name]
    assert not [key for key in service.get("environment", {}) if re.search("PASS|SECRET|TOKEN|KEY", key)]
    assert all(file.startswith("secrets/") for file in service.get("env_file", []))
    ignored = FOLDER.parent.joinpath(".gitignore").read_text().splitlines()
    assert "docker/secrets/" in ignored


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`docker/` with secrets."""
    if not shutil.which("openssl") or not shutil.which("mosquitto_passwd"):
        pytest.skip("openssl or mosquitto_passwd is not installed")
    return docker_house.copy_with_secrets(tmp_path_factory.mktemp("house"))


def test_settings_reach_device_and_trainer(copied: Path) -> None:
    for name in ("device", "trainer"):
        service = COMPOSE["services"][name]
        variables = dict(service["environment"])
        for file in service["env_file"]:
            variables |= docker_house.env_file(copied / file)
        broker = read_settings(environment=variables).broker
        assert broker.address == ("mosquitto", 8883)
        assert (broker.tls, broker.user, len(broker.password) >= 32) == (True, name, True)
        assert broker.ca_file.removeprefix("/run/secrets/") in service["secrets"]


def test_secrets_are_made_once_and_only_their_owners_read_them(copied: Path) -> None:
    folder = copied / "secrets"
    before = _fingerprints(folder)
    subprocess.run([copied / "make-secrets.sh"], check=True, capture_output=True)
    assert _fingerprints(folder) == before
    assert {COMPOSE["secrets"][name]["file"] for name in COMPOSE["secrets"]} <= {f"secrets/{name}" for name in before}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in folder.iterdir():
        mode = stat.S_IMODE(file.stat().st_mode)
        assert mode == (0o644 if file.name in PUBLIC else 0o600), file.name
    if os.geteuid() == 0:
        uid = int(COMPOSE["services"]["mosquitto"]["user"].split(":")[0])
        assert {file.name for file in folder.iterdir() if file.stat().st_uid == uid} == {
            "server.key",
            "passwords",
            "acl",
        }


def test_postgresql_is_used_once_it_is_asked_for(copied: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(copied, tmp_path / "docker") / "secrets"
    before = _fingerprints(folder)

    def trainers_database(*arguments: str) -> str:
        made = subprocess.run(
            [folder.parent / "make-secrets.sh", *arguments], check=True, capture_output=True, text=True
        )
        assert ("--profile postgres up" in made.stdout) == ("postgresql" in (folder / "database.env").read_text())
        files = COMPOSE["services"]["trainer"]["env_file"]
        variables = dict(pair for file in files for pair in docker_house.env_file(folder.parent / file).items())
        return read_settings(environment=variables).trainer.database

    def expected() -> str:
        return f"postgresql://safu:{docker_house.env_file(folder / 'postgres.env')['POSTGRES_PASSWORD']}@postgres/safu"

    assert trainers_database() == ""
    assert trainers_database("postgres") == trainers_database() == expected()
    after = _fingerprints(folder)
    assert {name for name in before if before[name] != after[name]} == {"database.env"}
    (folder / "postgres.env").unlink()
    assert trainers_database() == expected(), "the new password"
    wrong = subprocess.run([folder.parent / "make-secrets.sh", "x"], check=False, capture_output=True, text=True)
    assert (wrong.returncode, "[postgres]" in wrong.stderr) == (2, True)


def test_what_was_lost_is_made_again(copied: Path, tmp_path: Path) -> None:
    lost = shutil.copytree(copied, tmp_path / "docker")
    before = _fingerprints(lost / "secrets")
    for name in ("ca.crt", "device.env"):
        (lost / "secrets" / name).unlink()
    subprocess.run([lost / "make-secrets.sh"], check=True, capture_output=True)
    after = _fingerprints(lost / "secrets")
    changed = {name for name in before if before[name][0] != after[name][0]}
    assert changed == {"ca.key", "ca.crt", "server.key", "server.crt", "device.env", "passwords"}, (
        "and what hangs on it"
    )
    certificates = [lost / "secrets" / "ca.crt", lost / "secrets" / "server.crt"]
    subprocess.run(["openssl", "verify", "-x509_strict", "-CAfile", *certificates], check=True, capture_output=True)


def test_no_password_is_kept_in_the_clear_by_the_broker(copied: Path) -> None:
    hashes = (copied / "secrets" / "passwords").read_text()
    for user in docker_house.USERS:
        assert f"{user}:$" in hashes
        assert docker_house.user_settings(copied, user, 0).password not in hashes


@pytest.fixture(scope="module")
def broker(copied: Path) -> Iterator[int]:
    """A real mosquitto with docker/mosquitto.conf; its paths and port are this test's."""
    if not brokers.INSTALLED:
        pytest.skip("mosquitto is not installed")
    port = brokers.free_port()
    data = copied / "data"
    data.mkdir()
    config = copied / "mosquitto.conf"
    text = config.read_text()
    for there, here in {
        "listener 8883": f"listener {port} 127.0.0.1",
        "/run/secrets/": f"{copied}/secrets/",
        "/mosquitto/data/": f"{data}/",
    }.items():
        assert there in text
        text = text.replace(there, here)
    config.write_text(text + "user root\n")  # root reads what belongs to the broker in its container
    with brokers.running(config, port):
        yield port


def test_strangers_are_refused(copied: Path, broker: int) -> None:
    known = docker_house.user_settings(copied, "device", broker)
    with docker_house.connected(known):
        pass
    assert "wrong user or password" in docker_house.refusal(replace(known, user="", password=""))
    assert "wrong user or password" in docker_house.refusal(replace(known, password="wrong"))
    assert "wrong user or password" in docker_house.refusal(replace(known, user="nobody"))
    assert "without a greeting" in docker_house.refusal(replace(known, tls=False))
    assert "not to be trusted" in docker_house.refusal(replace(known, ca_file=""))


def test_everybody_hears_what_is_meant_for_them(copied: Path, broker: int) -> None:
    docker_house.assert_access_is_as_promised(copied, broker)


def test_the_broker_is_well_if_it_refuses_a_stranger(copied: Path, broker: int) -> None:
    """The health check of compose.yaml, as it stands there."""
    if not shutil.which("mosquitto_sub"):
        pytest.skip("mosquitto-clients is not installed")
    check = COMPOSE["services"]["mosquitto"]["healthcheck"]["test"][1].replace("$$", "$")
    check = check.replace("/run/secrets/", f"{copied}/secrets/")
    here = check.replace("-p 8883", f"-p {broker}")
    assert subprocess.run(["sh", "-c", here], capture_output=True).returncode == 0
    nowhere = check.replace("-p 8883", f"-p {brokers.free_port()}")
    assert subprocess.run(["sh", "-c", nowhere], capture_output=True).returncode != 0


def _fingerprints(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        file.name: (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns) for file in folder.iterdir()
    }
