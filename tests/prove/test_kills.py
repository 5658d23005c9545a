"""`kill -9` at random moments of a busy house: no acknowledged lesson is lost, no stale command is sent.

Every round starts `safu run` on what the last one left, on a real broker, while a person talks and flips switches,
and kills it after a random time. About a quarter of an hour.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from device.demo.script import load_manifest
from device.home.local_bus import LocalBus
from device.home.mqtt import MqttBus
from device.home.outbox import LIFE_MS
from device.home.virtual import DEVICES, VirtualHouse
from device.journal import SqliteJournal
from device.journal_folder import FILE
from device.messages import Action
from device.settings import BrokerSettings
from tests.waiting import wait_until

ROUNDS = 200
LONGEST_S = 6.0
SPEECH = [str(r.path) for r in load_manifest() if r.kind in ("lesson", "command")]


@pytest.mark.prove
def test_kills_lose_nothing(tmp_path: Path, mosquitto: tuple[str, int]) -> None:
    chance = random.Random(2026)
    broker = BrokerSettings(host=mosquitto[0], port=mosquitto[1])
    house, witness = VirtualHouse(MqttBus(broker)), MqttBus(broker)
    acknowledged: set[int] = set()
    try:
        witness.subscribe(["safu/safu/lesson"])
        wait_until(lambda: witness.connected)
        for round_number in range(ROUNDS):
            kill_once(tmp_path / "safu", broker, house, chance)
            acknowledged |= {json.loads(message.payload)["id"] for message in witness.drain()}
            journal = SqliteJournal(tmp_path / "safu" / FILE)
            kept = {lesson.id for lesson in journal.lessons()}
            journal.close()
            assert acknowledged <= kept, f"round {round_number}"
            assert not list(tmp_path.rglob("*damaged*")), f"round {round_number}"
    finally:
        house.close()
        witness.close()
    assert len(acknowledged) > ROUNDS / 10, "the house was busy"


def kill_once(folder: Path, broker: BrokerSettings, house: VirtualHouse, chance: random.Random) -> None:
    """One round: talk, flip, kill. A command that was waiting at the kill must not come after its time."""
    host, port = broker.address
    command = [sys.executable, "-m", "device", "run", "--storage", str(folder), "--broker", f"{host}:{port}"]
    speech = chance.sample(SPEECH, 4)
    with subprocess.Popen([*command, *speech], stderr=subprocess.DEVNULL) as running:
        until_s = time.monotonic() + chance.uniform(0.3, LONGEST_S)
        while time.monotonic() < until_s and running.poll() is None:
            device = chance.choice(DEVICES)
            is_off = house.states[device.id].command == "off"
            house.flip(Action(device.id, "on" if is_off else "off"))
            time.sleep(chance.uniform(0.05, 0.6))
        running.send_signal(signal.SIGKILL)


@pytest.mark.prove
def test_a_stale_command_is_never_sent(tmp_path: Path) -> None:
    """What a killed process left in its outbox is dropped when it is too old or the device has changed."""
    from device.home.mqtt_home import MqttHome
    from device.settings import Settings

    chance = random.Random(7)
    for _ in range(200):
        now_s = [1_000_000.0]
        journal = SqliteJournal(tmp_path / f"{chance.random()}.sqlite3", clock=lambda now_s=now_s: now_s[0])  # type: ignore[misc]
        local = LocalBus()
        house = VirtualHouse(local)
        offline = LocalBus(local.broker)
        home = MqttHome(offline, Settings(), journal)
        for moment in range(200):
            home.drain(32 * moment)
        offline.go_offline()
        wanted = Action("kitchen_light", "on")
        home.perform(wanted, 7_000)
        journal.close()  # the kill
        has_changed = chance.random() < 0.5
        if has_changed:
            house.flip(wanted)
            house.flip(Action("kitchen_light", "on" if chance.random() < 0.5 else "off"))
        again = SqliteJournal(journal.rows.path)
        fresh = MqttHome(LocalBus(local.broker), Settings(), again)
        age_ms = chance.choice([0, LIFE_MS + 1_000])
        fresh._outbox.wall_ms = lambda age_ms=age_ms: int(1000 * time.time()) + age_ms  # type: ignore[misc]
        for moment in range(100):
            fresh.drain(32 * moment)
        sent = [c.action for c in house.commands]
        changed = house.states["kitchen_light"] == wanted and has_changed and not sent
        assert sent in ([], [wanted])
        if age_ms or changed:
            assert sent == []
        assert again.outbox() == [] or not sent
        again.close()
