"""Vosk, for a Raspberry Pi or Jetson that has 300 MB to spare: better ears, no knowledge of the house.

Its small model decodes freely; names it misspells are learned as it spells them. An endpoint it finds in the
middle of an utterance closes a piece, whose words are kept. Left out: grammars, which force talk into commands.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from device.errors import TranscriberError
from device.messages import SAMPLE_RATE_HZ, Device

UNKNOWN = "[unk]"
_HINT = "get one with: safu model fetch"


class VoskTranscriber:
    """A `Transcriber` on the model in a folder. Raises `TranscriberError` if vosk or the model cannot be used."""

    def __init__(self, model_folder: Path) -> None:
        if not (model_folder / "am" / "final.mdl").is_file():  # vosk itself would only say "Failed to create a model"
            raise TranscriberError(f"there is no Vosk model in {model_folder}", hint=_HINT)
        try:
            from vosk import KaldiRecognizer, Model, SetLogLevel
        except ImportError as error:
            raise TranscriberError("the package vosk is missing", hint="pip install 'safu[vosk]'") from error
        SetLogLevel(-1)
        try:
            self._recogniser = KaldiRecognizer(Model(model_path=str(model_folder)), SAMPLE_RATE_HZ)
        except Exception as error:  # vosk raises nothing more specific
            raise TranscriberError(f"the Vosk model in {model_folder} is damaged: {error}", hint=_HINT) from error
        self._before: tuple[str, ...] = ()

    def start(self) -> None:
        self._recogniser.Reset()
        self._before = ()

    def transcribe(self, pcm: bytes) -> tuple[str, ...]:
        try:
            is_endpoint = self._recogniser.AcceptWaveform(pcm)
        except Exception as error:  # vosk raises nothing more specific
            raise TranscriberError(f"Vosk could not hear this: {error}") from error
        if is_endpoint:
            self._before += words_in(self._recogniser.Result())
            return self._before
        return self._before + words_in(self._recogniser.PartialResult())

    def finish(self) -> tuple[str, ...]:
        return self._before + words_in(self._recogniser.FinalResult())

    def expect(self, devices: Sequence[Device], taught: Sequence[tuple[str, ...]]) -> None:
        """Vosk hears any English; a grammar of what is expected would force other talk into it."""


def words_in(result: str) -> tuple[str, ...]:
    """The words of one of Vosk's answers, a partial or a whole one.

    >>> words_in('{"partial": "turn on [unk]"}'), words_in('{"text": ""}')
    (('turn', 'on'), ())
    """
    answer = json.loads(result)
    text = str(answer.get("text") or answer.get("partial") or "")
    return tuple(word for word in text.split() if word != UNKNOWN)
