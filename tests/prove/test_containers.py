"""The services of docker/compose.yaml, run as it says from the images that `make containers` built without docker.

podman plays compose's part, on the network of the host; a mosquitto of Debian's plays eclipse-mosquitto:2. Everything
else, from the read-only root to the health checks, is read from the files. About a minute.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from device.demo.script import load_manifest
from device.home.mqtt import MqttBus
from device.home.virtual import VirtualHouse
from device.messages import Action
from tests import docker_house
from tests.waiting import wait_until

pytestmark = pytest.mark.prove

PORT = 8883
IMAGES = {
    "mosquitto": "localhost/safu-test-mosquitto",
    "device": "localhost/safu-device",
    "trainer": "localhost/safu-trainer",
}
PODMAN = ("podman", "--runtime", "runc", "--cgroup-manager", "cgroupfs")
"""runc and cgroupfs work where there is no systemd."""
ULIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")
"""podman's own default is more than a container within a container may have."""
SPEECH = [r.path for r in load_manifest() if "talk" in r.path.name][:2]
COMMANDS = [r.path for r in load_manifest() if r.kind == "command" and str(r.action) == "kitchen_light on"]
"""The first day is enough for these: the name, and on."""


def podman(*arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run podman to its end."""
    return subprocess.run([*PODMAN, *map(str, arguments)], check=check, capture_output=True, text=True)


@dataclass(frozen=True)
class House:
    """The services, as compose.yaml in `folder` describes them."""

    folder: Path
    services: dict[str, dict[str, Any]]
    secrets: dict[str, dict[str, str]]
    prefix: str

    def start(self, name: str, *command: object) -> str:
        """Run a service, with its own command if none is given; returns the container's name."""
        container = f"{self.prefix}-{name}"
        podman("run", "--detach", "--name", container, *self.options(name), IMAGES[name], *command)
        return container

    def once(self, name: str, *command: object) -> subprocess.CompletedProcess[str]:
        """Run a command in a service's container to its end."""
        entry = ("--entrypoint", json.dumps(list(map(str, command))))
        return podman("run", "--rm", *self.options(name), *entry, IMAGES[name], check=False)

    def options(self, name: str) -> list[str]:
        """What compose would tell docker."""
        service = self.services[name]
        options = ["--network", "host", "--add-host", "mosquitto:127.0.0.1", *ULIMITS]
        options += ["--read-only"] if service["read_only"] else []
        options += ["--user", service["user"], "--memory", service["mem_limit"]]
        options += _each("--cap-drop", service["cap_drop"])
        options += _each("--security-opt", (o.replace(":true", "") for o in service["security_opt"]))
        options += _each("--tmpfs", service["tmpfs"])
        options += _each("--group-add", service.get("group_add", ()))
        options += _each("--device", (d for d in service.get("devices", ()) if Path(d.split(":")[0]).exists()))
        options += _each("--env", (f"{key}={value}" for key, value in service.get("environment", {}).items()))
        options += _each("--env-file", (self.folder / file for file in service.get("env_file", ())))
        options += _each("--volume", map(self._mount, service["volumes"]))
        options += _each("--volume", (self._secret(secret) for secret in service["secrets"]))
        if name == "device":
            options += ["--volume", f"{SPEECH[0].parent}:/recordings:ro"]  # instead of the microphone
        return options

    def _mount(self, volume: str) -> str:
        source, _, rest = volume.partition(":")
        return f"{self.folder / source}:{rest}" if source.startswith(".") else f"{self.prefix}-{source}:{rest}"

    def _secret(self, name: str) -> str:
        return f"{self.folder / self.secrets[name]['file']}:/run/secrets/{name}:ro"


def _each(option: str, values: Any) -> list[str]:
    return [word for value in values for word in (option, str(value))]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With a broker that runs; everything is gone afterwards."""
    _skip_unless_built()
    compose = docker_house.compose()
    folder = docker_house.copy_with_secrets(tmp_path_factory.mktemp("house"))
    config = folder / "mosquitto.conf"
    # The broker tells this test who comes; docker/mosquitto.conf has it silent because of the health check.
    config.write_text(config.read_text().replace("connection_messages false", "connection_messages true"))
    made = House(folder, compose["services"], compose["secrets"], f"safu-test-{os.getpid()}")
    try:
        broker = made.start("mosquitto")
        wait_until(lambda: "running" in podman("logs", broker).stderr, "the broker")
        yield made
    finally:
        containers = podman("ps", "--all", "--quiet", "--filter", f"name={made.prefix}").stdout.split()
        podman("rm", "--force", "--volumes", "--time", 2, *containers)
        podman("volume", "rm", *podman("volume", "ls", "--quiet", "--filter", f"name={made.prefix}").stdout.split())


def _skip_unless_built() -> None:
    for program in ("podman", "runc", "buildah", "openssl", "mosquitto_passwd"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    for image in (IMAGES["device"], IMAGES["trainer"], "localhost/safu-base:bookworm"):
        if podman("image", "exists", image, check=False).returncode != 0:
            pytest.skip(f"there is no image {image}; sudo make containers builds it where there is no docker")
    file = Path(__file__).with_name("mosquitto.Dockerfile")
    build = "buildah bud --pull=never --layers --isolation chroot".split()
    subprocess.run([*build, "-t", IMAGES["mosquitto"], "-f", file, file.parent], check=True, capture_output=True)


@pytest.fixture
def witness(house: House) -> Iterator[MqttBus]:
    """Home Assistant, listening to everything."""
    with docker_house.connected(docker_house.user_settings(house.folder, "homeassistant", PORT)) as bus:
        bus.subscribe(["#"])
        yield bus


def test_strangers_are_refused(house: House) -> None:
    known = docker_house.user_settings(house.folder, "device", PORT)
    assert "wrong user or password" in docker_house.refusal(replace(known, user="", password=""))
    assert "wrong user or password" in docker_house.refusal(replace(known, password="wrong"))
    assert "without a greeting" in docker_house.refusal(replace(known, tls=False))


def test_everybody_hears_what_is_meant_for_them(house: House) -> None:
    docker_house.assert_access_is_as_promised(house.folder, PORT)


@pytest.mark.parametrize("name", IMAGES)
def test_a_service_is_nobody_and_writes_nowhere_else(house: House, name: str) -> None:
    state = house.services[name]["volumes"][-1].split(":")[1]
    script = f"""
        id -u
        grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status
        for folder in / /etc /usr /opt /var/lib /run/secrets /tmp {state}; do
            (: > $folder/written) 2>/dev/null && echo wrote $folder
        done"""
    told = house.once(name, "sh", "-c", script).stdout.split("\n")
    assert told[0] == house.services[name]["user"].split(":")[0] != "0"
    assert {line.split()[1] for line in told[1:4]} == {"0000000000000000", "1"}
    assert [line for line in told if line.startswith("wrote")] == ["wrote /tmp", f"wrote {state}"]


def test_the_broker_says_it_is_well(house: House) -> None:
    kind, command = house.services["mosquitto"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    podman("exec", f"{house.prefix}-mosquitto", "sh", "-c", command.replace("$$", "$"))


def test_the_device_hears_and_switches(house: House, witness: MqttBus) -> None:
    lamps = VirtualHouse(MqttBus(docker_house.user_settings(house.folder, "homeassistant", PORT)))
    told: dict[str, str] = {}

    def has_told(topic: str, wanted: str) -> bool:
        told.update((m.topic, m.payload.decode()) for m in witness.drain())
        return wanted in told.get(topic, "")

    with closing(lamps):
        played = [f"/recordings/{path.name}" for path in (*SPEECH, *COMMANDS, *SPEECH, *SPEECH)]
        container = house.start("device", "run", *played)
        wait_until(lambda: has_told("homeassistant/device/safu_safu/config", "voice switch"), "its announcement", 60)
        wait_until(lambda: has_told("safu/safu/availability", "online"), "its availability", 60)
        podman("healthcheck", "run", container)
        wait_until(lambda: lamps.commands, f"a command\n{podman('logs', container).stderr}", 60)
        assert {command.action for command in lamps.commands} == {Action("kitchen_light", "on")}
        podman("stop", "--time", 10, container)
        wait_until(lambda: has_told("safu/safu/availability", "offline"), "its goodbye")
    assert podman("inspect", "--format", "{{.State.ExitCode}}", container).stdout.strip() == "0"


def test_the_device_remembers_after_a_restart(house: House) -> None:
    """Its journal is in the volume, which outlives the container of the test before."""
    assert "kitchen_light on" in house.once("device", "safu", "history").stdout


def test_the_trainer_starts(house: House) -> None:
    helped = house.once("trainer", "safu-trainer", "--help")
    assert helped.returncode == 0, helped.stderr
    assert "safu-trainer" in helped.stdout
    torch = house.once("trainer", "python", "-c", "import torch; print(torch.version.cuda, torch.ones(2, 2).sum())")
    assert torch.stdout.strip() == "None tensor(4.)", torch.stderr


def test_the_trainer_watches(house: House) -> None:
    if house.once("trainer", "safu-trainer", "watch", "--help").returncode != 0:
        pytest.skip("safu-trainer has no watch yet")
    container = house.start("trainer")
    broker = f"{house.prefix}-mosquitto"
    wait_until(lambda: "u'trainer'" in podman("logs", broker).stderr, f"it\n{podman('logs', container).stderr}", 60)
    time.sleep(10)
    assert podman("inspect", "--format", "{{.State.Running}}", container).stdout.strip() == "true"
    podman("healthcheck", "run", container)
