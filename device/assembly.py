"""Settings to an Assistant: the only place that picks an implementation."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from device.anticipator import SafuAnticipator
from device.assistant import Assistant
from device.audio.sound_check import SoundCheck
from device.audio.voice_activity import EnergyVoiceDetector, silero_behind_gate
from device.chip.chip import Chip
from device.chip.home import ChipHome
from device.chip.host import ChipHost
from device.chip.link import ChipLink
from device.chip.port import SerialPort, SocketPort
from device.errors import BackendError, SettingsError, TranscriberError
from device.home.announce import availability_will
from device.home.mqtt import MqttBus
from device.home.mqtt_home import MqttHome
from device.host import TrainerHost
from device.journal import SqliteJournal
from device.journal_folder import open_journal
from device.listener import Listener
from device.protocols import Backend, Home, Journal, Microphone, Transcriber, VoiceDetector
from device.safu.integer_reference import IntegerModel
from device.safu.slow import SlowModel
from device.settings import Settings, host_and_port
from device.sound_anticipator import SoundAnticipator
from device.teacher import Teacher
from device.transcribers.acoustic import HANGOVER_MS, LOOK_BACK_MS, AcousticTranscriber, SoundDetector
from device.transcribers.phones import PhoneTranscriber
from device.transcribers.pocketsphinx import PocketSphinxTranscriber
from device.transcribers.scripted import ScriptedTranscriber

log = logging.getLogger(__name__)


@contextmanager
def assembled(settings: Settings, microphone: Microphone) -> Iterator[Assistant]:
    """An assistant by these settings; its journal and connections are closed at the end of the block."""
    backend_for(settings)  # to learn now, not when the first model is delivered, that a package is missing
    journal = open_journal(settings.storage.path)
    if settings.learning.keep_days:
        journal.expire(settings.learning.keep_days)
    home = mqtt_home(settings, journal)
    try:
        made = assistant(settings, microphone, home, journal)
        if settings.transcriber.engine != "acoustic":  # a trainer reads words
            made.host = TrainerHost(settings.storage.path, journal, partial(_made_once, settings), settings)
            made.anticipator = made.host.anticipator()
        yield made
    finally:
        microphone.close()
        home.close()
        journal.close()


def _made_once(settings: Settings, slow: SlowModel | None, known: SafuAnticipator | None) -> SafuAnticipator:
    """One that is at work has learned already, and need not begin anew."""
    return known or anticipator(settings, slow)


@contextmanager
def bridged(settings: Settings, microphone: Microphone) -> Iterator[Assistant]:
    """An assistant whose brain is the chip of these settings; `microphone` only keeps the time."""
    link = chip_link(settings)
    journal = open_journal(settings.storage.path)
    chip = Chip(link)
    bus = MqttBus(settings.broker, will=availability_will(settings.broker.node))
    home = ChipHome(bus, settings, journal, chip)
    host = ChipHost(settings.storage.path, journal, chip, settings.decision)
    deaf = ScriptedTranscriber(())
    try:
        yield Assistant(
            microphone=microphone,
            listener=Listener(EnergyVoiceDetector(), deaf, journal.last_utterance_id() + 1),
            transcriber=deaf,
            anticipator=host.anticipator(),
            teacher=Teacher(everyone_teaches=settings.learning.labels == "everyone"),
            home=home,
            journal=journal,
            host=host,
            observe=settings.decision.observe,
            keep_days=settings.learning.keep_days,
        )
    finally:
        microphone.close()
        home.close()
        link.close()
        journal.close()


def chip_link(settings: Settings) -> ChipLink:
    """The link to the chip of these settings. Raises `SettingsError` if they name none, or one that cannot be."""
    chip = settings.chip
    if bool(chip.serial) == bool(chip.socket):
        raise SettingsError(
            "where is the chip?", hint="name one: safu bridge --serial /dev/ttyACM0, or --socket HOST:PORT"
        )
    if chip.serial:
        return ChipLink(chip.serial, partial(SerialPort, chip.serial, chip.baud), chip.answer_ms / 1000)
    host, port = host_and_port(chip.socket, "--socket")
    if not port:
        raise SettingsError(f"--socket {chip.socket} names no port", hint="for example: --socket 127.0.0.1:5555")
    return ChipLink(chip.socket, partial(SocketPort, (host, port)), chip.answer_ms / 1000)


def assistant(settings: Settings, microphone: Microphone, home: Home, journal: Journal) -> Assistant:
    """The parts put together around a home and a journal that somebody else closes."""
    transcriber, by_sound = transcriber_for(settings), settings.transcriber.engine == "acoustic"
    return Assistant(
        microphone=microphone,
        listener=listener_for(settings, transcriber, journal.last_utterance_id() + 1),
        transcriber=transcriber,
        anticipator=SoundAnticipator(settings.decision) if by_sound else anticipator(settings),
        teacher=Teacher(everyone_teaches=settings.learning.labels == "everyone"),
        home=home,
        journal=journal,
        observe=settings.decision.observe,
        keep_days=settings.learning.keep_days,
        sound_check=SoundCheck(),
    )


def listener_for(settings: Settings, transcriber: Transcriber, first_utterance_id: int = 1) -> Listener:
    """Ears for voices, or with `acoustic` for any sound."""
    if settings.transcriber.engine != "acoustic":
        return Listener(voice_detector(settings), transcriber, first_utterance_id)
    return Listener(
        SoundDetector(), transcriber, first_utterance_id, look_back_ms=LOOK_BACK_MS, hangover_ms=HANGOVER_MS
    )


def anticipator(settings: Settings, slow: SlowModel | None = None) -> SafuAnticipator:
    """The anticipator of these settings, with a slow model if there is one; by numpy, if the backend cannot run it."""
    if slow is not None:
        try:
            slow = slow.run_by(backend_for(settings))
        except BackendError as error:
            log.warning("model %d is run by numpy: %s", slow.header.version, error)
    return SafuAnticipator(settings.decision, blank=settings.learning.blank, slow=slow)


def backend_for(settings: Settings) -> Callable[[IntegerModel], Backend]:
    """What runs a delivered model by these settings. Raises `BackendError` where a package for it is missing."""
    name = settings.model.backend
    try:
        if name == "onnx":
            from device.backends.onnx import OnnxBackend

            return OnnxBackend
        if name == "litert":
            from device.backends.litert import LiteRtBackend

            return LiteRtBackend
    except ImportError as error:
        hint = f"pip install 'safu[{name}]', or set model.backend to numpy"
        raise BackendError(f"models are to be run by {name}, but it cannot be loaded: {error}", hint=hint) from error
    return lambda model: model


def mqtt_home(settings: Settings, journal: SqliteJournal) -> MqttHome:
    """The devices behind the broker of these settings."""
    bus = MqttBus(settings.broker, will=availability_will(settings.broker.node))
    return MqttHome(bus, settings, journal)


def transcriber_for(settings: Settings) -> Transcriber:
    """The recogniser of these settings; PocketSphinx, said once, where another one cannot be used."""
    if settings.transcriber.engine == "acoustic":
        return AcousticTranscriber()
    if settings.transcriber.engine == "phones":
        return PhoneTranscriber()
    if settings.transcriber.engine == "vosk":
        from device.transcribers.vosk import VoskTranscriber

        try:
            return VoskTranscriber(vosk_folder(settings))
        except TranscriberError as error:
            log.warning("%s; listening with PocketSphinx instead", error)
    return PocketSphinxTranscriber()


def vosk_folder(settings: Settings) -> Path:
    """Where the Vosk model is, or would be put by `safu model fetch`."""
    named = settings.transcriber.vosk_model
    return Path(named).expanduser() if named else settings.storage.path / "vosk"


def voice_detector(settings: Settings) -> VoiceDetector:
    """The voice detector of these settings."""
    return EnergyVoiceDetector() if settings.audio.voice_activity == "energy" else silero_behind_gate()
