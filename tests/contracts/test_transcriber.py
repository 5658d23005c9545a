"""What every transcriber promises, the double included."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from device.audio.recording import load_pcm16
from device.demo.script import FOLDER
from device.messages import FRAME_BYTES, Device
from device.protocols import Transcriber
from device.transcribers.acoustic import AcousticTranscriber
from device.transcribers.phones import PhoneTranscriber
from device.transcribers.pocketsphinx import PocketSphinxTranscriber
from device.transcribers.scripted import ScriptedTranscriber
from device.transcribers.vosk import VoskTranscriber

LIGHT = Device("kitchen_light", "kitchen light", "light", frozenset({"on", "off"}), area="Kitchen")
SOUND = load_pcm16(FOLDER / "lesson_kitchen_light_on_1.flac").tobytes()


def vosk() -> Transcriber:
    folder = os.environ.get("SAFU_VOSK_MODEL")
    if not folder:
        pytest.skip("no Vosk model: SAFU_VOSK_MODEL names none")
    return VoskTranscriber(Path(folder))


LANGUAGELESS: dict[str, Callable[[], Transcriber]] = {"acoustic": AcousticTranscriber, "phones": PhoneTranscriber}
MAKERS: dict[str, Callable[[], Transcriber]] = {
    "scripted": lambda: ScriptedTranscriber(["turn on the kitchen light"] * 9),
    "pocketsphinx": PocketSphinxTranscriber,
    "vosk": vosk,
}


@pytest.fixture(params=MAKERS)
def transcriber(request: pytest.FixtureRequest) -> Transcriber:
    made = MAKERS[request.param]()
    made.expect([LIGHT], [])
    return made


@pytest.fixture(params=LANGUAGELESS)
def languageless(request: pytest.FixtureRequest) -> Transcriber:
    return LANGUAGELESS[request.param]()


def hear(transcriber: Transcriber, pcm: bytes) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    transcriber.start()
    partial = [transcriber.transcribe(pcm[at : at + FRAME_BYTES]) for at in range(0, len(pcm), FRAME_BYTES)]
    return partial, transcriber.finish()


def test_words_come_while_they_are_spoken(transcriber: Transcriber) -> None:
    partial, final = hear(transcriber, SOUND)
    assert final == ("turn", "on", "the", "kitchen", "light")
    assert any(0 < len(words) < len(final) for words in partial), "partial hypotheses stream"


def test_the_same_sound_gives_the_same_words(transcriber: Transcriber) -> None:
    assert len({hear(transcriber, SOUND)[1] for _ in range(3)}) == 1


def test_an_utterance_without_sound_has_no_words(transcriber: Transcriber) -> None:
    transcriber.start()
    assert transcriber.finish() == ()
    assert hear(transcriber, SOUND)[1], "and the next one is heard"


def test_expectations_may_change_between_utterances(transcriber: Transcriber) -> None:
    fan = Device("fan", "xylophone fan", "fan", frozenset({"on"}))
    transcriber.expect([LIGHT, fan], [("movie", "time"), ("wled", "on")])
    assert hear(transcriber, SOUND)[1] == ("turn", "on", "the", "kitchen", "light")
    transcriber.expect([], [])
    hear(transcriber, SOUND)


def test_what_knows_no_words_streams_and_repeats_itself_too(languageless: Transcriber) -> None:
    partial, final = hear(languageless, SOUND)
    assert len(final) > 5
    assert any(0 < len(words) < len(final) for words in partial)
    languageless.expect([LIGHT], [("movie", "time")])
    assert hear(languageless, SOUND)[1] == final
    languageless.start()
    assert languageless.finish() == ()
    assert hear(languageless, SOUND)[1] == final
