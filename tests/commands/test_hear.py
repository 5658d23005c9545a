"""`safu hear`: a picture of every sound, from what was taught."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
import soundfile

from device.acoustic.decimator import Decimator
from device.acoustic.end_pointer import sounds_of
from device.acoustic.sounds import encode
from device.acoustic.spectrum import frames_of
from device.audio.recording import load_pcm16
from device.cli import main
from device.demo.script import SOUNDS, load_manifest
from device.journal_folder import open_journal
from device.messages import FULL_LESSON, Lesson


def teach(folder: Path) -> None:
    journal = open_journal(folder)
    faint = np.random.default_rng(0).normal(0, 5, 4_000).astype(np.int16)
    for recording in load_manifest(SOUNDS):
        if recording.kind == "lesson":
            samples = Decimator().halve(load_pcm16(recording.path))
            (sound,) = sounds_of(frames_of(np.concatenate([faint, samples])))
            assert recording.action is not None
            journal.record_lesson(Lesson(encode(sound), recording.action, FULL_LESSON, "flip"))
    journal.close()


def test_a_taught_word_is_drawn_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    teach(tmp_path / "home")
    picture = tmp_path / "picture.svg"
    recording = SOUNDS / "command_ceiling_fan_on_4.flac"
    assert main(["--storage", str(tmp_path / "home"), "hear", str(recording), "--out", str(picture)]) == 0
    told = capsys.readouterr().out
    assert "ceiling_fan on" in told
    assert "clear after" in told
    texts = [text.text or "" for text in ElementTree.parse(picture).iter("{http://www.w3.org/2000/svg}text")]
    assert {"bands", "static", "difference", "bend", "clear", "ceiling_fan on"} <= set(texts)


def test_nothing_taught_and_nothing_heard_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = tmp_path / "quiet.wav"
    soundfile.write(quiet, np.zeros(16_000, np.int16), 16_000)
    assert main(["--storage", str(tmp_path / "home"), "hear", str(quiet)]) == 0
    assert "nothing in it" in capsys.readouterr().out
    assert (tmp_path / "quiet.wav.svg").exists()
    assert (
        main(
            [
                "--storage",
                str(tmp_path / "home"),
                "hear",
                str(SOUNDS / "lesson_ceiling_fan_on_1.flac"),
                "--out",
                str(tmp_path / "out.svg"),
            ]
        )
        == 0
    )
    assert "nothing was taught yet" in capsys.readouterr().out


def test_a_picture_that_cannot_be_written_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = str(SOUNDS / "lesson_ceiling_fan_on_1.flac")
    missing = str(tmp_path / "no" / "folder.svg")
    assert main(["--storage", str(tmp_path / "home"), "hear", recording, "--out", missing]) == 1
    assert "--out" in capsys.readouterr().err
