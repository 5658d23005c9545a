"""`safu-trainer pair` and `safu pair` over a real broker: a code, two keys, and nothing for those who listen in."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device.commands.pair import exchange
from device.errors import BrokerError, PairingError
from device.home.bus import Message
from device.home.mqtt import MqttBus
from device.host import KEYS
from device.keys import KeyRing, load_ring, new_ring
from device.letters import topic_to_device, topic_to_trainer
from device.pairing import new_code, seal_with, unseal_with
from device.settings import BrokerSettings
from tests.waiting import wait_until

HERE = Path(__file__).parents[2]
LONGEST_S = 60.0


@contextmanager
def bus(broker: tuple[str, int]) -> Iterator[MqttBus]:
    made = MqttBus(BrokerSettings(host=broker[0], port=broker[1]))
    try:
        wait_until(lambda: made.connected, "the broker")
        yield made
    finally:
        made.close()


def command(side: str, folder: Path, broker: tuple[str, int], *arguments: str) -> list[str]:
    where = ["--storage" if side == "device" else "--folder", str(folder / side)]
    return [sys.executable, "-m", side, "pair", *arguments, "--broker", f"{broker[0]}:{broker[1]}", *where]


def pair(folder: Path, broker: tuple[str, int]) -> str:
    """By the two commands; returns the code."""
    shows = command("trainer", folder, broker)
    with subprocess.Popen(shows, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as trainer:
        try:
            assert trainer.stdout is not None
            code = str(re.findall(r"safu pair ([A-Z2-7-]{19})$", trainer.stdout.readline())[0])
            spoken = code.lower().split("-")  # as people type
            typed = command("device", folder, broker, *spoken)
            device = subprocess.run(typed, cwd=HERE, capture_output=True, text=True, timeout=LONGEST_S, check=False)
            assert (device.returncode, device.stderr) == (0, device.stderr), device.stderr
            assert "know each other now" in device.stdout
            told, _ = trainer.communicate(timeout=LONGEST_S)
            assert (trainer.returncode, "safu and this trainer know each other now" in told) == (0, True)
        finally:
            trainer.kill()
    return code


def rings(folder: Path) -> tuple[KeyRing, KeyRing]:
    device, trainer = load_ring(folder / "device" / KEYS), load_ring(folder / "trainer" / "keys" / "safu.json")
    assert device is not None
    assert trainer is not None
    return device, trainer


def test_pairing_again_replaces_and_eavesdroppers_learn_nothing(tmp_path: Path, mosquitto: tuple[str, int]) -> None:
    with bus(mosquitto) as eavesdropper:
        eavesdropper.subscribe(["#"])
        codes = [pair(tmp_path, mosquitto)]
        device, trainer = rings(tmp_path)
        assert device.house == trainer.house != ""
        assert trainer.unseal(device.seal(b"a lesson")) == b"a lesson"
        device.check(b"a model", trainer.sign(b"a model"))
        for file in (tmp_path / "device" / KEYS, tmp_path / "trainer" / "keys" / "safu.json"):
            assert file.stat().st_mode & 0o777 == 0o600, file
            assert file.parent.stat().st_mode & 0o077 == 0, file

        (tmp_path / "device" / KEYS).unlink()  # a new card in the device
        codes.append(pair(tmp_path, mosquitto))
        newer, again = rings(tmp_path)
        assert (newer.house, again.public) == (device.house, trainer.public), "the trainer is who it was"
        assert newer.public != device.public
        with pytest.raises(PairingError):
            again.unseal(device.seal(b"from the old card"))
        assert again.unseal(newer.seal(b"from the new card")) == b"from the new card"

        recorded: list[Message] = []
        wait_until(lambda: heard_all(eavesdropper, recorded), "all four messages")
    check_nothing_is_told(recorded, codes, [device, trainer, newer])


def heard_all(eavesdropper: MqttBus, recorded: list[Message]) -> bool:
    """Of two pairings."""
    recorded += eavesdropper.drain()
    return len(recorded) >= 4


def check_nothing_is_told(recorded: list[Message], codes: list[str], known: list[KeyRing]) -> None:
    """No key, no house and no code is in what was recorded, nor can it be opened with another code or key."""
    heard = b"\n".join(message.payload for message in recorded)
    for ring in known:
        for secret in (ring.public.encode(), bytes.fromhex(ring.public), bytes(ring.own), ring.house.encode()):
            assert secret not in heard
    for code in codes:
        assert code.encode() not in heard
        assert code.replace("-", "").encode() not in heard
    for message in recorded:
        for other in (new_code(), "AAAA-AAAA-AAAA-AAAA", *(reversed_code(code) for code in codes)):
            with pytest.raises(PairingError):
                unseal_with(other, message.payload)
        for ring in known:
            with pytest.raises(PairingError):
                ring.unseal(message.payload)
        with pytest.raises(ValueError, match=r"(codec|Expecting|Extra)"):
            json.loads(message.payload)


def reversed_code(code: str) -> str:
    return code[::-1] if code[::-1] != code else new_code()


def test_a_wrong_code_ends_with_what_to_do(mosquitto: tuple[str, int]) -> None:
    with bus(mosquitto) as device, pytest.raises(PairingError) as caught:
        exchange(device, "safu", new_code(), new_ring(), wait_s=0.3)
    assert str(caught.value) == (
        "no trainer answered to this code; is safu-trainer pair waiting, with the same broker?"
    )


def test_without_a_broker_it_says_so() -> None:
    away = MqttBus(BrokerSettings(host="127.0.0.1", port=1))
    try:
        with pytest.raises(BrokerError, match=r"cannot be reached.*safu pair CODE --broker HOST"):
            exchange(away, "safu", new_code(), new_ring(), wait_s=0.3)
    finally:
        away.close()


def test_what_is_no_code_is_said_at_once(tmp_path: Path) -> None:
    typed = command("device", tmp_path, ("127.0.0.1", 1), "AAAA-BBBB")
    ended = subprocess.run(typed, cwd=HERE, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    assert (ended.returncode, "this is no code" in ended.stderr) == (1, True)
    assert "four groups of four" in ended.stderr
    assert not (tmp_path / "device").exists()


def test_who_does_not_know_the_code_is_not_believed(mosquitto: tuple[str, int]) -> None:
    """Somebody answers first, with the device's own message, with rubbish, and with a code of his own."""
    with bus(mosquitto) as device, bus(mosquitto) as attacker:
        attacker.subscribe([topic_to_trainer("safu")])
        attacker.listen(lambda message: answer(attacker, message), lambda: None)
        with pytest.raises(PairingError, match="no trainer answered"):
            exchange(device, "safu", new_code(), new_ring(), wait_s=1.0)


def answer(attacker: MqttBus, message: Message) -> None:
    facts = {"public": new_ring().public, "house": "mine", "device": "x"}
    for payload in (message.payload, b"", b"\xff" * 100, seal_with(new_code(), facts)):
        attacker.publish(topic_to_device("safu"), payload)
