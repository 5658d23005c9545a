"""A broker inside the process, for those who have none: amqtt in a thread, on a free port of this machine only.

Left out: passwords and persistence; a house that stays needs a broker of its own.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from device.errors import BrokerError

_START_S = 10.0


@contextmanager
def embedded_broker() -> Iterator[int]:
    """Run a broker for the time of the block; yields its port. Raises `BrokerError` if amqtt is missing or fails."""
    try:
        from amqtt.broker import Broker
    except ImportError as error:
        raise BrokerError(
            "there is no broker to use, and none to start", hint="pip install 'safu[demo]', or name one: --broker HOST"
        ) from error
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.CRITICAL)
    port = _free_port()
    config = {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }
    started, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        broker = Broker(config)
        await broker.start()
        started.set()
        await stop.wait()
        await broker.shutdown()

    def work() -> None:
        loop.run_until_complete(serve())
        loop.close()

    thread = threading.Thread(target=work, name="safu-demo-broker", daemon=True)
    thread.start()
    if not started.wait(_START_S):
        raise BrokerError("the embedded broker did not start", hint="name one of your own: --broker HOST")
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_START_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
