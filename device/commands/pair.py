"""Let this device and a trainer on a host know each other, once.

  safu-trainer pair --broker HOST       on the host: shows a code
  safu pair CODE                        here; a running `safu run` notices by itself

From then on lessons go to that trainer, sealed for it alone, and models that it has signed come back. Without pairing
nothing ever leaves this device, and nobody can teach it from outside. To end it: safu pair --end
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

from device.errors import BrokerError, PairingError
from device.home.bus import Bus
from device.home.mqtt import MqttBus
from device.host import KEYS
from device.keys import KeyRing, load_ring, new_ring, public_key, save_ring
from device.letters import topic_to_device, topic_to_trainer
from device.pairing import seal_with, unseal_with
from device.settings import Settings

WAIT_S = 30.0
_AGAIN_S = 2.0
_LOOK_S = 0.05


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu pair` takes."""
    parser.add_argument("code", nargs="*", help="the code that safu-trainer pair shows; spaces and case do not matter")
    parser.add_argument("--end", action="store_true", help="forget the trainer: no lesson goes there any more")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Exchange keys, or forget them."""
    file = settings.storage.path / KEYS
    if options.end:
        file.unlink(missing_ok=True)
        print("there is no trainer any more; its models are not used")
        return 0
    code = "".join(options.code)
    ring = load_ring(file) or new_ring()
    seal_with(code, {})  # a code that is none is said before anything else
    bus = MqttBus(settings.broker)
    try:
        paired = exchange(bus, settings.broker.node, code, ring)
    finally:
        bus.close()
    save_ring(file, paired)
    print(f"this device and its trainer know each other now (house {paired.house})")
    return 0


def exchange(bus: Bus, node: str, code: str, ring: KeyRing, wait_s: float = WAIT_S) -> KeyRing:
    """Show our key to whoever knows the code; return the ring with theirs. Raises `PairingError`, `BrokerError`."""
    bus.subscribe([topic_to_device(node)])
    deadline_s, shown_s = time.monotonic() + wait_s, -_AGAIN_S
    while time.monotonic() < deadline_s:
        if bus.connected and time.monotonic() - shown_s >= _AGAIN_S:
            shown_s = time.monotonic()
            bus.publish(topic_to_trainer(node), seal_with(code, {"public": ring.public}))
        for message in bus.drain():
            try:
                facts = unseal_with(code, message.payload)
                if facts.get("device") == ring.public:  # not what we wrote ourselves
                    return replace(ring, house=str(facts["house"]), peer=public_key(str(facts["public"])))
            except (PairingError, KeyError):
                continue  # not the answer; anybody can publish there
        time.sleep(_LOOK_S)
    if not bus.connected:
        raise BrokerError(f"the broker cannot be reached: {bus.trouble}", hint="name it: safu pair CODE --broker HOST")
    raise PairingError("no trainer answered to this code", hint="is safu-trainer pair waiting, with the same broker?")
