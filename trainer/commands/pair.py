"""Let a device and this trainer know each other, once.

  safu-trainer pair --broker HOST       here: shows a code, and waits ten minutes
  safu pair CODE                        at the device, where `safu run` may already be running

Each then knows the other's public key. Lessons are sealed for this trainer alone, and only models that it has signed
are installed there. Pairing a device again replaces what was known of it.
"""

from __future__ import annotations

import argparse
import logging
import re
import secrets
import time
from dataclasses import replace

from rich.progress import Progress

from device.errors import PairingError, TrainerError
from device.home.bus import Bus
from device.home.mqtt import MqttBus
from device.keys import KeyRing, new_ring, public_key, save_ring
from device.letters import topic_to_device, topic_to_trainer
from device.pairing import new_code, seal_with, unseal_with
from device.settings import Settings
from trainer.household_store import keys_folder, rings

log = logging.getLogger(__name__)

WAIT_S = 600.0
_LOOK_S = 0.1
_NODE = re.compile(r"safu/([A-Za-z0-9_-]+)/to_trainer")


def add_arguments(_: argparse.ArgumentParser) -> None:
    """`safu-trainer pair` takes nothing of its own."""


def run(settings: Settings, _: argparse.Namespace, progress: Progress) -> int:
    """Show a code, wait for a device that knows it."""
    bus = MqttBus(settings.broker)
    try:
        code = new_code()
        print(f"At the device, type:   safu pair {code}", flush=True)
        waiting = progress.add_task("waiting for the device", total=WAIT_S)
        deadline_s = time.monotonic() + WAIT_S
        bus.subscribe([topic_to_trainer("+")])
        while time.monotonic() < deadline_s:
            node = pair_once(settings, bus, code)
            if node:
                print(f"{node} and this trainer know each other now; go on with: safu-trainer watch")
                return 0
            progress.update(waiting, completed=WAIT_S - (deadline_s - time.monotonic()))
            time.sleep(_LOOK_S)
        trouble = "" if bus.connected else f" ({bus.trouble})"
        raise TrainerError(f"no device came within {WAIT_S / 60:.0f} minutes{trouble}", hint="try again")
    finally:
        bus.close()


def pair_once(settings: Settings, bus: Bus, code: str) -> str:
    """Look whether a device has shown that it knows the code; return its name, or nothing."""
    for message in bus.drain():
        match = _NODE.fullmatch(message.topic)
        if not match:
            continue
        try:
            facts = unseal_with(code, message.payload)
            peer = public_key(str(facts["public"]))
        except (PairingError, KeyError) as error:
            log.debug("not the device that we wait for: %s", error)
            continue
        ring = replace(_own(settings), peer=peer)
        save_ring(keys_folder(settings) / f"{match[1]}.json", ring)
        answer = seal_with(code, {"public": ring.public, "house": ring.house, "device": facts["public"]})
        receipt = bus.publish(topic_to_device(match[1]), answer)
        deadline_s = time.monotonic() + 5.0
        while receipt is not None and not receipt.arrived and time.monotonic() < deadline_s:
            time.sleep(_LOOK_S)
        return match[1]
    return ""


def _own(settings: Settings) -> KeyRing:
    """The key and the house of this trainer: those it has, or made now."""
    known = list(rings(settings).values())
    return known[0] if known else replace(new_ring(), house=secrets.token_hex(8))
