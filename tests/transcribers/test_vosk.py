"""Vosk: what its answers mean, and what is said when it cannot be used."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.audio.recording import RecordingMicrophone, silence
from device.demo.script import FOLDER
from device.errors import TranscriberError
from device.transcribers.vosk import UNKNOWN, VoskTranscriber, words_in

WHOLE = """{
  "result" : [{"conf" : 1.0, "end" : 0.87, "start" : 0.6, "word" : "turn"},
              {"conf" : 0.6, "end" : 1.1, "start" : 0.9, "word" : "on"}],
  "text" : "turn on"
}"""


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (WHOLE, ("turn", "on")),
        ('{\n  "partial" : "turn on the"\n}', ("turn", "on", "the")),
        ('{\n  "partial" : ""\n}', ()),
        ('{\n  "text" : "[unk] light [unk]"\n}', ("light",)),
        ('{"alternatives": [{"confidence": 1.0, "text": "turn on"}]}', ()),
    ],
)
def test_words_of_an_answer(answer: str, words: tuple[str, ...]) -> None:
    assert words_in(answer) == words


@given(st.lists(st.one_of(st.just(UNKNOWN), st.text())), st.sampled_from(["text", "partial"]))
def test_what_was_not_understood_is_never_a_word(pieces: list[str], key: str) -> None:
    assert UNKNOWN not in words_in(json.dumps({key: " ".join(pieces)}))


def test_a_missing_folder_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(TranscriberError, match="no Vosk model in") as refused:
        VoskTranscriber(tmp_path / "nowhere")
    assert refused.value.hint == "get one with: safu model fetch"


@pytest.mark.skipif("SAFU_VOSK_MODEL" not in os.environ, reason="SAFU_VOSK_MODEL names no folder with a Vosk model")
def test_a_recording_is_transcribed() -> None:
    transcriber = VoskTranscriber(Path(os.environ["SAFU_VOSK_MODEL"]))
    transcriber.start()
    for frame in RecordingMicrophone([FOLDER / "lesson_kitchen_light_on_1.flac", silence(500)]).frames():
        transcriber.transcribe(frame.pcm)
    assert {"kitchen", "light"} <= set(transcriber.finish())
