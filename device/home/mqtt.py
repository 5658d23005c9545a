"""The bus over MQTT 3.1.1, which every broker speaks. The only file that knows paho.

paho keeps QoS 1 messages while offline and sends them after reconnecting, although it reported an error; and it does
not say why a connection failed. So every connection gets a client of its own, which takes what was not sent to
its grave, and a thread of ours connects, waits for the end and tries again after 1, 2, 4, ... 30 s.
Left out: keeping commands for later, which is `outbox.py`'s.
"""

from __future__ import annotations

import logging
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from device.errors import BrokerError
from device.home.bus import Inbox, Message, Receipt, Will
from device.home.topics import is_plain
from device.settings import BrokerSettings

log = logging.getLogger(__name__)

KEEPALIVE_S = 30
ANSWER_S = 10.0
"""How long a broker may take to greet us."""
STEADY_S = 10.0
"""A connection that lasted this long was a good one: back-off and warnings begin anew."""
CLOSE_S = 2.0
SUBSCRIBE_AT_ONCE = 100


class _Receipt:
    """paho's receipt, without its exceptions."""

    def __init__(self, info: MQTTMessageInfo) -> None:
        self._info = info

    @property
    def arrived(self) -> bool:
        return self._info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS and self._info.is_published()


class MqttBus:
    """A client of a real broker; keeps the promises of `bus.Bus`. The constructor returns at once and never fails."""

    def __init__(
        self, settings: BrokerSettings, *, will: Will | None = None, backoff_s: tuple[float, float] = (1.0, 30.0)
    ) -> None:
        self._settings = settings
        self._will = will
        self._first_wait_s, self._longest_wait_s = backoff_s
        self._client: Client | None = None
        self._connected = False
        self._trouble = "not connected yet"
        self._warned: set[str] = set()
        self._generation = 0
        self._filters: dict[str, None] = {}
        self._filters_lock = threading.Lock()
        self._inbox = Inbox()
        self._on_connect: Callable[[], None] | None = None
        self._ended = threading.Event()
        self._greeted = threading.Event()
        self._answered = threading.Event()
        self._refusal = ""
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._stay_connected, name="safu-mqtt", daemon=True)
        self._thread.start()

    @property
    def connected(self) -> bool:
        """See `Bus.connected`."""
        return self._connected

    @property
    def trouble(self) -> str:
        """See `Bus.trouble`."""
        return self._trouble

    @property
    def generation(self) -> int:
        """See `Bus.generation`."""
        return self._generation

    @property
    def dropped(self) -> int:
        """See `Bus.dropped`."""
        return self._inbox.dropped

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> Receipt | None:
        """See `Bus.publish`. Raises `ValueError` for a topic that no broker would take."""
        if not is_plain(topic):
            raise ValueError(f"cannot publish to {topic!r}")
        client = self._client
        if client is None or not self._connected:
            return None
        info = client.publish(topic, payload, qos=1, retain=retain)
        return _Receipt(info) if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def subscribe(self, filters: Iterable[str]) -> None:
        """See `Bus.subscribe`."""
        with self._filters_lock:
            new = list(dict.fromkeys(filters))
            self._filters |= dict.fromkeys(new)
            client = self._client if self._connected else None
        self._subscribe(client, new)

    def unsubscribe(self, filters: Iterable[str]) -> None:
        """See `Bus.unsubscribe`."""
        with self._filters_lock:
            old = [f for f in filters if f in self._filters]
            for topic_filter in old:
                del self._filters[topic_filter]
            client = self._client if self._connected else None
        if client is not None and old:
            client.unsubscribe(old)

    def drain(self) -> list[Message]:
        """See `Bus.drain`."""
        return self._inbox.drain()

    def listen(self, on_message: Callable[[Message], None], on_connect: Callable[[], None]) -> None:
        """See `Bus.listen`."""
        self._inbox.listen(on_message)
        self._on_connect = on_connect
        if self._connected:
            on_connect()

    def close(self) -> None:
        """See `Bus.close`. Takes at most 2 s."""
        self._closing.set()
        client = self._client
        if client is not None:
            client.disconnect()
        self._end_connection()
        if threading.current_thread() is not self._thread:
            self._thread.join(CLOSE_S)

    # -- our thread ------------------------------------------------------------------------------------------------

    def _stay_connected(self) -> None:
        wait_s = self._first_wait_s
        while not self._closing.is_set():
            began_s = time.monotonic()
            try:
                self._connect_and_wait()
            except BrokerError as error:
                self._trouble = str(error)
                self._warn(error)
            if time.monotonic() - began_s > STEADY_S and self._greeted.is_set():
                wait_s = self._first_wait_s
                self._warned.clear()
            self._closing.wait(wait_s)
            wait_s = min(2 * wait_s, self._longest_wait_s)
        self._trouble = "closed"

    def _connect_and_wait(self) -> None:
        """One connection from beginning to end. Raises `BrokerError` saying why it ended, unless we closed it."""
        self._greeted.clear()
        self._ended.clear()
        self._answered.clear()
        self._refusal = ""
        if self._closing.is_set():
            return
        client = self._new_client()
        host, port = self._settings.address
        try:
            client.connect(host, port, keepalive=KEEPALIVE_S)
        except (OSError, ValueError) as error:
            raise _why(error, host, port) from error
        self._client = client
        client.loop_start()
        try:
            self._wait_for_the_end(f"{host}:{port}")
        finally:
            self._connected = False
            self._client = None
            client.disconnect()
            client.loop_stop()

    def _wait_for_the_end(self, where: str) -> None:
        self._answered.wait(ANSWER_S)
        if not self._answered.is_set():
            raise BrokerError(f"{where} does not answer as an MQTT broker does")
        self._ended.wait()
        if self._closing.is_set():
            return
        if self._refusal:
            raise BrokerError(f"the broker {where} refuses us: {self._refusal}")
        if not self._greeted.is_set():
            raise BrokerError(f"{where} hung up without a greeting", hint="check broker.port and broker.tls")
        raise BrokerError(f"the connection to the broker {where} was lost")

    def _new_client(self) -> Client:
        client_id = f"safu-{self._settings.node}-{secrets.token_hex(4)}"
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.on_connect = self._greet
        client.on_message = self._receive
        client.on_disconnect = self._end
        if self._settings.user:
            client.username_pw_set(self._settings.user, self._settings.password)
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload, qos=1, retain=True)
        if self._settings.tls:
            ca_file = self._settings.ca_file
            try:
                client.tls_set(ca_certs=ca_file or None)
            except OSError as error:
                raise BrokerError(f"cannot read the certificates in broker.ca_file {ca_file}: {error}") from error
        return client

    def _warn(self, error: BrokerError) -> None:
        """Once per kind of trouble, until a connection has lasted."""
        if error.message not in self._warned:
            self._warned.add(error.message)
            log.warning("%s; trying again", error)

    def _subscribe(self, client: Client | None, filters: list[str]) -> None:
        if client is None:
            return
        for i in range(0, len(filters), SUBSCRIBE_AT_ONCE):
            client.subscribe([(f, 1) for f in filters[i : i + SUBSCRIBE_AT_ONCE]])

    # -- called by paho's thread -----------------------------------------------------------------------------------

    def _greet(self, client: Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            who = f"user {self._settings.user!r}" if self._settings.user else "without user and password"
            refused = str(reason) in ("Not authorized", "Bad user name or password")
            self._refusal = f"wrong user or password ({who})" if refused else str(reason).lower()
            self._end_connection()
            return
        with self._filters_lock:
            self._generation += 1
            self._client, self._connected, self._trouble = client, True, ""
            filters = list(self._filters)
        self._greeted.set()
        self._answered.set()
        log.info("connected to the broker %s:%d", *self._settings.address)
        self._subscribe(client, filters)
        if self._on_connect is not None:
            self._on_connect()

    def _receive(self, _client: Client, _userdata: Any, message: Any) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return  # no topic of ours
        self._inbox.put(Message(topic, message.payload, bool(message.retain), self._generation))

    def _end(self, _client: Client, _userdata: Any, _flags: Any, _reason: Any, _properties: Any) -> None:
        self._connected = False
        self._end_connection()

    def _end_connection(self) -> None:
        self._ended.set()
        self._answered.set()


def _why(error: Exception, host: str, port: int) -> BrokerError:
    """In plain words, why a connection could not be made."""
    where = f"the broker {host}:{port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return BrokerError(
            f"the certificate of {where} is not to be trusted: {error.verify_message}",
            hint="set broker.ca_file to the certificate that signed it",
        )
    if isinstance(error, ssl.SSLError):
        return BrokerError(
            f"{where} does not speak TLS as we do: {error.reason}", hint="check broker.tls and broker.port"
        )
    if isinstance(error, socket.gaierror):
        return BrokerError(f"there is no machine called {host}", hint="check broker.host")
    if isinstance(error, ConnectionRefusedError):
        return BrokerError(f"nothing listens at {host}:{port}", hint="is the broker running?")
    if isinstance(error, TimeoutError):
        return BrokerError(f"{where} cannot be reached: no answer")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return BrokerError(f"{where} cannot be reached: {reason}")
